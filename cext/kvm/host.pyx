# SPDX-License-Identifier: BSD-3-Clause
"""The host kernel as its peer: put together, started, saved and restored, and asked what it has counted.

An exit goes through its parts: `exit_handlers`, perhaps `vcpu_thread`, `guest_entry`; `exit_counts` counts it.
"""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport (
    DEVICES_BASE, FOREVER, MSR_CE, MSR_DS, MSR_EE, MSR_IS, MSR_PR, MSR_WE, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBWE,
    OP_WRTEE, SPR_MMUCR, SPR_SPRG0, SPR_SRR0, SPR_SRR1, V_NONE, V_PROGRAM, W0_VALID, W2_G, W2_I, W2_SUPERVISOR,
)
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.processor cimport CYCLES_EXITS
from simobjects.cext.core.supervisor cimport Exit, Rewrite, Sums, Supervisor, Write
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.emulation cimport Emulation
from simobjects.cext.kvm.exit_counts cimport ExitCounts
from simobjects.cext.kvm.exit_handlers cimport (
    HEAVY, HEAVY_NV, LIGHT_NV, READS_ESR, READS_INSN, READS_NOTHING, ExitHandlers,
)
from simobjects.cext.kvm.kinds cimport (
    EXIT_NAMES, NOTE_EXIT, NOTE_HOST_MISS, NOTE_NAMES, NOTE_SCHEDULE, NOTES, X_DEC, X_EXT_INTR, X_INST_EMU, X_MMIO,
    X_SIG,
)
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.guest_entry cimport GuestEntry
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState, Note
from simobjects.cext.kvm.processes cimport HostProcesses, NO_SLOT
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.kvm.timeline cimport AT_OPERATION
from simobjects.cext.kvm.vcpu_thread cimport VcpuThread

cdef tuple NOTED = tuple([NOTE_NAMES[i].decode() for i in range(NOTES)])


