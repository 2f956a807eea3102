# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -fno-gcse -fno-crossjumping -Wno-unused-function -Wno-misleading-indentation
"""The executing core: events, interrupts and exits around the C engine, which runs from one event to the next.

Its parts: `wiring` (the engine's ways to the peers), `inspector`, `breakpoints` and `watch` (tools), `core_state`,
`endings` (why it came back, in words).
"""

from libc.stdlib cimport calloc
from libc.string cimport memcpy, memset

from simobjects.cext.arch.arch440 cimport (
    FOREVER, MSR_CE, MSR_DS, MSR_EE, MSR_IS, MSR_PR, MSR_WE, OP_MTDCR, OP_TRAP, V_DECREMENTER,
    V_MACHINE_CHECK, V_NONE, V_PROGRAM, VECTORS,
)
from simobjects.cext.arch.state cimport State
from simobjects.cext.board.bus cimport REQUEST_END, REQUEST_FAILED
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport (
    BREAKPOINT, CYCLE_LIMIT, CYCLES_IDLE, CYCLES_KERNEL, CYCLES_USER, CYCLE_KINDS, END_OF_WORKLOAD, FAILED, IDLE, MARKER,
    PAUSED, ROI_BEGIN, ROI_END, RUNNING, STEP, UNMET, WATCHDOG,
)
from simobjects.cext.core.supervisor cimport FETCH, GuestSoftware, LOAD, STORE, Supervisor
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.traces.recording cimport MARK_BEGIN, MARK_END, MARK_FINISH, MARK_REFUSED
from simobjects.cext.engine.core_state cimport (
    PEND_MACHINE, machine_digest, restore_all, restore_tally, save_caches, save_fields, save_requests, save_tally,
    state_layout, state_memory, tally_counts,
)
from simobjects.cext.engine.cpu440 cimport (
    code_entered, COST_COUNT, COST_DEVICE, COST_INTERRUPT, COST_MICRO, COST_RFI, COST_SPR, COST_TLBWE, cpu440_delete,
    CPU440_DIAGNOSTIC_NAMES, CPU440_SPR_COUNT, CPU440_SPRS, cpu440_forget, cpu440_new, cpu440_no_recorder,
    cpu440_set_costs, cpu440_set_msr, cpu440_settle, cpu440_spend, DIAG_COUNT, engine_run, exc_enter, exc_pending, mmu_set_pid, mmu_synchronise, RUN_EXCEPTION, RUN_SPIN,
    Tally, tally_add, timers_next, timers_pending, timers_run, Trapped, trapped_access, trapped_completed, trapped_dcr,
    trapped_decode, trapped_result,
)
from simobjects.cext.engine.endings cimport (
    END_MARKER, END_RESET, END_SPINS, END_WAITS, failed_at, failure_text, refused_instruction,
)
from simobjects.cext.engine.endings import END_NAMES, TIMER_STORM
from simobjects.cext.engine.inspector import REGISTER_NAMES
from simobjects.cext.engine.profile cimport COUNT_EXIT_TIME
from simobjects.cext.engine.wiring cimport padded_entries, wire

cdef extern from "translate.h" nogil:
    const char *translator_start(CPU440 *c, int threshold)
    void translator_check(CPU440 *c)
    void translator_delete(CPU440 *c)

cdef int64_t MC = 1000               # time units in a cycle
cdef int64_t LONGEST = <int64_t>1 << 40
cdef int MOST_ACCESSES = 33          # references of one instruction: its fetch and a load of all registers
cdef int MOST_TURNS = 1 << 18        # of the loop until the caller has a look at its limits, whatever the guest does
cdef int TURNS_ASLEEP = 64           # an event of a waiting guest takes longer: the host's tasks have their turns
cdef uint32_t MSR_ANY = MSR_CE | MSR_EE    # without them nothing interrupts
cdef uint32_t MSR_SPACES = MSR_IS | MSR_DS


