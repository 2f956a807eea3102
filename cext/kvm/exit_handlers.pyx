# SPDX-License-Identifier: BSD-3-Clause
"""The first half of every exit: what an exception of the guest is, what KVM does about it, and the kind of the exit.

Nobody overrides the methods that are `inline`, so they call each other directly.
"""

from libc.stdint cimport uint32_t, uint64_t

from simobjects.cext.arch.arch440 cimport (
    MSR_DS, MSR_IS, V_DEBUG, V_DECREMENTER, V_DSI, V_EXTERNAL, V_FP_UNAVAILABLE, V_ISI, V_ITLB, V_MACHINE_CHECK,
    V_SYSCALL,
)
from simobjects.cext.core.tlb_array cimport Context, lookup, size_mask
from simobjects.cext.kvm.emulation cimport REFUSED, TO_USER_SPACE, WAITS, decodes_device_access, loads
from simobjects.cext.kvm.kinds cimport (
    FAILED_MACHINE_CHECK, FAILED_MMIO, FAILED_VECTOR,
    T_EMULATED, T_MFMSR, T_MFSPR, T_MTMSR, T_MTSPR, T_RFI, T_TLBSX, T_TLBWE, T_WRTEE,
    X_DCR, X_DEBUG, X_DEC, X_DSI, X_DTLB_R, X_DTLB_V, X_EMULATION_FAILURE, X_EXT_INTR, X_FP_UNAVAILABLE, X_INST_EMU,
    X_ISI, X_ITLB_R, X_ITLB_V, X_MACHINE_CHECK, X_MMIO, X_SYSC, X_USER_PROGRAM,
)
from simobjects.cext.kvm.vcpu cimport (
    P_DECREMENTER, P_DSI, P_DTLB, P_FP_UNAVAILABLE, P_ISI, P_ITLB, P_MACHINE_CHECK, P_PROGRAM, P_SYSCALL,
)

OPERATION_TIMING = [
    T_MTSPR, T_MFSPR, T_TLBWE, T_RFI, T_MTMSR, T_MFMSR, T_WRTEE, T_TLBSX, T_EMULATED, T_EMULATED, T_EMULATED,
    T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED,
]