cdef class HostKernel(Supervisor):
    def connect(self, KvmState kvm not None, ShadowScheme scheme not None, *, int64_t period, int64_t signal_every,
                int interrupt_pages, uint32_t interrupt_base, bint iccci, vmm, tasks,
                int interrupt_code_pages=0, bint executes=False, uint32_t pvr=0, int64_t timebase=1000,
                int64_t ticks_per_microsecond=400, int exit_timing=0, era=None, bint hold_ticks=False,
                int64_t ticks_in=-1, mark=None):
        """`period`: 1/1000 cycle between ticks; `vmm`, each of `tasks`: what `HostProcesses` takes.

        `executes`: the core runs a program; `timebase`: 1/1000 cycle a tick of the timebase; `exit_timing`: generation
        (0 off); `era`: {field of `Era`: value}, default as 2.6.29 but for its `index_bug`; `hold_ticks`, `ticks_in`: as
        the VMM has them, -1: in no window; `mark`: (stream, instructions, first, last) of the VMM's turn at a guest
        physical address from first to last.
        """
        self.kvm = kvm
        self.core = kvm.core
        self.costs = kvm.costs
        self.scheme = scheme
        kvm.executes = executes
        kvm.regs.pvr = pvr
        kvm.era = {**{"index_bug": False, "late_syndrome": False, "exact_timer": False, "dec_clears": False, "dis": 1,
                      "emulates": 0, "helps": False, "resets": False}, **(era or {})}
        self.processes = HostProcesses(kvm, vmm, tasks)
        if mark is not None:
            self.processes.set_mark(mark[0], mark[1])
            self.mark_first, self.mark_last = mark[2], mark[3]
        self.scheduler = HostScheduler(kvm, scheme, self.processes, period=period, signal_every=signal_every,
                                       interrupt_pages=interrupt_pages, interrupt_code_pages=interrupt_code_pages,
                                       interrupt_base=interrupt_base)
        self.delivery = Delivery(kvm, scheme)
        self.timer = GuestTimer(kvm, self.delivery, period, timebase)
        self.timer.holds = hold_ticks
        self.timer.ticks_in = ticks_in
        self.emulation = Emulation(kvm, scheme, self.delivery, self.timer)
        self.timing = ExitTiming(exit_timing, timebase, ticks_per_microsecond)
        self.counts = ExitCounts(kvm, self.timing)
        self.thread = VcpuThread(kvm, scheme, self.processes, self.scheduler, self.timer, self.counts)
        self.entry = GuestEntry(self.thread, self.delivery, iccci)
        self.handlers = ExitHandlers(self.thread, self.delivery, self.emulation)
        self.emulated_exit = (self.handlers.to_c[READS_INSN | READS_ESR] + self.costs.of.c_emulate
                              + self.costs.of.resume_guest_nv)
        self.rewritten_exit = self.emulated_exit + self.costs.of.c_hand_on + self.costs.of.c_tlbwe
        self.most_of_rewrite = scheme.most_of_rewrite()
        if self.most_of_rewrite >= 0:
            self.most_of_rewrite += 3 * (self.rewritten_exit * self.costs.of.host_cpi
                                         + self.costs.of.interrupt_latency + self.entry.last_steps)
        self.to_timestamp = self.costs.of.interrupt_latency + self.costs.of.exit_stub * self.costs.of.host_cpi
        self.processes.context(1, 1, 0)
        self.processes.context(1, 1, 1)

    cpdef void begin(self):
        if self.kvm.executes:
            self._boot()
        self.entry.plan()
        self.scheme.privilege()
        self.kvm.instructions = 0    # the guest's first privilege is not a change of it
        self.entry.show()

    cdef void _boot(self):
        """The state in which KVM starts a guest: 16 MiB at 0, and the page of the UART."""
        self.kvm.pid = 0
        self.kvm.regs.msr = 0
        self.kvm.user = False
        self.kvm.guest_tlb.write_entry(0, W0_VALID | size_code(16 << 20), 0, W2_SUPERVISOR, 0)
        self.kvm.guest_tlb.write_entry(1, DEVICES_BASE | W0_VALID | size_code(4096), DEVICES_BASE,
                                       W2_I | W2_G | W2_SUPERVISOR, 0)
        self.kvm.guest_tlb.tlbwe = 0
        self.kvm.guest_tlb.overlapping_writes = 0

    # ---- the port of the core

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
        if self.thread.outside:
            self.thread.outside = False
            self.thread.run_again()
            self.entry.finish_undelivered(self.thread.outside_kind)
        self.kvm.causes.begin_exit(exit.host_timer)
        self.kvm.timeline.begin(self.kvm.pid, self.kvm.user, self.kvm.causes.refilling)
        if self.timing.generation:
            self.timing.leave(self.core.time + self.to_timestamp)
        if exit.host_timer:
            self._timer(exit)
            return
        kind = self.handlers.handle(exit)
        self.counts.count(kind, exit.ea, exit.pc)
        if exit.kind == V_PROGRAM:
            self.kvm.timeline.tell(AT_OPERATION, 0, exit.op, 0, 0)
        if self.thread.asleep:
            return
        if self.handlers.way >= HEAVY:
            self._to_user(exit, kind)
            return
        self.kvm.instructions += (self.costs.of.resume_guest_nv if self.handlers.way == LIGHT_NV
                                  else self.costs.of.resume_guest)
        self.entry.finish(exit, kind)

    cdef bint take_many(self, const Sums *since, const Sums *until, int64_t own, uint32_t mmucr) noexcept nogil:
        """Emulated instructions that write registers at most: each is an exit, and all of them cost alike."""
        cdef int64_t count = until.privileged - since.privileged
        cdef int64_t entry = self.scheme.idle_entry()
        cdef int64_t instructions, amount
        if entry < 0 or not self._alike():
            return False
        instructions = (count * (self.emulated_exit + entry)
                        + (until.handed_on - since.handed_on) * self.costs.of.c_hand_on)
        amount = (instructions * self.costs.of.host_cpi
                  + count * (self.costs.of.interrupt_latency + self.entry.last_steps))
        if self.core.time + own + amount >= self.core.deadline:
            return False
        self.exceptions += count
        self.emulation.passed(since.by_operation, until.by_operation)
        self._write_many(since.write, until.write, mmucr)
        self.scheme.idle_entries(count)
        self.timing.type = self.handlers.rows[until.last]
        self.handlers.way = LIGHT_NV
        self.counts.passed(X_INST_EMU, count, instructions, amount)
        self.core.spend(CYCLES_EXITS, amount)
        self.kvm.causes.passed(X_INST_EMU, amount, count)
        return True

    cdef inline bint _alike(self) noexcept nogil:
        """Whether exits of emulated instructions have nothing to do but what their instructions say, and nobody looks."""
        return (self.kvm.regs.pending | (self.timer.due != FOREVER) | self.thread.kicked | self.thread.outside
                | self.delivery.forced | self.timing.generation | self.kvm.note_mask | self.kvm.timeline.watching
                | self.kvm.instructions | self.kvm.tlb_writes | self.kvm.extra) == 0

    cdef int rewrite(self, const Rewrite *entry, int64_t own) noexcept nogil:
        """The entry of a refill: what all exits have in common is added up, what the scheme does it does."""
        cdef int done = 0
        if (self.most_of_rewrite < 0 or not self._alike()
                or self.core.time + own + self.most_of_rewrite >= self.core.deadline):
            return 0
        self.kvm.causes.begin_exit(False)
        while done < 3 and (done == 0 or entry.code[0]):
            self.emulation.write(entry.slot, entry.word[done], entry.value[done], entry.code if done < 2 else NULL)
            self.scheme.enter()
            done += 1
        self.exceptions += done
        self.emulation.more(OP_TLBWE, done)
        self.timing.type = self.handlers.rows[OP_TLBWE]
        self.handlers.way = LIGHT_NV
        self.kvm.instructions += done * self.rewritten_exit
        self.kvm.extra += done * (self.costs.of.interrupt_latency + self.entry.last_steps)
        self.counts.settle_many(X_INST_EMU, done)
        return done

    cdef bint go_back(self, bint to_user) noexcept nogil:
        """The scheme hears of a change of privilege, and does what it has to at the entry."""
        if not self._alike():
            return False
        self.exceptions += 1
        self.kvm.causes.begin_exit(False)
        self.emulation.go_back(to_user)
        self.timing.type = self.handlers.rows[OP_RFI]
        self.handlers.way = LIGHT_NV
        self.kvm.instructions += self.emulated_exit + self.costs.of.c_hand_on
        self.kvm.extra += self.costs.of.interrupt_latency
        self.entry.enter()
        self.counts.settle_many(X_INST_EMU, 1)
        return True

    cdef inline void _write_many(self, const Write *write, const Write *end, uint32_t mmucr) noexcept nogil:
        """Of the registers those to which no more happens than that they are written."""
        while write < end:
            if write.op == OP_WRTEE:
                self.kvm.regs.msr = (self.kvm.regs.msr & ~<uint32_t>MSR_EE) | (write.value & MSR_EE)
            elif write.op == OP_MTMSR:
                self.kvm.regs.msr = (self.kvm.regs.msr & ~<uint32_t>(MSR_EE | MSR_WE)) | (write.value & MSR_EE)
            elif SPR_SPRG0 <= write.spr < SPR_SPRG0 + 8:
                self.kvm.regs.sprg[write.spr - SPR_SPRG0] = write.value
            elif write.spr == SPR_SRR0:
                self.kvm.regs.srr0 = write.value
            elif write.spr == SPR_SRR1:
                self.kvm.regs.srr1 = write.value
            elif write.spr == SPR_MMUCR:
                self.kvm.regs.mmucr = mmucr
                self.kvm.stid = mmucr & 255
            write += 1

    cdef inline void _to_user(self, Exit *exit, int kind) noexcept nogil:
        """A heavy exit. An executing core's device access comes next, and then `resume`; a failed guest stays out."""
        self.kvm.instructions += self.costs.of.resume_host_nv if self.handlers.way == HEAVY_NV else self.costs.of.resume_host
        self.thread.leave(kind, kind == X_MMIO and self.mark_first <= exit.gpa <= self.mark_last)
        if exit.failed or (self.kvm.executes and exit.completed):
            self.thread.outside = True
            self.thread.outside_kind = kind
            return
        self.thread.run_again()
        self.entry.finish(exit, kind)

    cdef void resume(self, Exit *exit) noexcept nogil:
        """KVM_RUN after user space has done a device access."""
        if not self.thread.outside:
            return
        self.thread.outside = False
        self.thread.run_again()
        self.entry.finish(exit, self.thread.outside_kind)

    cdef void external(self, bint level) noexcept nogil:
        """The VMM's interrupt controller."""
        if self.thread.external(level):
            self.entry.plan()

    cdef void window(self, bint opens, uint32_t number) noexcept nogil:
        self.timer.window(opens, number)

    cdef bint sleeps_for_ever(self) noexcept nogil:
        """Nothing is pending, and nothing is planned or let through that would take the guest out of a loop."""
        if not self.kvm.regs.msr & (MSR_EE | MSR_CE):
            return True
        return self.kvm.regs.pending == 0 and not self.timer.wakes() and self.core.next_event() == FOREVER

    cdef uint32_t guest_context(self) noexcept nogil:
        cdef uint32_t msr = self.kvm.regs.msr
        return ((msr & MSR_PR) != 0) | <uint32_t>((msr & MSR_IS) != 0) << 1 | <uint32_t>((msr & MSR_DS) != 0) << 2 | (
            <uint32_t>self.kvm.pid << 8)

    cdef void expects(self, int vector) noexcept nogil:
        self.delivery.hold(vector)

    cdef bint sleeping(self) noexcept nogil:
        return self.thread.asleep

    cdef void sleep_on(self, Exit *exit) noexcept nogil:
        cdef bint signalled = self.thread.sleep(exit)
        if self.thread.asleep:
            return
        self.scheduler.switch_back()
        if signalled:
            self.thread.signal(X_INST_EMU)
        self.kvm.instructions += self.costs.of.resume_guest_nv
        self.entry.finish(exit, X_INST_EMU)

    cdef inline void _timer(self, Exit *exit) noexcept nogil:
        """The host was interrupted: by its timer, or by what makes the VMM want its vcpu back."""
        cdef int kind = X_EXT_INTR if self.thread.kicked else X_DEC
        cdef bint signalled = self.thread.kicked
        cdef bint tick = self.core.time >= self.scheduler.next_tick
        self.handlers.begin(READS_NOTHING)
        self.counts.count(kind, exit.ea, exit.pc)
        if tick and self.scheduler.tick():
            signalled = True
        self.thread.kicked = False
        self.counts.settle(kind)
        self.scheduler.interrupt_work()
        if signalled:
            self.thread.signal(kind)
            kind = X_SIG
        if tick:
            self.scheduler.run_tasks(False)
        if kind != X_SIG:
            self.kvm.instructions += self.costs.of.resume_guest
        self.entry.finish(exit, kind)
        if tick:
            self.scheduler.catch_up()
        self.entry.plan()

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
        self.scheduler._state(state)
        self.handlers._state(state)
        self.thread._state(state)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """The list of statistics; of a state the parts give their own."""
        if state.counting:
            self.kvm._counts(state)
            self.kvm.causes._counts(state)
            self.scheme._counts(state)
            self.processes._counts(state)
            self.delivery._counts(state)
            self.emulation._counts(state)
            self.scheduler._counts(state)
            state.follows("exit_time", self.core.cycles[CYCLES_EXITS])
            state.follows("magic_accesses", self.core.magic_accesses)
        self.counts._counts(state)
        return state.counter("exceptions", &self.exceptions)

    def restored(self):
        """The TLB is restored too: in a larger one the pinned entries have their slots at the new end only."""
        self.kvm.move_pins()
        self.core.guest_user = self.kvm.user
        self.kvm.timeline.resumed = self.core.time
        self.kvm.timeline.away = self.thread.outside or self.thread.asleep

    # ---- what Simulation and tests ask

    def debug_enable(self, kinds, int64_t start, int64_t stop):
        """Record notes of these kinds between two cycles (stop -1: to the end)."""
        self.kvm.note_mask = 0
        for kind in kinds:
            self.kvm.note_mask |= 1 << NOTED.index(kind)
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
                text = f"{EXIT_NAMES[note.a].decode()} ea={note.b:#010x} pc={note.c:#010x}"
            elif note.kind == NOTE_HOST_MISS:
                where = "page fault" if note.c == NO_SLOT else f"slot={note.c}"
                text = f"{('vmm', 'task', 'interrupt')[note.a]} ea={note.b:#010x} {where}"
            elif note.kind == NOTE_SCHEDULE:
                text = "vmm runs" if note.a == 0 else f"task {note.a - 1} runs"
            else:
                text = f"slot={note.a} ea={note.b:#010x} real={note.c:#010x}"
            lines.append((note.time // 1000, NOTED[note.kind], text))
        self.kvm.n_notes = 0
        return lines

    def timeline(self):
        """What watches the exits, for whoever wants to."""
        return self.kvm.timeline

    def looks_at_each(self):
        if self.timing.generation:
            return "exit timing looks at each exit"
        if self.kvm.note_mask:
            return "debug notes tell of each exit"
        if self.kvm.timeline.watching:
            return "a timeline shows each exit"
        if self.core.magic_page:
            return "the magic page has the guest's registers"
        return "the scheme has work at each guest entry" if self.scheme.works_at_each_entry() else ""

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
        """The vcpu's virtual registers; `pending` and `ivor` by priority, `dec`: as of `dec_written`, `due`: cycle of
        the guest's timer or None."""
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
