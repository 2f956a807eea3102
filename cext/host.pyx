# SPDX-License-Identifier: BSD-3-Clause
"""The host kernel takes every exception of a virtual machine through one entry."""

from libc.stdint cimport INT64_MAX as FOREVER, uint64_t
from libc.string cimport memset

from cext.causes cimport HOST_FLUSH
from cext.emulation cimport (
    EMULATED, FAILED_MACHINE_CHECK, FAILED_MMIO, FAILED_SLEEP, FAILED_VECTOR, REFUSED, TO_USER_SPACE, WAITS,
    decodes_device_access,
)
from cext.emulation import EMULATED_NAMES
from cext.exit_timing cimport (
    T_DCR, T_DEBUG, T_DEC, T_DSI, T_DTLB_REAL, T_DTLB_VIRT, T_EMULATED, T_EXTERNAL, T_FP_UNAVAILABLE, T_ISI,
    T_ITLB_REAL, T_ITLB_VIRT, T_MFMSR, T_MFSPR, T_MMIO, T_MTMSR, T_MTSPR, T_RFI, T_SIGNAL, T_SYSCALL, T_TLBSX, T_TLBWE,
    T_USER_PROGRAM, T_WAIT, T_WRTEE,
)
from cext.kvm cimport NOTE_EXIT, NOTE_HOST_MISS, NOTE_SCHEDULE, Note
from cext.processes cimport BY_INTERRUPT, BY_TASK, BY_VMM, NO_SLOT, PATH_DATA, PATH_INST, PATH_KERNEL, Task
from cext.processor cimport CYCLES_EXITS, CYCLES_IDLE, CYCLES_SWITCH, CYCLES_TASKS, CYCLES_TICK, CYCLES_USER, CYCLES_VMM
from cext.schemes cimport Mapping
from cext.supervisor cimport (
    OP_COUNT, OP_MTMSR, V_DEBUG, V_DECREMENTER, V_DSI, V_DTLB, V_EXTERNAL, V_FP_UNAVAILABLE, V_ISI, V_ITLB,
    V_MACHINE_CHECK, V_NONE, V_PROGRAM, V_SYSCALL,
)
from cext.tlb cimport Context, lookup, size_mask
from cext.vcpu cimport (
    MSR_CE, MSR_DS, MSR_EE, MSR_GUEST, MSR_IS, P_DECREMENTER, P_DSI, P_DTLB, P_EXTERNAL, P_FP_UNAVAILABLE, P_ISI, P_ITLB,
    P_MACHINE_CHECK, P_PROGRAM, P_SYSCALL, PRIORITIES,
)


EXIT_NAMES = (
    "itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "sysc", "inst_emu", "dec", "sig", "dcr", "isi", "dsi", "ext_intr",
    "halt_wakeup", "fp_unavailable", "user_program", "machine_check", "debug", "emulation_failure",
)
DEBUGFS_NAMES = (
    "mmio", "dcr", "sig", "itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "sysc", "isi", "dsi", "inst_emu", "dec", "ext_intr",
    "halt_wakeup",
)
NOTE_NAMES = ("exits", "maps", "misses", "schedule")

# Rows of the exit timing table: by exit kind (-1: KVM sets none), and by operation of an emulated instruction.
cdef int[19] TIMING = [
    T_ITLB_REAL, T_ITLB_VIRT, T_DTLB_REAL, T_DTLB_VIRT, T_MMIO, T_SYSCALL, T_EMULATED, T_DEC, T_SIGNAL, T_DCR, T_ISI,
    T_DSI, T_EXTERNAL, -1, T_FP_UNAVAILABLE, T_USER_PROGRAM, -1, T_DEBUG, T_EMULATED,
]
cdef int[17] OPERATION_TIMING = [
    T_MTSPR, T_MFSPR, T_TLBWE, T_RFI, T_MTMSR, T_MFMSR, T_WRTEE, T_TLBSX, T_EMULATED, T_EMULATED, T_EMULATED,
    T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED, T_EMULATED,
]


