# SPDX-License-Identifier: BSD-3-Clause
"""The first half of every exit: what an exception of the guest is, what KVM does about it, and what that is counted as.

Nobody overrides the methods that are `inline`, so they call each other directly.
"""

from libc.stdint cimport uint32_t, uint64_t

from simobjects.cext.arch.arch440 cimport (
    MSR_DS, MSR_IS, V_DEBUG, V_DECREMENTER, V_DSI, V_DTLB, V_EXTERNAL, V_FP_UNAVAILABLE, V_ISI, V_ITLB,
    V_MACHINE_CHECK, V_NONE, V_PROGRAM, V_SYSCALL,
)
from simobjects.cext.kvm.exit_kinds cimport (
    X_DCR, X_DEBUG, X_DEC, X_DSI, X_DTLB_R, X_DTLB_V, X_EMULATION_FAILURE, X_EXT_INTR, X_FP_UNAVAILABLE, X_INST_EMU,
    X_ISI, X_ITLB_R, X_ITLB_V, X_MACHINE_CHECK, X_MMIO, X_SIG, X_SYSC, X_USER_PROGRAM,
)
from simobjects.cext.kvm.emulation cimport REFUSED, TO_USER_SPACE, WAITS, decodes_device_access, loads
from simobjects.cext.kvm.entry cimport HEAVY, HEAVY_NV, LIGHT, LIGHT_NV
from simobjects.cext.kvm.exit_timing cimport (
    T_DCR, T_DEBUG, T_DEC, T_DSI, T_DTLB_REAL, T_DTLB_VIRT, T_EMULATED, T_EXTERNAL, T_FP_UNAVAILABLE, T_ISI,
    T_ITLB_REAL, T_ITLB_VIRT, T_MFMSR, T_MFSPR, T_MMIO, T_MTMSR, T_MTSPR, T_RFI, T_SIGNAL, T_SYSCALL, T_TLBSX, T_TLBWE,
    T_USER_PROGRAM, T_WRTEE,
)
from simobjects.cext.kvm.failures cimport FAILED_MACHINE_CHECK, FAILED_MMIO, FAILED_VECTOR
from simobjects.cext.kvm.kvm_state cimport NOTE_EXIT
from simobjects.cext.core.tlb_array cimport Context, lookup, size_mask
from simobjects.cext.kvm.vcpu cimport (
    P_DECREMENTER, P_DSI, P_DTLB, P_FP_UNAVAILABLE, P_ISI, P_ITLB, P_MACHINE_CHECK, P_PROGRAM, P_SYSCALL,
)

# Rows of the exit timing table: by exit kind (-1: KVM sets none), and by operation of an emulated instruction.
cdef int[19] TIMING = [
    T_ITLB_REAL, T_ITLB_VIRT, T_DTLB_REAL, T_DTLB_VIRT, T_MMIO, T_SYSCALL, T_EMULATED, T_DEC, T_SIGNAL, T_DCR, T_ISI,
    T_DSI, T_EXTERNAL, -1, T_FP_UNAVAILABLE, T_USER_PROGRAM, -1, T_DEBUG, T_EMULATED,
]
cdef int[17] OPERATION_TIMING = [
    T_MTSPR, T_MFSPR, T_TLBWE, T_RFI, T_MTMSR, T_MFMSR, T_WRTEE, T_TLBSX, T_EMULATED, T_EMULATED, T_EMULATED,
    T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED,
]