cdef class ExecutingCore(Processor):
    def __dealloc__(self):
        if self.memory is not None:
            self.memory.watch(NULL, NULL)
        if self.tlb is not None:
            self.tlb.watch(NULL, NULL)
        if self.cpu != NULL:
            translator_delete(self.cpu)
        cpu440_delete(self.cpu)

    def connect(self, TLB tlb not None, Costs costs not None, Memory memory not None, Bus bus not None, *, int micro_inst=0,
                int micro_data=0, bint faithful=False, uint32_t pvr=0x7FF21910, int64_t watchdog=10000,
                int64_t timebase_ratio=1, int64_t roi_begin=-1, int64_t roi_end=-1, bint strict=False,
                bint mcheck_critical=False, bint count_instructions=False,
                int translate_after=30):
        """The TLB it looks up, the memory and the devices it reaches.

        `micro_inst`, `micro_data`: entries of the micro-TLBs, 0 to 64 (0: off); `faithful`: they keep stale
        translations until the next context synchronisation, as the hardware does; `watchdog`: exceptions in a row
        without a completed instruction that end the run under a supervisor; `timebase_ratio`: cycles in a tick of the
        time base; `strict`: stores of the program to decoded code are seen without icbi, and counted;
        `mcheck_critical`: a machine check saves to CSRR0/1, as on the first cores, not to MCSRR0/1;
        `count_instructions`: by what they are, which takes the engine that looks after each; `translate_after`:
        arrivals at a place of the program until it is translated to host code, 0: never.
        """
        if not (0 <= micro_data <= 64 and 0 <= micro_inst <= 64):
            raise ValueError("a micro-TLB has 0 to 64 entries")
        if not 0 <= translate_after < 1 << 15:
            raise ValueError(f"translate after {translate_after} arrivals: expected 0 (never) to 32767")
        if timebase_ratio < 1 or timebase_ratio > 1 << 20:
            raise ValueError(f"{timebase_ratio} cycles in a tick of the time base: expected 1 to 2^20")
        if self.cpu != NULL:
            raise RuntimeError("the core is connected already")
        cdef CPU440 *c = cpu440_new(memory.ram, memory.size, padded_entries(tlb))
        if c == NULL:
            raise MemoryError("no memory for an executing core")
        cdef int64_t latencies[COST_COUNT]
        cdef const char *why
        latencies[<int>COST_INTERRUPT] = costs.of.interrupt_latency
        latencies[<int>COST_RFI] = costs.of.rfi_latency
        latencies[<int>COST_TLBWE] = costs.of.tlbwe_latency
        latencies[<int>COST_SPR] = costs.of.spr_latency
        latencies[<int>COST_MICRO] = costs.of.micro_miss
        latencies[<int>COST_DEVICE] = costs.of.device_latency
        cpu440_set_costs(c, costs.of.guest_cpi, latencies)
        self.cpu = c
        self.tlb = tlb
        self.costs = costs
        self.memory = memory
        self.bus = bus
        self.native = True
        self.watchdog = watchdog
        self.roi_begin = roi_begin if roi_begin >= 0 else FOREVER
        self.roi_end = roi_end if roi_end >= 0 else FOREVER
        self.inspector = Inspector()
        self.breakpoints = Breakpoints()
        self.watch = Watch()
        self.inspector.cpu = self.breakpoints.cpu = self.watch.cpu = c
        self.inspector.memory = memory
        c.pvr = pvr
        c.tick = MC * timebase_ratio
        c.micro[0].size = micro_data
        c.micro[1].size = micro_inst
        c.faithful = faithful and (micro_data > 0 or micro_inst > 0)
        c.strict = strict
        c.hears = strict
        c.mcheck_critical = mcheck_critical
        if count_instructions:
            c.tally = <Tally *>calloc(1, sizeof(Tally))
            if c.tally == NULL:
                raise MemoryError("no memory to count instructions")
        wire(c, tlb, memory, bus)
        cpu440_forget(c)
        if translate_after:
            why = translator_start(c, translate_after)
            self.untranslated = "" if why == NULL else why.decode()
        else:
            self.untranslated = "it is switched off"

    def path(self):
        """How code is executed: {"code": ...}, as words."""
        self._connected()
        why = self.untranslated
        if not why and self.cpu.tally != NULL:
            why = "instructions are counted by what they are"
        elif not why and self.recorder is not None:
            why = "the execution is recorded"
        return {"code": f"interpreted: {why}" if why else "hot code is translated to the computer's"}

    # Running: from one event to the next.

    cdef int64_t _done(self) noexcept nogil:
        cdef CPU440 *c = self.cpu
        return c.insns[0] + c.insns[1] + c.loads[0] + c.loads[1] + c.stores[0] + c.stores[1]

    cdef int64_t _next_event(self) noexcept nogil:
        """When something can next happen to the guest by itself; FOREVER: never."""
        cdef int64_t due = timers_next(self.cpu, MSR_ANY)
        if self.bus.next_event < due:
            due = self.bus.next_event
        if self.deadline < due:
            due = self.deadline
        return due

    cdef int64_t _horizon(self) noexcept nogil:
        cdef int64_t due = self._next_event()
        return self.limit if self.limit < due else due

    cdef int64_t _budget(self, int64_t target, int64_t horizon) noexcept nogil:
        """Instructions that may begin before the horizon and cannot overshoot the references wanted."""
        cdef int64_t room = target - self._done()
        cdef int64_t cpi = self.cpu.cpi
        # Two references are the most for one of a budget: what makes more takes more off. The last may exceed that.
        room = (room - MOST_ACCESSES) // 2 if room >= 3 * MOST_ACCESSES else room // MOST_ACCESSES or 1
        if room > LONGEST:
            room = LONGEST
        if self.watch.profile is not None:
            room = min(room, max(1, self.watch.profile.due - self.cpu.insns[0] - self.cpu.insns[1]))
        if cpi > 0 and horizon != FOREVER and (horizon - self.time - 1) // cpi + 1 < room:
            room = (horizon - self.time - 1) // cpi + 1
        return room

    cdef void _lines(self) noexcept nogil:
        """The interrupt controller's outputs; a supervisor hears of a change, the guest's core sees the levels."""
        cdef CPU440 *c = self.cpu
        if self.native:
            c.external_line = self.bus.external
            c.critical_line = self.bus.critical
            timers_pending(c)
        elif c.external_line != self.bus.external:
            c.external_line = self.bus.external
            if self.recorder is not None:
                self.recorder.line(self.bus.external, self.in_access, self.time)
            self.supervisor.external(self.bus.external)

    cdef void _requests(self) noexcept nogil:
        """What the guest or the bus asks of whoever runs the core."""
        cdef int asked = self.bus.end_requested
        if self.cpu.reset_kind:
            self.stop = END_OF_WORKLOAD
            self.end_reason = END_RESET
        elif asked:
            self.bus.end_requested = 0
            if asked & REQUEST_FAILED:
                self.stop = FAILED
            elif asked & REQUEST_END:
                self.stop = END_OF_WORKLOAD
                self.end_reason = END_MARKER
            else:
                self.stop = MARKER

    cdef void _look_around(self) noexcept nogil:
        """Before an instruction: what devices and timers have to say."""
        self.cpu.attention = 0
        if self.bus.next_event <= self.time:
            self.bus.run_events(self.time)
        timers_run(self.cpu, self.time)
        self._lines()
        self._requests()

    cdef bint _interrupt(self) noexcept nogil:
        """The highest pending interrupt that the MSR lets through, taken; natively only."""
        cdef CPU440 *c = self.cpu
        cdef int vector
        if not self.native:
            return self._host_timer()
        vector = exc_pending(c)
        if vector < 0:
            return False
        if vector == V_MACHINE_CHECK:
            c.pending &= ~PEND_MACHINE
        if self.recorder is not None:
            self.recorder.interrupted(vector)
        exc_enter(c, vector, c.pc)
        if self.recorder is not None:
            self.recorder._context()
        c.statistics_mode = 0
        cpu440_spend(c, COST_INTERRUPT)
        cpu440_settle(c, c.synced, 0)
        self.time = c.time
        return True

    cdef void _wait(self, int64_t horizon) noexcept nogil:
        """MSR[WE]: time passes until the next event."""
        if self._never_interrupted():
            self.stop = END_OF_WORKLOAD
            self.end_reason = END_WAITS
            return
        if self.bus.listeners:
            if self.patience <= 0:
                self.stop = IDLE
                return
            horizon = min(horizon, self.time + self.patience)
            self.patience -= horizon - self.time
        if horizon > self.time:
            if self.recorder is not None:
                self.recorder.waited(horizon - self.time)
            self.spend(CYCLES_IDLE, horizon - self.time)
            self.cpu.time = self.time

    cdef void _after(self, int why) noexcept nogil:
        """The engine came back."""
        cdef CPU440 *c = self.cpu
        if c.stop_found:
            self.stop = BREAKPOINT
        elif why == RUN_SPIN:
            if self._never_interrupted():
                self.stop = END_OF_WORKLOAD
                self.end_reason = END_SPINS
            else:
                if c.tally != NULL:
                    tally_add(c.tally, c.last_raw, c.synced)
                cpu440_settle(c, 0, 0)
                self.time = c.time
        elif why == RUN_EXCEPTION:
            if self.native:
                self.stop = FAILED
            else:
                self._hand_over()
                if c.stop_found and self.stop == RUNNING:    # what user space accessed for the guest
                    self.stop = BREAKPOINT

    cdef bint _never_interrupted(self) noexcept nogil:
        """Whether nothing can ever take the guest out of a wait or a branch to itself; what its MSR masks cannot."""
        cdef uint32_t let_through = self.cpu.msr & MSR_ANY
        if not self.native:
            return self.supervisor.sleeps_for_ever()
        if let_through and self.bus.listeners:
            return False
        return timers_next(self.cpu, let_through) == FOREVER and (not let_through or self.bus.next_event == FOREVER)

    # Under a supervisor: exceptions leave, and come back as a place to go on at.

    def attach(self, Supervisor supervisor not None, GuestSoftware guest=None):
        """Give the core's exceptions to a supervisor; without this call the program's own vectors take them."""
        self._connected()
        self.supervisor = supervisor
        self.guest = guest
        self.native = False
        self.cpu.supervised = 1
        self.cpu.statistics_mode = 0

    def begin(self):
        """Time zero: whoever supervises puts the guest on the processor."""
        if self.supervisor is not None:
            self.supervisor.begin()
        if self.recorder is not None:
            self.recorder._attach(self.cpu, None if self.native else self.supervisor)
            self.recorder._context()

    cdef void enter_context(self, int as_, int pr, int pid) noexcept nogil:
        Processor.enter_context(self, as_, pr, pid)
        cpu440_set_msr(self.cpu, (self.msr & ~(MSR_SPACES | MSR_PR | MSR_WE)) | (MSR_SPACES if as_ else 0)
                       | (MSR_PR if pr else 0))
        mmu_set_pid(self.cpu, pid & 255)
        self.cpu.statistics_mode = self.guest_user

    cdef void synchronise(self) noexcept nogil:
        mmu_synchronise(self.cpu)
        if self.empties_cache:
            code_entered(self.cpu)

    cdef void load_sprg4to7(self, const uint32_t *values) noexcept nogil:
        memcpy(&self.cpu.sprg[4], values, 16)

    cdef void reset(self, int kind) noexcept nogil:
        self.cpu.reset_kind = kind
        self.cpu.attention = 1

    cdef int64_t next_event(self) noexcept nogil:
        if self.bus.listeners:       # somebody may type, and time goes on while that is waited for
            return min(self.bus.next_event, self.time + max(self.patience, 0))
        return self.bus.next_event

    cdef void run_events(self) noexcept nogil:
        if self.bus.next_event <= self.time:
            self.bus.run_events(self.time)
        self._lines()

    cdef bint _host_timer(self) noexcept nogil:
        """Whether the host's interrupt was due, and taken."""
        cdef Exit exit
        if self.time < self.deadline:
            return False
        memset(&exit, 0, sizeof(Exit))
        exit.kind = V_DECREMENTER
        exit.host_timer = 1
        if self._counted(True):
            self._take(&exit)
        return True

    cdef bint _counted(self, bint host_timer) noexcept nogil:
        """One more exit in a row without a completed instruction; False when there were too many, and the run ends."""
        cdef int64_t done = self.cpu.insns[0] + self.cpu.insns[1]
        self.host_timer = host_timer
        self.row = self.row + 1 if done == self.row_mark else 1
        self.row_mark = done
        if self.row > self.watchdog:
            self.stop = WATCHDOG
        return self.stop != WATCHDOG

    cdef void _hand_over(self) noexcept nogil:
        """The exception that the engine raised, with the trapped instruction taken apart."""
        cdef CPU440 *c = self.cpu
        cdef Exit exit
        cdef Trapped trapped
        memset(&exit, 0, sizeof(Exit))
        exit.kind = c.raised
        exit.ea = c.raised_ea
        exit.esr = c.raised_esr
        exit.insn = c.raised_insn
        exit.reference = c.raised_kind
        if exit.kind == V_PROGRAM:
            trapped_decode(c, &trapped)
            exit.op = trapped.op
            exit.spr = trapped.spr
            exit.word = trapped.word
            exit.slot = trapped.slot
            exit.value = trapped.value
            exit.record = trapped.record
            exit.ea = trapped.ea
        if self._counted(False):
            self._take(&exit)

    cdef void _take(self, Exit *exit) noexcept nogil:
        """One exit: the supervisor acts, user space does the access that is left to it, the guest goes on where told."""
        cdef CPU440 *c = self.cpu
        self.pc = c.pc
        exit.pc = c.pc
        exit.next_pc = c.pc
        exit.vector = V_NONE
        cdef bint executed = exit.kind == V_PROGRAM and not self.guest_user and exit.op < OP_TRAP
        if self.recorder is not None:
            self.recorder.before(exit, executed)
        if executed:                         # because it is emulated
            trapped_completed(c)
            self.time = c.time
        cdef int64_t before = self.time
        c.break_skip = 0
        self.watch.note(exit.kind, c.pc, True)
        self.supervisor.take(exit)
        self._taken(exit, before)

    cdef void _sleep(self) noexcept nogil:
        """A guest that waits in an exit, an event further."""
        cdef int64_t before = self.time
        if self.bus.listeners and self.patience <= 0:
            self.stop = IDLE
            return
        self.supervisor.sleep_on(&self.sleeper)
        if self.recorder is not None and not self.supervisor.sleeping():
            self.recorder.woke(self.time)
        self.patience -= self.time - before
        self._taken(&self.sleeper, before)

    cdef void _taken(self, Exit *exit, int64_t before) noexcept nogil:
        """The supervisor has acted, from `before` on. The exit of a guest that waits is kept until it is over."""
        cdef CPU440 *c = self.cpu
        if self.supervisor.sleeping():
            if exit != &self.sleeper:
                self.sleeper = exit[0]
                if self.recorder is not None:
                    self.recorder.fell_asleep(self.time)
        elif exit.failed:
            self.failure = exit.failed
            self.stop = FAILED
        elif exit.completed:
            self._user_space(exit)
        elif exit.has_result:
            trapped_result(c, exit.result, exit.found)
        c.pc = exit.next_pc
        c.time = self.time
        if self.recorder is not None and not self.supervisor.sleeping():
            self.recorder.after(exit)
        if self.watch.profile is not None:
            self.watch.profile.add(exit.pc, COUNT_EXIT_TIME, self.time - before)

    cdef void _user_space(self, Exit *exit) noexcept nogil:
        """The VMM: a device access, then back into the guest."""
        cdef CPU440 *c = self.cpu
        c.time = self.time
        if exit.kind == V_PROGRAM:
            trapped_dcr(c, exit.spr, exit.op == OP_MTDCR)
            if exit.returned_to >= 0:
                c.gpr[exit.returned_to] = exit.value
        else:
            trapped_completed(c)
            self.time = c.time
            if self.recorder is not None:
                self.recorder.accessed(exit)
            trapped_access(c, exit.gpa)
        self.in_access = True
        self._lines()
        self.in_access = False
        if self.bus.window_told:
            self.bus.window_told = False
            self.supervisor.window(self.bus.window_open, self.bus.window_number)
        self.supervisor.resume(exit)

    cdef void _loop(self, int64_t target, int64_t last, bint stepping) noexcept nogil:
        """Run to `target` references, `last` instructions or the cycle limit, or till other limits want a look."""
        cdef CPU440 *c = self.cpu
        cdef int64_t horizon, room
        cdef int64_t turns = MOST_TURNS if target != FOREVER or stepping else FOREVER
        cdef int why
        translator_check(c)
        while self.stop == RUNNING:
            turns -= 1
            self._look_around()
            if self.stop != RUNNING:
                return
            if self.time >= self.limit:
                self.stop = CYCLE_LIMIT
                return
            if self._done() >= target or c.insns[0] + c.insns[1] >= last or turns < 0:
                self.stop = PAUSED
                return
            if not self.native and self.supervisor.sleeping():
                self._sleep()
                turns -= TURNS_ASLEEP
                continue
            if self._interrupt():
                continue
            horizon = self._horizon()
            if c.msr & MSR_WE:
                self._wait(horizon)
                continue
            room = self._budget(target, horizon)
            if room > last - c.insns[0] - c.insns[1]:
                room = last - c.insns[0] - c.insns[1]
            why = engine_run(c, room, stepping)
            self.time = c.time      # an exit that follows begins then
            self._after(why)
            if self.watch.profile is not None:
                self.watch.sample(self.time)

    # The engine's interface: what a Simulation calls.

    def advance(self, int64_t references, int64_t cycle_limit):
        """Execute up to `references` fetches, loads and stores (-1: no bound) until cycle `cycle_limit` (-1: none)."""
        self._connected()
        cdef int64_t done = self._done()
        cdef int64_t wanted = done + references if references >= 0 else FOREVER
        cdef int64_t target
        if done >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if done >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        target = min(wanted, self.roi_begin, self.roi_end)
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        self.stop = RUNNING
        self.breakpoints.going_on()
        with nogil:
            self._loop(target, FOREVER, False)
        return self._reason()

    def record(self, Recorder recorder):
        """Write down all that is executed, from the beginning of the run until None takes the recorder's place.

        ValueError: it has begun.
        """
        if self.cpu != NULL and recorder is not None and (self.instructions() or self.time):
            raise ValueError("a recording begins with the run; this one has begun")
        self.recorder = recorder
        if recorder is None and self.cpu != NULL:
            cpu440_no_recorder(self.cpu)

    def _reason(self):
        cdef int reason = self.stop
        found = self._answer(reason)
        if self.recorder is not None:
            self._recorded(reason, *found)
        return found

    def _recorded(self, int reason, int told, payload):
        """What a replay comes back with too. A script at the console is outside of the guest, and no part of it."""
        if told == STEP or (reason == MARKER and (told == UNMET or payload.get("reason") == "script")):
            pass
        elif reason == MARKER or (reason == END_OF_WORKLOAD and self.end_reason == END_MARKER):
            if "window" in payload:
                self.recorder.mark(MARK_BEGIN if payload["window"] == "begin" else MARK_END, payload["value"])
            else:
                self.recorder.mark(MARK_FINISH if "value" in payload else MARK_REFUSED, payload.get("value", 0))
        elif reason == END_OF_WORKLOAD:
            self.recorder.end(self.end_reason, self.cpu.reset_kind)
        self.recorder.drain()

    def _answer(self, int reason):
        self._show_lookups()
        self._up_to_date()
        self.stop = RUNNING
        self.pc = self.cpu.pc
        self.msr = self.cpu.msr
        if reason == PAUSED and self._done() >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if reason == PAUSED and self._done() >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        if reason == MARKER or (reason == END_OF_WORKLOAD and self.end_reason == END_MARKER):
            return self._ended(*self.bus.take_request())
        if reason == END_OF_WORKLOAD:
            return self._ended(reason, {"reason": END_NAMES[self.end_reason], "kind": self.cpu.reset_kind})
        if reason == IDLE:
            due = min(self._next_event(), self.deadline)
            return reason, {"cycles": None if due == FOREVER else max(0, due - self.time) // MC}
        if reason == WATCHDOG:
            payload = {"ea": self.cpu.raised_ea, "pc": self.cpu.pc, "misses": self.row}
            message = TIMER_STORM if self.host_timer else self.supervisor.loop(self.cpu.raised_ea)
            return reason, {**payload, "message": message, "registers": self.registers()} if message else payload
        if reason == BREAKPOINT:
            return reason, self.breakpoints.stopped()
        if reason == FAILED:
            payload = {"message": failure_text(self.cpu, self.bus, self.failure),
                       "pc": failed_at(self.cpu, self.bus, self.failure), "registers": self.registers()}
            return reason, {**payload, "insn": self.cpu.raised_insn} if refused_instruction(self.cpu, self.failure) else payload
        return reason, {}

    def _ended(self, reason, payload):
        """As it is, but that a console's script which still waits for something makes the end one that was not meant."""
        unmet = self.bus.unmet() if reason == END_OF_WORKLOAD else None
        return (reason, payload) if unmet is None else (UNMET, {**payload, **unmet})

    def idle(self, int64_t cycles):
        """Of a guest that waits for somebody outside: so much of its waiting may pass."""
        self.patience = min(cycles, FOREVER // 4 // MC) * MC

    cdef void _up_to_date(self):
        """Between two runs what follows from the time is as of now: for whoever reads it, saves it or writes to it."""
        self.bus.now = self.time
        if self.bus.next_event <= self.time:
            self.bus.run_events(self.time)
        timers_run(self.cpu, self.time)

    def _connected(self):
        if self.cpu == NULL:
            raise RuntimeError("the core is not connected: build it through a Simulation")

    def now(self):
        """Cycles since the start, rounded down."""
        return self.time // MC

    def references(self):
        """Fetches, loads and stores of completed instructions."""
        return self._done() if self.cpu != NULL else 0

    def instructions(self):
        """Instructions completed."""
        return self.cpu.insns[0] + self.cpu.insns[1] if self.cpu != NULL else 0

    cdef void _show_lookups(self) noexcept nogil:
        """Add what the core has looked up since to the TLB's own counters, where the host's are too."""
        self.tlb.lookups += self.cpu.lookups - self.shown_lookups
        self.tlb.misses += self.cpu.missed - self.shown_misses
        self.shown_lookups = self.cpu.lookups
        self.shown_misses = self.cpu.missed

    cdef int _counts(self, State state) except -1:
        """The list of statistics, cycles in 1/1000: what the engine counts by mode. Brings the TLB's own up to date."""
        self._connected()
        cdef CPU440 *c = self.cpu
        cdef int i
        cdef int64_t kernel_data = c.loads[0] + c.stores[0]
        self._show_lookups()
        state.follows("references", self._done())
        state.follows("fetches", c.insns[0] + c.insns[1])
        state.follows("loads", c.loads[0] + c.loads[1])
        state.follows("stores", c.stores[0] + c.stores[1])
        state.follows("instructions", c.insns[0] + c.insns[1])
        state.follows("kernel_instructions", c.insns[0])
        state.follows("misses", [c.misses[0][i] + c.misses[1][i] for i in (FETCH, LOAD, STORE)])
        state.follows("kernel_lookups", c.more_lookups[0] + (0 if c.micro[1].size else c.insns[0])
                      + (0 if c.micro[0].size else kernel_data))
        state.follows("kernel_misses", c.misses[0][0] + c.misses[0][1] + c.misses[0][2])
        state.follows("micro_misses", [c.micro_misses[1], c.micro_misses[0]])
        state.counters("interrupts", c.vectors, VECTORS)
        state.counters("diagnostics", c.diagnostics, DIAG_COUNT)
        state.follows("cycles", [self.cycles[i] + (c.cycles[1] if i == CYCLES_USER else c.cycles[0] if i == CYCLES_KERNEL
                                                   else 0) for i in range(CYCLE_KINDS)])
        state.follows("time", self.time)
        state.follows("vcpu_time", self.time)
        return tally_counts(state, c.tally)

    @staticmethod
    def diagnostic_names():
        """Names of the `diagnostics` vector, in its order."""
        return tuple(CPU440_DIAGNOSTIC_NAMES[i].decode() for i in range(DIAG_COUNT))

    @staticmethod
    def spr_names():
        """Names of the special purpose registers, in the order of `spr_reads` and `spr_writes`."""
        return tuple(CPU440_SPRS[i].name.decode() for i in range(CPU440_SPR_COUNT))

    # Looking into the guest and changing it.

    def step(self, int64_t count=1, *, int64_t cycle_limit=-1, bint over_break=True):
        """Exactly `count` instructions; (reason, payload) as `advance`.

        Fewer when the run ends, a breakpoint is met or, PAUSED, the guest waits so long that other limits want a look.
        An exception taken counts as nothing: its handler's first instruction is the next one. `over_break`: a breakpoint
        at the first instruction does not stop.
        """
        self._connected()
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        self.stop = RUNNING
        self.breakpoints.going_on()
        if over_break:
            self.cpu.break_skip = 1
        with nogil:
            self._loop(FOREVER, self.cpu.insns[0] + self.cpu.insns[1] + count, True)
        return self._reason()

    def register_names(self):
        """r0 to r31, pc, msr, cr, lr, ctr, xer, then the special purpose registers."""
        return list(REGISTER_NAMES)

    def read_register(self, str name not None):
        """The value of a register. KeyError for a name that no register has."""
        self._connected()
        return self.inspector.read(name, self.time)

    def write_register(self, str name not None, value):
        """Set a register, without the side effects of the instruction that would. ValueError: read-only, or too wide."""
        self._connected()
        self._up_to_date()
        self.inspector.write(name, value, self.time)
        if name == "pc":
            self.sleeper.next_pc = self.cpu.pc

    def registers(self):
        """Every register by name."""
        return {name: self.read_register(name) for name in REGISTER_NAMES}

    def physical(self, uint32_t ea):
        """Where a data access to `ea` would go, as the present context translates. ValueError where nothing is mapped."""
        self._connected()
        return self.inspector.physical(ea)

    def read_memory(self, uint32_t ea, int64_t count):
        """Bytes from `ea` on, as the data space of the present context maps them; nothing is counted."""
        self._connected()
        return self.inspector.read_memory(ea, count)

    def write_memory(self, uint32_t ea, data):
        """Write bytes from `ea` on; all or, when a part is not mapped, nothing."""
        self._connected()
        self.inspector.write_memory(ea, data)

    def read_physical(self, uint64_t pa, uint64_t count):
        """Bytes of RAM."""
        return self.memory.read(pa, count)

    def write_physical(self, uint64_t pa, data):
        """Write bytes of RAM; decoded code there is dropped."""
        self.memory.write(pa, data)

    def set_breakpoint(self, uint32_t ea):
        """Stop before the instruction at `ea` is executed."""
        self._connected()
        self.breakpoints.add(("break", ea & 0xFFFFFFFC))

    def clear_breakpoint(self, uint32_t ea):
        """Do not stop there any more."""
        self._connected()
        self.breakpoints.remove(("break", ea & 0xFFFFFFFC))

    def set_watchpoint(self, uint32_t ea, int count, str kind="write", *, bint before=False):
        """Stop after an instruction that accessed (kind: write, read, access) one of `count` bytes from `ea` on.

        `before`: stop before the access, when all but it has been decided; the run goes on with it. What user space
        accesses for a guest of KVM has always been done.
        """
        self._connected()
        self.breakpoints.add((kind, ea, count, before))

    def clear_watchpoint(self, uint32_t ea, int count, str kind="write", *, bint before=False):
        """Do not stop there any more."""
        self._connected()
        self.breakpoints.remove((kind, ea, count, before))

    # Watching it: a profile by place, a trace.

    def start_profile(self, int64_t period):
        """Count exceptions, exits and samples by program counter from now on; a sample every `period` instructions."""
        self._connected()
        self.watch.begin_profile(period, self.instructions(), self.time)

    def profile_rows(self):
        """(pc, counts) of every place, as `Profile.rows` gives them; empty without a profile."""
        return [] if self.watch is None or self.watch.profile is None else self.watch.profile.rows()

    def traced_step(self, int64_t cycle_limit=-1):
        """One instruction of a run as `advance` does it: (reason, payload), what was completed, exceptions on the way.

        What was completed: (pc, word), or None when the run came back before that. Exceptions: (vector, pc, whether it
        was handed to a supervisor), in order; that of a system call comes after its instruction, the others before.
        """
        cdef int64_t done = self.instructions()
        if self._done() >= min(self.roi_begin, self.roi_end):
            return *self.advance(0, cycle_limit), None, []
        self.watch.begin_log()
        try:
            reason, payload = self.step(1, cycle_limit=cycle_limit, over_break=False)
        finally:
            log = self.watch.end_log()
        place = (self.cpu.last_pc, self.cpu.last_raw) if self.instructions() > done else None
        return reason, payload, place, log

    # State.

    @staticmethod
    def layout():
        """(name, offset, size of a value, number of values) of each field in `state_bytes`."""
        return state_layout()

    def state_bytes(self):
        """The architectural state as it lies in memory, values in the computer's byte order."""
        self._connected()
        return state_memory(self.cpu)

    def save(self):
        """The core's own state by field name: integers, and arrays as big-endian bytes. TLB and memory save themselves."""
        self._connected()
        cdef int i
        return {
            **save_fields(self.cpu),
            "cycles": b"".join([int(self.cycles[i]).to_bytes(8, "big", signed=True) for i in range(CYCLE_KINDS)]),
            **save_caches(self.cpu),
            "deadline": self.deadline,
            **save_requests(self.cpu),
            "tally": save_tally(self.cpu),
            "row": self.row,
            "row_mark": self.row_mark,
            "sleeper": b"".join([int(word).to_bytes(4, "big") for word in self._sleeper()]),
        }

    def _sleeper(self):
        """Of the exit in which a guest of KVM waits, what is still needed to finish it."""
        if self.native or not self.supervisor.sleeping():
            return (0, 0, 0, 0)
        return (self.sleeper.pc, self.sleeper.next_pc, self.sleeper.ea, self.cpu.raised_insn)

    def _restore_sleeper(self, words):
        if not isinstance(words, bytes) or len(words) != 16:
            raise ValueError("sleeper: not the state of this core")
        memset(&self.sleeper, 0, sizeof(Exit))
        self.sleeper.kind = V_PROGRAM
        self.sleeper.vector = V_NONE
        pc, next_pc, ea, insn = (int.from_bytes(words[i:i + 4], "big") for i in range(0, 16, 4))
        self.sleeper.pc, self.sleeper.next_pc, self.sleeper.ea = pc & 0xFFFFFFFC, next_pc & 0xFFFFFFFC, ea
        self.sleeper.insn = self.cpu.raised_insn = insn
        self.cpu.raised = V_PROGRAM if insn else self.cpu.raised

    def restore(self, state):
        """Put back what `save` returned, after TLB and memory were restored. ValueError when it is not such a state."""
        try:
            self._restore(state)
        except (OverflowError, TypeError) as error:
            raise ValueError(f"not the state of this core: {error}") from None

    def _restore(self, state):
        self._connected()
        cdef int i
        expected = self.save()
        if set(state) != set(expected):
            odd = sorted(set(state) ^ set(expected))
            raise ValueError(f"not the state of this core: fields missing or unknown: {', '.join(odd[:5])}")
        cycles = state["cycles"]
        if not isinstance(cycles, bytes) or len(cycles) != 8 * CYCLE_KINDS:
            raise ValueError("cycles: not the state of this core")
        for i in range(CYCLE_KINDS):
            self.cycles[i] = int.from_bytes(cycles[8 * i:8 * i + 8], "big", signed=True)
        self.deadline = state["deadline"]
        self.row = state["row"]
        self.row_mark = state["row_mark"]
        self._restore_sleeper(state["sleeper"])
        restore_tally(self.cpu, state["tally"])
        try:
            restore_all(self.cpu, state)
        finally:
            self.time = self.cpu.time
            self.shown_lookups = self.cpu.lookups
            self.shown_misses = self.cpu.missed

    def digest(self):
        """A hash of all architectural state, the TLB and memory: equal digests, equal machines."""
        self._connected()
        return machine_digest(self.cpu, self.tlb, self.memory)
