# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts of the guest: a bitmap in order of priority, gates in the virtual MSR, at most one delivered at an exit."""

from simobjects.cext.arch.arch440 cimport MSR_CE, MSR_EE, MSR_ME, TSR_DIS, V_NONE
from simobjects.cext.kvm.vcpu cimport (
    DIS_AT_DELIVERY, DIS_AT_EXPIRY, EMULATES_3_6, P_CRITICAL, P_DECREMENTER, P_DSI, P_DTLB, P_EXTERNAL, P_FIT, P_ISI,
    P_ITLB, P_MACHINE_CHECK, P_PROGRAM, P_WATCHDOG, PRIORITY_ROWS, Priority, priority_of,
)

cdef uint32_t FROM_OUTSIDE = ((1 << P_CRITICAL) | (1 << P_WATCHDOG) | (1 << P_EXTERNAL) | (1 << P_FIT)
                              | (1 << P_DECREMENTER))

cdef extern from *:
    int lowest_bit "__builtin_ctz"(unsigned int) noexcept nogil


cdef class Delivery:
    def __init__(self, KvmState kvm not None, ShadowScheme scheme not None):
        self.kvm = kvm
        self.scheme = scheme

    cdef void queue_syndrome(self, int priority, uint32_t dear, uint32_t esr) noexcept nogil:
        """Queue an interrupt that tells its cause in ESR and, for data, the address in DEAR."""
        self.kvm.regs.queued_dear = dear
        self.kvm.regs.queued_esr = esr
        if not self.kvm.era.late_syndrome:
            self._show_syndrome(priority)
        self.queue(priority)

    cdef void _show_syndrome(self, int priority) noexcept nogil:
        if priority == P_DSI or priority == P_DTLB:
            self.kvm.regs.dear = self.kvm.regs.queued_dear
        if priority == P_DSI or priority == P_DTLB or priority == P_ISI or priority == P_PROGRAM:
            self.kvm.regs.esr = self.kvm.regs.queued_esr

    cdef bint deliver(self, Exit *exit) noexcept nogil:
        """Deliver the first pending interrupt that its gate lets through; False when there is none.

        A reference stream says nothing of its guest's MSR but PR and EE, so only the latter's gate is closed to it.
        """
        cdef uint32_t pending = self.kvm.regs.pending & ~self.held
        cdef int priority
        cdef const Priority *row
        while pending:
            priority = lowest_bit(pending)
            pending &= pending - 1
            row = &PRIORITY_ROWS[priority]
            if row.gate == 0 or self.kvm.regs.msr & row.gate or (
                    not self.kvm.executes and row.gate != MSR_EE):
                self.enter_vector(exit, priority)
                return True
        return False

    cdef void hold(self, int vector) noexcept nogil:
        """A guest that is replayed takes interrupts from outside where it took them: this one at this exit, or none."""
        self.held = FROM_OUTSIDE
        self.forced = vector != V_NONE
        if self.forced:
            self.forced_priority = priority_of(vector)
            self.held &= ~(<uint32_t>1 << self.forced_priority)

    cdef void enter_vector(self, Exit *exit, int priority) noexcept nogil:
        """The guest goes on at the vector; the interrupted place and MSR are in the save registers."""
        cdef uint32_t kept = PRIORITY_ROWS[priority].kept
        cdef bint level = priority == P_DECREMENTER and self.kvm.era.dis == DIS_AT_EXPIRY
        self.kvm.instructions += self.kvm.costs.of.c_deliver
        self.delivered[priority] += 1
        self.kvm.causes.delivered(priority == P_ITLB or priority == P_DTLB)
        if self.kvm.era.emulates >= EMULATES_3_6 and P_MACHINE_CHECK <= priority <= P_WATCHDOG:
            if priority == P_MACHINE_CHECK:
                self.kvm.regs.mcsrr0 = exit.next_pc
                self.kvm.regs.mcsrr1 = self.kvm.regs.msr
            else:
                self.kvm.regs.csrr0 = exit.next_pc
                self.kvm.regs.csrr1 = self.kvm.regs.msr
        else:
            self.kvm.regs.srr0 = exit.next_pc
            self.kvm.regs.srr1 = self.kvm.regs.msr
        if self.kvm.era.late_syndrome:
            self._show_syndrome(priority)
        if priority == P_DECREMENTER and self.kvm.era.dis == DIS_AT_DELIVERY:
            self.kvm.regs.tsr |= TSR_DIS
        if not level:
            self.kvm.regs.pending &= ~(<uint32_t>1 << priority)
        if not self.kvm.executes:
            kept |= MSR_ME | MSR_CE
        self.set_msr(self.kvm.regs.msr & kept)
        exit.next_pc = self.kvm.regs.ivpr | self.kvm.regs.ivor[priority]
        exit.vector = PRIORITY_ROWS[priority].vector

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state."""
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        return state.counters("delivery.delivered", self.delivered, PRIORITIES)