cdef class GuestExits(GuestEntry):
    cdef void _prepare(self, bint iccci):
        """Sums of costs that every exit needs; `iccci`: each entry to the guest empties the instruction cache."""
        cdef int reads
        for reads in range(READINGS):
            self.to_c[reads] = self.costs.of.exit_stub + self.costs.of.exit_common + self.costs.of.c_dispatch
            if reads & READS_INSN:
                self.to_c[reads] += self.costs.of.exit_inst_copy
            if reads & READS_DEAR:
                self.to_c[reads] += self.costs.of.exit_dear
            if reads & READS_ESR:
                self.to_c[reads] += self.costs.of.exit_esr
        self.to_timestamp = self.costs.of.interrupt_latency + self.costs.of.exit_stub * self.costs.of.host_cpi
        self.core.empties_cache = iccci
        self.last_steps = self.costs.of.rfi_latency + (self.costs.of.iccci_refill if iccci else 0)

    cdef void take(self, Exit *exit) noexcept nogil:
        """One exception in, the guest's next context and place out."""
        cdef int kind
        self.exceptions += 1
        exit.vector = V_NONE
        exit.completed = 0
        exit.failed = 0
        exit.has_result = 0
        exit.returned_to = -1
        exit.next_pc = exit.pc
        self.way = LIGHT
        if self.outside:
            self.outside = False
            self._run_again()
            self._enter_guest()
            self._entered(self.outside_kind)
        self.kvm.causes.begin_exit(exit.host_timer)
        if self.timing.generation:
            self.timing.leave(self.core.time + self.to_timestamp)
        if exit.host_timer:
            self._timer(exit)
            return
        if exit.kind == V_PROGRAM:
            kind = self._program(exit)
        elif exit.kind == V_ITLB or exit.kind == V_DTLB:
            kind = self._miss(exit)
        else:
            kind = self._other(exit)
        self._count(exit, kind)
        if self.asleep:
            return
        if self.way >= HEAVY:
            self._to_user(exit, kind)
            return
        self.kvm.instructions += self.costs.of.resume_guest_nv if self.way == LIGHT_NV else self.costs.of.resume_guest
        self._finish(exit, kind)

    cdef void sleep_on(self, Exit *exit) noexcept nogil:
        cdef bint signalled = self._sleep(exit)
        if self.asleep:
            return
        self.scheduler.switch_back()
        if signalled:
            self._signal(X_INST_EMU)
        self.kvm.instructions += self.costs.of.resume_guest_nv
        self._finish(exit, X_INST_EMU)

    cdef inline void _begin(self, int reads) noexcept nogil:
        """Interrupt entry, the assembly up to C, and C's dispatch."""
        self.kvm.extra += self.costs.of.interrupt_latency
        self.kvm.instructions += self.to_c[reads]

    cdef inline void _count(self, Exit *exit, int kind) noexcept nogil:
        self.exits[kind] += 1
        if kind != X_INST_EMU and TIMING[kind] >= 0:
            self.timing.type = TIMING[kind]
        self.kvm.note(NOTE_EXIT, kind, exit.ea, exit.pc)

    # ---- TLB misses

    cdef inline int _miss(self, Exit *exit) noexcept nogil:
        """Real (no guest entry: the guest's own business), virt (KVM maps it), or a device."""
        cdef bint fetch = exit.kind == V_ITLB
        cdef int space = (self.kvm.regs.msr & (MSR_IS if fetch else MSR_DS)) != 0
        cdef Context *context = self.guest_tlb.context(space, 0, self.kvm.pid)
        cdef Mapping wanted
        cdef uint32_t offset_bits
        cdef int slot = lookup(self.guest_tlb, context, exit.ea) if context != NULL else \
            self.guest_tlb.search(space, self.kvm.pid, exit.ea)
        self._begin(READS_NOTHING if fetch else READS_INSN | READS_DEAR | READS_ESR)
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

    cdef inline int _program(self, Exit *exit) noexcept nogil:
        """A privileged, illegal or trapping instruction: the guest's own business in its user mode, else emulated."""
        cdef int outcome
        self._begin(READS_INSN | READS_ESR)
        if self.kvm.executes and self.kvm.user:
            self.delivery.queue_syndrome(P_PROGRAM, 0, exit.esr)
            return X_USER_PROGRAM
        outcome = self.emulation.emulate(exit)
        self.timing.type = OPERATION_TIMING[exit.op]
        self.way = LIGHT_NV
        if outcome == TO_USER_SPACE:
            self.way = HEAVY
            exit.completed = 1
            return X_DCR
        if outcome == REFUSED:
            self.way = HEAVY
            return X_EMULATION_FAILURE
        if outcome == WAITS:
            self._wait(exit)
        return X_INST_EMU

    cdef inline int _other(self, Exit *exit) noexcept nogil:
        """The exceptions that are not misses and not programs."""
        if exit.kind == V_SYSCALL:
            self._begin(READS_NOTHING)
            self.delivery.queue(P_SYSCALL)
            return X_SYSC
        if exit.kind == V_DECREMENTER:           # the timer of an imitated guest: it says itself that it takes it now
            self._begin(READS_NOTHING)
            self.delivery.queue(P_DECREMENTER)
            self.delivery.enter_vector(exit, P_DECREMENTER)
            return X_DEC
        if exit.kind == V_DSI:
            self._begin(READS_DEAR | READS_ESR)
            self.delivery.queue_syndrome(P_DSI, exit.ea, exit.esr)
            return X_DSI
        if exit.kind == V_ISI:
            self._begin(READS_ESR)
            self.delivery.queue_syndrome(P_ISI, 0, exit.esr)
            return X_ISI
        self._begin(READS_INSN if exit.kind == V_DEBUG else READS_NOTHING)
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

    cdef inline void _timer(self, Exit *exit) noexcept nogil:
        """The host was interrupted: by its timer, or by what makes the VMM want its vcpu back."""
        cdef int kind = X_EXT_INTR if self.kicked else X_DEC
        cdef bint signalled = self.kicked
        cdef bint tick = self.core.time >= self.scheduler.next_tick
        self._begin(READS_NOTHING)
        self._count(exit, kind)
        if tick and self.scheduler.tick():
            signalled = True
        self.kicked = False
        self._settle(kind)
        self.scheduler.interrupt_work()
        if signalled:
            self._signal(kind)
            kind = X_SIG
        if tick:
            self.scheduler.run_tasks(False)
        if kind != X_SIG:
            self.kvm.instructions += self.costs.of.resume_guest
        self._finish(exit, kind)
        if tick:
            self.scheduler.catch_up()
        self._plan()