cdef class HostKernel(Supervisor):
    def connect(self, KvmState kvm not None, ShadowScheme scheme not None, *, int64_t period, int64_t signal_every,
                int interrupt_pages, uint32_t interrupt_base, bint iccci, vmm, tasks,
                int interrupt_code_pages=0, bint executes=False, uint32_t pvr=0, int64_t timebase=1000,
                int64_t ticks_per_microsecond=400, int exit_timing=0, era=None):
        """`period`: 1/1000 cycle between ticks; `vmm`, each of `tasks`: what `HostProcesses` takes.

        `executes`: the core runs a program; `timebase`: 1/1000 cycle a tick of the timebase; `exit_timing`: generation
        (0 off); `era`: {field of `Era`: value}, default as 2.6.29 but for its `index_bug`.
        """
        if period <= 0:
            raise ValueError("the host's timer period must be positive")
        self.kvm = kvm
        self.core = kvm.core
        self.scheme = scheme
        self.period = period
        self.signal_every = signal_every
        self.interrupt_pages = interrupt_pages
        self.interrupt_code_pages = interrupt_code_pages
        self.interrupt_base = interrupt_base
        self.iccci = iccci
        kvm.executes = executes
        kvm.regs.pvr = pvr
        kvm.era = {**{"index_bug": False, "late_syndrome": False, "exact_timer": False, "dec_clears": False, "dis": 1,
                      "emulates": 0}, **(era or {})}
        self.delivery = Delivery(kvm, scheme)
        self.timer = GuestTimer(kvm, self.delivery, period, timebase)
        self.emulation = Emulation(kvm, scheme, self.delivery, self.timer)
        self.timing = ExitTiming(exit_timing, timebase, ticks_per_microsecond)
        self.processes = HostProcesses(kvm, vmm, tasks)
        self.processes.context(1, 1, 0)
        self.processes.context(1, 1, 1)

    cpdef void begin(self):
        self.next_tick = self.period
        if self.kvm.executes:
            self._boot()
        self._plan()
        self.scheme.privilege()
        self.kvm.instructions = 0    # the guest's first privilege is not a change of it
        self._show()

    cdef void _boot(self):
        """The state in which KVM starts a guest: 16 MiB at 0, and the page of the UART."""
        self.kvm.pid = 0
        self.kvm.regs.msr = 0
        self.kvm.user = False
        self.kvm.guest_tlb.write_entry(0, 0x270, 0, 0x07, 0)
        self.kvm.guest_tlb.write_entry(1, 0xEF600210u, 0xEF600000u, 0x507, 0)
        self.kvm.guest_tlb.tlbwe = 0
        self.kvm.guest_tlb.overlapping_writes = 0

    # ---- the exit entry

    cdef void take(self, Exit *exit) noexcept nogil:
        """One exception in, the guest's next context and place out."""
        cdef int kind
        self.exceptions += 1
        exit.vector = V_NONE
        exit.completed = 0
        exit.failed = 0
        exit.has_result = 0
        exit.next_pc = exit.pc
        self.way = LIGHT
        if self.outside:
            self.outside = False
            self._run_again()
            self._enter_guest()
            self._entered(self.outside_kind)
        self.kvm.causes.begin_exit(exit.host_timer)
        if self.timing.generation:
            self.timing.leave(self.core.time + self.kvm.costs.interrupt_latency
                              + self.kvm.costs.exit_stub * self.kvm.costs.host_cpi)
        if exit.host_timer:
            self._timer(exit)
            return
        if exit.kind == V_ITLB or exit.kind == V_DTLB:
            kind = self._miss(exit)
        elif exit.kind == V_PROGRAM:
            kind = self._program(exit)
        else:
            kind = self._other(exit)
        self._count(exit, kind)
        if self.way >= HEAVY:
            self._to_user(exit, kind)
            return
        self.kvm.instructions += (self.kvm.costs.resume_guest_nv if self.way == LIGHT_NV
                                  else self.kvm.costs.resume_guest)
        self._finish(exit, kind)

    cdef void resume(self, Exit *exit) noexcept nogil:
        """KVM_RUN after user space has done a device access."""
        if not self.outside:
            return
        self.outside = False
        self._run_again()
        self._finish(exit, self.outside_kind)

    cdef void external(self, bint level) noexcept nogil:
        """The VMM's interrupt controller. It injects at KVM_RUN, so a running vcpu is made to leave the guest first."""
        cdef bint was = self.level
        self.level = level
        if not level:
            self.kvm.regs.pending &= ~(<uint32_t>1 << P_EXTERNAL)
        elif self.asleep:
            self.kvm.regs.pending |= <uint32_t>1 << P_EXTERNAL
        elif not was and not self.outside:
            self.kicked = True
            self._plan()

    cdef bint sleeps_for_ever(self) noexcept nogil:
        """Nothing is pending, and nothing is planned or let through that would take the guest out of a loop."""
        if not self.kvm.regs.msr & (MSR_EE | MSR_CE):
            return True
        return self.kvm.regs.pending == 0 and self.timer.due == FOREVER and self.core.next_event() == FOREVER

    # ---- exits by exception

    cdef void _begin(self, bint copy, bint dear, bint esr) noexcept nogil:
        """Interrupt entry, the assembly up to C, and C's dispatch."""
        self.kvm.extra += self.kvm.costs.interrupt_latency
        self.kvm.instructions += self.kvm.costs.exit_stub + self.kvm.costs.exit_common + self.kvm.costs.c_dispatch
        if copy:
            self.kvm.instructions += self.kvm.costs.exit_inst_copy
        if dear:
            self.kvm.instructions += self.kvm.costs.exit_dear
        if esr:
            self.kvm.instructions += self.kvm.costs.exit_esr

    cdef int _miss(self, Exit *exit) noexcept nogil:
        """Real (no guest entry: the guest's own business), virt (KVM maps it), or a device."""
        cdef bint fetch = exit.kind == V_ITLB
        cdef int space = (self.kvm.regs.msr & (MSR_IS if fetch else MSR_DS)) != 0
        cdef Context *context = self.kvm.guest_tlb.context(space, 0, self.kvm.pid)
        cdef Mapping wanted
        cdef uint32_t offset_bits
        cdef int slot = lookup(self.kvm.guest_tlb, context, exit.ea) if context != NULL else \
            self.kvm.guest_tlb.search(space, self.kvm.pid, exit.ea)
        self._begin(not fetch, not fetch, not fetch)
        self.kvm.guest_tlb.lookups += 1
        if slot < 0:
            self.kvm.guest_tlb.misses += 1
            self.kvm.instructions += self.kvm.costs.search_entry * self.kvm.guest_tlb.entries
            if fetch:
                self.delivery.queue(P_ITLB)
                return X_ITLB_R
            self.delivery.queue_syndrome(P_DTLB, exit.ea, exit.esr)
            return X_DTLB_R
        self.kvm.instructions += self.kvm.costs.search_entry * slot + self.kvm.costs.search_hit
        offset_bits = ~size_mask(self.kvm.guest_tlb.w0[slot])
        wanted.ea = exit.ea
        wanted.gpa = (self.kvm.guest_tlb.w1[slot] & ~offset_bits & 0xFFFFFC00u) | (exit.ea & offset_bits)
        wanted.guest_bytes = offset_bits + 1
        wanted.word2 = self.kvm.guest_tlb.w2[slot]
        wanted.guest_tid = self.kvm.guest_tlb.tid[slot]
        wanted.guest_index = slot
        if wanted.gpa >= self.kvm.guest_memory or self.kvm.guest_tlb.w1[slot] & 15:
            if fetch:
                self.scheme.count_miss(&wanted)
                self.delivery.queue(P_MACHINE_CHECK)
                return X_ITLB_V
            exit.gpa = wanted.gpa | <uint64_t>(self.kvm.guest_tlb.w1[slot] & 15) << 32
            return self._device(exit)
        self.scheme.count_miss(&wanted)
        self.scheme.map(&wanted)
        return X_ITLB_V if fetch else X_DTLB_V

    cdef int _device(self, Exit *exit) noexcept nogil:
        """Outside RAM: user space does the access, if KVM can tell it what to do."""
        self.way = HEAVY_NV
        if self.kvm.executes and not decodes_device_access(exit.insn, self.kvm.era.emulates):
            self.way = HEAVY
            exit.failed = FAILED_MMIO
            return X_MMIO
        exit.next_pc = exit.pc + 4
        exit.completed = 1
        return X_MMIO

    cdef int _program(self, Exit *exit) noexcept nogil:
        """A privileged, illegal or trapping instruction: the guest's own business in its user mode, else emulated."""
        cdef int outcome
        self._begin(True, False, True)
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
        if outcome == WAITS and self._wait(exit):
            self._signal(X_INST_EMU)
        return X_INST_EMU

    cdef int _other(self, Exit *exit) noexcept nogil:
        """The exceptions that are not misses and not programs."""
        if exit.kind == V_SYSCALL:
            self._begin(False, False, False)
            self.delivery.queue(P_SYSCALL)
            return X_SYSC
        if exit.kind == V_DECREMENTER:           # the timer of an imitated guest: it says itself that it takes it now
            self._begin(False, False, False)
            self.delivery.queue(P_DECREMENTER)
            self.delivery._enter_vector(exit, P_DECREMENTER)
            return X_DEC
        if exit.kind == V_DSI:
            self._begin(False, True, True)
            self.delivery.queue_syndrome(P_DSI, exit.ea, exit.esr)
            return X_DSI
        if exit.kind == V_ISI:
            self._begin(False, False, True)
            self.delivery.queue_syndrome(P_ISI, 0, exit.esr)
            return X_ISI
        self._begin(exit.kind == V_DEBUG, False, False)
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

    cdef void _count(self, Exit *exit, int kind) noexcept nogil:
        self.exits[kind] += 1
        if kind != X_INST_EMU and TIMING[kind] >= 0:
            self.timing.type = TIMING[kind]
        self.kvm.note(NOTE_EXIT, kind, exit.ea, exit.pc)

    # ---- back into the guest

    cdef void _finish(self, Exit *exit, int kind) noexcept nogil:
        """At most one interrupt is delivered, then the guest is entered; all that was charged is this kind's."""
        if self.core.time >= self.timer.due:
            self.timer.poll()
        if self.kvm.regs.pending and exit.vector == V_NONE:
            self.delivery.deliver(exit)
        self._enter_guest()
        self._entered(kind)

    cdef void _entered(self, int kind) noexcept nogil:
        self._settle(kind)
        self._plan()
        if self.timing.generation:
            self.timing.enter(self.core.time - self.kvm.costs.rfi_latency
                              - (self.kvm.costs.iccci_refill if self.iccci else 0))

    cdef void _enter_guest(self) noexcept nogil:
        self.scheme.enter()
        self.kvm.extra += self.kvm.costs.rfi_latency
        if self.iccci:
            self.kvm.extra += self.kvm.costs.iccci_refill
        self.core.synchronise()
        self._show()

    cdef void _show(self) noexcept nogil:
        """What of the vcpu is in hardware while its guest runs: MSR, the readable SPRGs, PID."""
        if self.kvm.executes:
            self.core.msr = self.kvm.regs.msr | MSR_GUEST
            self.core.load_sprg4to7(&self.kvm.regs.sprg[4])
        self.core.guest_user = self.kvm.user
        if self.kvm.executes or not self.core.within(1, 1, self.kvm.shadow_pid):
            self.core.enter_context(1, 1, self.kvm.shadow_pid)

    cdef void _settle(self, int kind) noexcept nogil:
        """Charge what has accumulated to an exit kind."""
        cdef int64_t amount
        self.exit_instructions[kind] += self.kvm.instructions
        amount = self.kvm.settle(CYCLES_EXITS)
        self.exit_cycles[kind] += amount
        self.kvm.causes.spent(kind, amount)

    # ---- user space

    cdef void _to_user(self, Exit *exit, int kind) noexcept nogil:
        """A heavy exit. An executing core's device access comes next, and then `resume`; a failed guest stays out."""
        self.kvm.instructions += (self.kvm.costs.resume_host_nv if self.way == HEAVY_NV
                                  else self.kvm.costs.resume_host)
        self._leave(kind)
        if exit.failed or (self.kvm.executes and exit.completed):
            self.outside = True
            self.outside_kind = kind
            return
        self._run_again()
        self._finish(exit, kind)

    cdef void _leave(self, int kind) noexcept nogil:
        """Out to the VMM, and its own work."""
        self.kvm.instructions += self.kvm.costs.heavy_block + self.kvm.costs.c_to_user
        self.scheme.put()
        self._settle(kind)
        self.kvm.note(NOTE_SCHEDULE, 0, 0, 0)
        self.processes.turn(0, BY_VMM)
        self.kvm.settle(CYCLES_VMM)

    cdef void _run_again(self) noexcept nogil:
        """KVM_RUN, before it an injection when the VMM's interrupt controller asks for one."""
        if self.level:
            self.kvm.regs.pending |= <uint32_t>1 << P_EXTERNAL
        self.kvm.instructions += self.kvm.costs.c_ioctl
        self.scheme.load()
        self.kvm.instructions += self.kvm.costs.full_entry

    cdef void _signal(self, int kind) noexcept nogil:
        """A signal is pending for the VMM: what was a light exit of this kind becomes a heavy one, counted beside it."""
        self._settle(kind)
        self.exits[X_SIG] += 1
        self.timing.type = T_SIGNAL
        self.kvm.note(NOTE_EXIT, X_SIG, 0, self.core.pc)
        self.kvm.instructions += self.kvm.costs.resume_host
        self._leave(X_SIG)
        self._run_again()
        self._settle(X_SIG)

    # ---- the host's timer

    cdef void _timer(self, Exit *exit) noexcept nogil:
        """The host was interrupted: by its timer, or by what makes the VMM want its vcpu back."""
        cdef int kind = X_EXT_INTR if self.kicked else X_DEC
        cdef bint signalled = self.kicked
        cdef bint tick = self.core.time >= self.next_tick
        self._begin(False, False, False)
        self._count(exit, kind)
        if tick:
            self.ticks += 1
            self.next_tick += self.period
            signalled = signalled or self._signal_due()
        self.kicked = False
        self._settle(kind)
        self._interrupt_work()
        if signalled:
            self._signal(kind)
            kind = X_SIG
        if tick:
            self._run_tasks(False)
        if kind != X_SIG:
            self.kvm.instructions += self.kvm.costs.resume_guest
        self._finish(exit, kind)
        # Ticks that came due meanwhile interrupted the host, not the guest; the guest always gets on.
        if tick and self.next_tick <= self.core.time:
            self.next_tick += ((self.core.time - self.next_tick) // self.period + 1) * self.period
        self._plan()

    cdef void _plan(self) noexcept nogil:
        """When the guest is interrupted next: by a tick, by the timer that stands for its own, at once by a kick."""
        self.core.deadline = self.next_tick
        if self.kvm.era.exact_timer and self.timer.due < self.next_tick:
            self.core.deadline = self.timer.due
        if self.kicked:
            self.core.deadline = 0

    cdef void _interrupt_work(self) noexcept nogil:
        cdef int i
        self.kvm.instructions += self.kvm.costs.c_tick
        for i in range(self.interrupt_code_pages):
            self._interrupt_reference(self.interrupt_pages + i, PATH_KERNEL | PATH_INST)
        for i in range(self.interrupt_pages):
            self._interrupt_reference(i, PATH_KERNEL)
        self.kvm.settle(CYCLES_TICK)

    cdef void _interrupt_reference(self, int page, int path) noexcept nogil:
        self.processes.reference(self.processes.kernel_context, self.interrupt_base + 4096 * page, path, BY_INTERRUPT,
                                 NULL)

    cdef bint _signal_due(self) noexcept nogil:
        return self.signal_every != 0 and self.ticks % self.signal_every == 0

    cdef void _run_tasks(self, bint away) noexcept nogil:
        """Every process whose turn it is at this tick; the vcpu is put once, unless it is `away` already."""
        cdef bint left = away
        cdef int i
        for i in range(1, self.processes.n_tasks + 1):
            if self.processes.tasks[i].every == 0 or self.ticks % self.processes.tasks[i].every:
                continue
            if not left:
                left = True
                self.scheme.put()
            self.kvm.instructions += self.kvm.costs.c_switch
            self.processes.activate(i)
            self.kvm.settle(CYCLES_SWITCH)
            self.task_turns += 1
            self.kvm.note(NOTE_SCHEDULE, i, 0, 0)
            self.processes.turn(i, BY_TASK)
            self.kvm.settle(CYCLES_TASKS)
        if left and not away:
            self.kvm.instructions += self.kvm.costs.c_switch
            self.processes.activate(0)
            self.scheme.load()
            self.kvm.settle(CYCLES_SWITCH)

    # ---- a guest that waits

    cdef bint _wait(self, Exit *exit) noexcept nogil:
        """The guest waits for an interrupt (`kvm_vcpu_block`): its vcpu leaves the processor. True: a signal ended it."""
        cdef bint signalled = False
        cdef int64_t began
        if self.kvm.regs.pending and self.kvm.executes:
            return False
        if exit.op == OP_MTMSR:
            self.timing.type = T_WAIT
        self._settle(X_INST_EMU)
        self.scheme.put()
        self.kvm.instructions += self.kvm.costs.c_switch
        self.kvm.settle(CYCLES_SWITCH)
        if self.kvm.executes:
            signalled = self._sleep(exit)
        elif self.core.time < self.core.wake:    # an imitated guest knows its next event
            self.core.spend(CYCLES_IDLE, self.core.wake - self.core.time)
            self.exits[X_HALT_WAKEUP] += 1
        self.kvm.instructions += self.kvm.costs.c_switch
        self.processes.activate(0)
        self.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)
        return signalled

    cdef bint _sleep(self, Exit *exit) noexcept nogil:
        """Time goes from event to event until an interrupt is pending, or a signal for the VMM."""
        cdef int64_t until
        cdef bint signalled = False
        self.asleep = True
        if self.level:
            self.kvm.regs.pending |= <uint32_t>1 << P_EXTERNAL
        while self.kvm.regs.pending == 0 and not signalled:
            if self.signal_every == 0 and self.timer.due == FOREVER and self.core.next_event() == FOREVER:
                exit.failed = FAILED_SLEEP
                break
            until = min(self.next_tick, min(self.timer.interrupts_at(), self.core.next_event()))
            if until > self.core.time:
                self.core.spend(CYCLES_IDLE, until - self.core.time)
            if self.core.time >= self.next_tick:
                self.ticks += 1
                self.next_tick += self.period
                self._interrupt_work()
                self._run_tasks(True)
                signalled = self._signal_due()
            self.timer.poll()
            self.core.run_events()
        self.asleep = False
        if self.kvm.regs.pending:
            self.exits[X_HALT_WAKEUP] += 1
        return signalled

    # ---- one event at a time, for experiments and tests that play the machine by hand

    def exception(self, int kind, *, uint32_t pc=0, uint32_t ea=0, uint32_t esr=0, uint32_t insn=0, int reference=0,
                  int op=0, int spr=0, int word=0, int slot=0, uint32_t value=0):
        """An exception as a core that executes hands it over; returns what the core is told: {output: value}.

        When `completed` is set, `resume_guest` has to follow, as after the access of user space.
        """
        cdef Exit made
        if not 0 <= kind <= 15 or not 0 <= op < OP_COUNT:
            raise ValueError(f"vector {kind}, operation {op}: vectors are 0 to 15, operations 0 to {OP_COUNT - 1}")
        memset(&made, 0, sizeof(Exit))
        made.kind, made.pc, made.ea, made.esr, made.insn, made.reference = kind, pc, ea, esr, insn, reference
        made.op, made.spr, made.word, made.slot, made.value = op, spr, word, slot, value
        self.take(&made)
        return {"vector": made.vector, "next_pc": made.next_pc, "completed": bool(made.completed), "gpa": made.gpa,
                "result": made.result if made.has_result else None, "found": bool(made.found), "failed": made.failed}

    def resume_guest(self, uint32_t pc):
        """KVM_RUN, with the guest to go on at `pc`; returns (delivered vector or -1, next pc)."""
        cdef Exit made
        memset(&made, 0, sizeof(Exit))
        made.vector = V_NONE
        made.pc = made.next_pc = pc
        self.resume(&made)
        return made.vector, made.next_pc

    def interrupt_host(self, uint32_t pc=0):
        """The host's timer (or the VMM's wish to inject) interrupts the guest at `pc`; returns as `resume_guest`."""
        cdef Exit made
        memset(&made, 0, sizeof(Exit))
        made.kind = V_DECREMENTER
        made.pc = pc
        made.host_timer = 1
        self.take(&made)
        return made.vector, made.next_pc

    def pass_time(self, int64_t cycles):
        """The guest computes for so many cycles; what comes due meanwhile waits until the core is asked to run."""
        self.core.spend(CYCLES_USER, cycles * 1000)

    def external_input(self, bint level):
        """The VMM's interrupt controller raises or lowers its output."""
        self.external(level)

    def put(self):
        """The vcpu leaves the processor."""
        self.scheme.put()
        self.kvm.settle(CYCLES_SWITCH)

    def load(self):
        """The vcpu comes back; its scheme's work is done at the next entry."""
        self.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)

    def enter(self):
        """Enter the guest, charged to `dec`."""
        self._enter_guest()
        self._settle(X_DEC)

    def flush_address_space(self):
        """Flush the address space of any process: the sweep."""
        self.kvm.sweep(HOST_FLUSH)
        self.kvm.settle(CYCLES_SWITCH)

    def flush_page(self, int pid, uint32_t ea):
        """Flush one page of a host process."""
        self.processes.flush_page(pid & 255, ea)
        self.kvm.settle(CYCLES_SWITCH)

    def touch(self, int pid, uint32_t ea, bint fetch=False, bint present=True):
        """A reference of a host process (pid 0: of the kernel), missing and filling as the host does.

        Without `present` its page is not there yet, so that a miss is a page fault first.
        """
        cdef Task absent
        absent.fault_every = 1
        absent.refills = 0
        self.processes.reference(self.processes.context(0, 1 if pid else 0, pid), ea,
                                 (PATH_KERNEL if pid == 0 else 0) | (PATH_INST if fetch else PATH_DATA), BY_TASK,
                                 NULL if present else &absent)
        self.kvm.settle(CYCLES_TASKS)

    def set_index(self, int slot):
        """Set the host's round-robin counter (0 to the high-water mark): the next slot is the one after it."""
        if not 0 <= slot <= self.kvm.hwater:
            raise ValueError(f"slot {slot}: replaceable slots are 0 to {self.kvm.hwater}")
        self.kvm.host_index = slot

    # ---- one list of state, walked for checkpoints

    cdef int _state(self, State state) except -1:
        """Of KVM and all its parts, its scheme, the host's processes, the timer, and what is counted."""
        self.kvm._state(state)
        self.scheme._state(state)
        self.processes._state(state)
        self.delivery._state(state)
        self.timer._state(state)
        self.emulation._state(state)
        self.timing._state(state)
        state.number("next_tick", &self.next_tick)
        state.small("way", &self.way, LIGHT, HEAVY_NV)
        state.flag("outside", &self.outside)
        state.small("outside_kind", &self.outside_kind, 0, EXIT_KINDS - 1)
        state.flag("asleep", &self.asleep)
        state.flag("level", &self.level)
        state.flag("kicked", &self.kicked)
        state.number("exceptions", &self.exceptions)
        state.bytes_("exits", self.exits, sizeof(self.exits))
        state.bytes_("exit_instructions", self.exit_instructions, sizeof(self.exit_instructions))
        state.bytes_("exit_cycles", self.exit_cycles, sizeof(self.exit_cycles))
        state.number("ticks", &self.ticks)
        return state.number("task_turns", &self.task_turns)

    def save(self):
        """All that changes during a run."""
        cdef State state = State()
        self._state(state)
        return state.fields

    def restore(self, fields):
        """Put it back; ValueError when it is not of such a machine."""
        cdef State state = State(fields)
        self._state(state)
        state.finish()

    def restored(self):
        """The TLB is restored too: in a larger one the pinned entries have their slots at the new end only."""
        self.kvm.move_pins()
        self.core.guest_user = self.kvm.user

    # ---- what Simulation and tests ask

    def debug_enable(self, kinds, int64_t start, int64_t stop):
        """Record notes of these kinds between two cycles (stop -1: to the end)."""
        self.kvm.note_mask = 0
        for kind in kinds:
            self.kvm.note_mask |= 1 << NOTE_NAMES.index(kind)
        self.kvm.note_start = start * 1000
        self.kvm.note_stop = stop * 1000 if stop >= 0 else FOREVER

    def debug_drain(self):
        """The notes since the last call: [(cycle, kind, text)]."""
        cdef int i
        cdef list lines = []
        cdef Note note
        for i in range(self.kvm.n_notes):
            note = self.kvm.notes[i]
            if note.kind == NOTE_EXIT:
                text = f"{EXIT_NAMES[note.a]} ea={note.b:#010x} pc={note.c:#010x}"
            elif note.kind == NOTE_HOST_MISS:
                where = "page fault" if note.c == NO_SLOT else f"slot={note.c}"
                text = f"{('vmm', 'task', 'interrupt')[note.a]} ea={note.b:#010x} {where}"
            elif note.kind == NOTE_SCHEDULE:
                text = "vmm runs" if note.a == 0 else f"task {note.a - 1} runs"
            else:
                text = f"slot={note.a} ea={note.b:#010x} real={note.c:#010x}"
            lines.append((note.time // 1000, NOTE_NAMES[note.kind], text))
        self.kvm.n_notes = 0
        return lines

    def failure(self):
        return self.scheme.failure()

    def loop(self, uint32_t ea):
        return self.scheme.loop(ea)

    def teardown(self):
        """End the VM: every page reference is dropped."""
        self.scheme.destroy()

    def shadow_scheme(self):
        """The scheme's own peer, which shows its table: `references()` of E4, `shadows()` of E3b."""
        return self.scheme

    def held(self, int64_t page):
        """References held on a host page of guest memory."""
        if not 0 <= page < self.kvm.pages:
            raise IndexError(f"host page {page} of guest memory (0 to {self.kvm.pages - 1})")
        return self.kvm.held[page]

    def vcpu(self):
        """The vcpu's state: {user, pid, shadow_pid, host_index}."""
        return {"user": bool(self.kvm.user), "pid": self.kvm.pid, "shadow_pid": self.kvm.shadow_pid,
                "host_index": self.kvm.host_index}

    def registers(self):
        """The vcpu's virtual registers; `pending` and `ivor` by priority, `due`: cycle of the guest's timer or None."""
        found = dict(self.kvm.regs)
        found["ivor"], found["sprg"] = list(self.kvm.regs.ivor), list(self.kvm.regs.sprg)
        found["pid"], found["stid"] = self.kvm.pid, self.kvm.stid
        found["due"] = None if self.timer.due == FOREVER else self.timer.due // 1000
        return found

    def exit_timing(self):
        """The exit timing table, 27 rows of (kind, count, min, max, sum, sum of squares) as the kernel prints them."""
        return self.timing.table()

    def exit_timing_text(self):
        """The same as the text of the kernel's file."""
        return self.timing.text()

    def files(self):
        """What a run leaves on disk: {name: content}, the exit timing when it is on."""
        return {"vm1_vcpu0_timing": self.timing.text().encode()} if self.timing.generation else {}

    def clear_exit_timing(self):
        """Begin the exit timing again."""
        self.timing.clear()

    def double_drops(self):
        """Page references dropped that were not held: 0 in a correct scheme."""
        return self.kvm.double_drops

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000."""
        cdef int i
        cdef KvmState kvm = self.kvm
        cdef HostProcesses processes = self.processes
        return {
            "exits_by_kind": [self.exits[i] for i in range(EXIT_KINDS)],
            "exceptions": self.exceptions,
            "exit_time": self.core.cycles[CYCLES_EXITS],
            "exit_instructions": [self.exit_instructions[i] for i in range(EXIT_KINDS)],
            "exit_cycles": [self.exit_cycles[i] for i in range(EXIT_KINDS)],
            "emulated": [self.emulation.emulated[i] for i in range(OP_COUNT)],
            "delivered": [self.delivery.delivered[i] for i in range(PRIORITIES)],
            "maps": kvm.maps,
            "eager_maps": self.emulation.eager_maps,
            "eager_other_tid": self.emulation.eager_other_tid,
            "pages_taken": kvm.pages_taken,
            "pages_dirty": kvm.pages_dirty,
            "pages_clean": kvm.pages_clean,
            "host_killed": kvm.host_killed,
            "guest_clobbered": kvm.guest_clobbered,
            "host_lookups": [processes.host_lookups[i] for i in range(3)],
            "host_misses": [processes.host_misses[i] for i in range(3)],
            "host_faults": [processes.host_faults[i] for i in range(2)],
            "context_steals": processes.context_steals,
            "puts": kvm.puts,
            "sweeps": kvm.sweeps,
            "host_alive": kvm.host_alive,
            "slots_visited": kvm.slots_visited,
            "slots_written": kvm.slots_written,
            "ticks": self.ticks,
            "task_turns": self.task_turns,
            **kvm.causes.read_stats(EXIT_KINDS),
            **self.scheme.read_stats(),
        }