cdef class ExitHandlers:
    def __init__(self, VcpuThread thread not None, Delivery delivery not None, Emulation emulation not None):
        cdef Costs costs = thread.kvm.costs
        cdef int reads, op
        self.kvm = thread.kvm
        self.costs = costs
        self.guest_tlb = thread.kvm.guest_tlb
        self.scheme = thread.scheme
        self.thread = thread
        self.delivery = delivery
        self.emulation = emulation
        self.timing = thread.counts.timing
        for op in range(OPERATIONS):
            self.rows[op] = OPERATION_TIMING[op]
        for reads in range(READINGS):
            self.to_c[reads] = costs.of.exit_stub + costs.of.exit_common + costs.of.c_dispatch
            if reads & READS_INSN:
                self.to_c[reads] += costs.of.exit_inst_copy
            if reads & READS_DEAR:
                self.to_c[reads] += costs.of.exit_dear
            if reads & READS_ESR:
                self.to_c[reads] += costs.of.exit_esr

    cdef int _state(self, State state) except -1:
        return state.small("way", &self.way, LIGHT, HEAVY_NV)

    # ---- TLB misses

    cdef int _miss(self, Exit *exit) noexcept nogil:
        """Real (no guest entry: the guest's own business), virt (KVM maps it), or a device."""
        cdef bint fetch = exit.kind == V_ITLB
        cdef int space = (self.kvm.regs.msr & (MSR_IS if fetch else MSR_DS)) != 0
        cdef Context *context = self.guest_tlb.context(space, 0, self.kvm.pid)
        cdef Mapping wanted
        cdef uint32_t offset_bits
        cdef int slot = lookup(self.guest_tlb, context, exit.ea) if context != NULL else \
            self.guest_tlb.search(space, self.kvm.pid, exit.ea)
        self.begin(READS_NOTHING if fetch else READS_INSN | READS_DEAR | READS_ESR)
        self.guest_tlb.lookups += 1
        if slot < 0:
            return self._real_miss(exit)
        self.kvm.instructions += self.costs.of.search_entry * slot + self.costs.of.search_hit
        offset_bits = ~size_mask(self.guest_tlb.w0[slot])
        wanted.ea = exit.ea
        wanted.gpa = (self.guest_tlb.w1[slot] & ~offset_bits & 0xFFFFFC00u) | (exit.ea & offset_bits)
        wanted.guest_bytes = offset_bits + 1
        wanted.word2 = self.guest_tlb.w2[slot]
        wanted.guest_tid = self.guest_tlb.tid[slot]
        wanted.guest_index = slot
        if wanted.gpa >= self.kvm.guest_memory or self.guest_tlb.w1[slot] & 15:
            return self._outside_memory(exit, &wanted)
        self.scheme.count_miss(&wanted)
        self.scheme.map(&wanted)
        return X_ITLB_V if fetch else X_DTLB_V

    cdef inline int _real_miss(self, Exit *exit) noexcept nogil:
        """KVM has looked at every guest entry in vain."""
        self.guest_tlb.misses += 1
        self.kvm.instructions += self.costs.of.search_entry * self.guest_tlb.entries
        if exit.kind == V_ITLB:
            self.delivery.queue(P_ITLB)
            return X_ITLB_R
        self.delivery.queue_syndrome(P_DTLB, exit.ea, exit.esr)
        return X_DTLB_R

    cdef inline int _outside_memory(self, Exit *exit, const Mapping *wanted) noexcept nogil:
        """No RAM is there. Nothing to fetch; else user space does the access, if KVM can tell it what to do."""
        cdef uint64_t high = self.guest_tlb.w1[wanted.guest_index] & 15
        if exit.kind == V_ITLB:
            self.scheme.count_miss(wanted)
            self.delivery.queue(P_MACHINE_CHECK)
            return X_ITLB_V
        exit.gpa = wanted.gpa | high << 32
        self.way = HEAVY_NV
        if self.kvm.executes and not decodes_device_access(exit.insn, self.kvm.era.emulates):
            self.way = HEAVY
            exit.failed = FAILED_MMIO
            return X_MMIO
        exit.next_pc = exit.pc + 4
        exit.completed = 1
        if loads(exit.insn):
            self.kvm.regs.io_gpr = exit.insn >> 21 & 31
        return X_MMIO

    # ---- all other exceptions

    cdef int _program(self, Exit *exit) noexcept nogil:
        """A privileged, illegal or trapping instruction: the guest's own business in its user mode, else emulated."""
        cdef int outcome
        self.begin(READS_INSN | READS_ESR)
        if self.kvm.executes and self.kvm.user:
            self.delivery.queue_syndrome(P_PROGRAM, 0, exit.esr)
            return X_USER_PROGRAM
        outcome = self.emulation.emulate(exit)
        self.timing.type = self.rows[exit.op]
        self.way = LIGHT_NV
        if outcome == TO_USER_SPACE:
            self.way = HEAVY
            exit.completed = 1
            return X_DCR
        if outcome == REFUSED:
            self.way = HEAVY
            return X_EMULATION_FAILURE
        if outcome == WAITS:
            self.thread.wait(exit)
        return X_INST_EMU

    cdef int _other(self, Exit *exit) noexcept nogil:
        """The exceptions that are not misses and not programs."""
        if exit.kind == V_SYSCALL:
            self.begin(READS_NOTHING)
            self.delivery.queue(P_SYSCALL)
            return X_SYSC
        if exit.kind == V_DECREMENTER:           # the timer of an imitated guest: it says itself that it takes it now
            self.begin(READS_NOTHING)
            self.delivery.queue(P_DECREMENTER)
            self.delivery.enter_vector(exit, P_DECREMENTER)
            return X_DEC
        if exit.kind == V_DSI:
            self.begin(READS_DEAR | READS_ESR)
            self.delivery.queue_syndrome(P_DSI, exit.ea, exit.esr)
            return X_DSI
        if exit.kind == V_ISI:
            self.begin(READS_ESR)
            self.delivery.queue_syndrome(P_ISI, 0, exit.esr)
            return X_ISI
        self.begin(READS_INSN if exit.kind == V_DEBUG else READS_NOTHING)
        if exit.kind == V_FP_UNAVAILABLE:
            self.delivery.queue(P_FP_UNAVAILABLE)
            return X_FP_UNAVAILABLE
        if exit.kind == V_EXTERNAL:              # the host's own; its handler has run when C begins
            return X_EXT_INTR
        self.way = HEAVY
        if exit.kind == V_DEBUG:
            return X_DEBUG
        if exit.kind == V_MACHINE_CHECK:
            exit.failed = FAILED_MACHINE_CHECK
            return X_MACHINE_CHECK
        exit.failed = FAILED_VECTOR
        return X_EMULATION_FAILURE
