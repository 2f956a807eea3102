# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -fno-gcse -fno-crossjumping -Wno-misleading-indentation
"""The executing core: events, interrupts and debugging around the C engine, which runs from one event to the next."""

import hashlib

from libc.string cimport memcpy, memset

from simobjects.cext.arch.arch440 cimport (
    FOREVER, MSR_CE, MSR_DS, MSR_EE, MSR_IS, MSR_PR, MSR_WE, OP_MTDCR, OP_TRAP, SPR_SHOWN, SPR_WRITE, VECTOR_NAMES,
    V_DECREMENTER, V_ISI, V_ITLB, V_NONE, V_PROGRAM,
)
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.kvm.failures import failure_sentence
from simobjects.cext.core.processor cimport (
    BREAKPOINT, CYCLE_LIMIT, CYCLES_IDLE, CYCLES_KERNEL, CYCLES_USER, CYCLE_KINDS, END_OF_WORKLOAD, FAILED, MARKER, PAUSED, ROI_BEGIN,
    ROI_END, RUNNING, WATCHDOG,
)
from simobjects.cext.engine.profile cimport COUNT_EXIT_TIME, Profile
from simobjects.cext.board.bus cimport REQUEST_END, REQUEST_FAILED, REQUEST_MARKER
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport GuestSoftware, Supervisor
from simobjects.cext.core.tlb cimport TLB

cdef int64_t MC = 1000               # time units in a cycle
cdef int64_t LONGEST = <int64_t>1 << 40
cdef int MOST_ACCESSES = 33          # references of one instruction: its fetch and a load of all registers
cdef int MOST_TURNS = 1 << 18        # of the loop until the caller has a look at its limits, whatever the guest does
cdef int TURNS_ASLEEP = 64           # an event of a waiting guest takes longer: the host's tasks have their turns
cdef int PEND_MACHINE = 32           # of the core's pending interrupts: the one that no line holds up
cdef uint32_t MSR_ANY = MSR_CE | MSR_EE    # without them nothing interrupts
cdef uint32_t MSR_SPACES = MSR_IS | MSR_DS
OLD_CODE = 4 + 4096                  # bytes of a checkpoint for a page that memory no longer has as it was decoded

cdef enum:                           # what stopped the run before an instruction
    BREAK_POINT = 1
    WATCH_POINT = 2

cdef enum:                           # why a workload is at its end
    END_RESET = 1
    END_MARKER = 2
    END_WAITS = 3
    END_SPINS = 4

END_NAMES = {END_RESET: "reset", END_MARKER: "marker", END_WAITS: "waits for nothing", END_SPINS: "spins for nothing"}
TIMER_STORM = (
    "the host is interrupted again each time before the guest completes an instruction: the guest's timer is due again "
    "when KVM has just entered it (TCR[ARE] with a small DECAR)"
)
SPR_ROWS = [(row["name"].decode().lower(), row["number"], row["access"]) for row in CPU440_SPRS[:CPU440_SPR_COUNT]]
SPRS = {name: number for name, number, access in SPR_ROWS if access & SPR_SHOWN}
READ_ONLY = frozenset(name for name, _, access in SPR_ROWS if not access & SPR_WRITE)
WATCH_KINDS = {"write": WATCH_WRITE, "read": WATCH_READ, "access": WATCH_READ | WATCH_WRITE}


cdef void _tlb_write(void *owner, int slot, int word, uint32_t value, int tid) noexcept nogil:
    (<TLB>owner).write_word(slot, word, value, tid)


cdef void _tlb_changed(void *watcher, int slot) noexcept nogil:
    if slot < 0:
        (<CPU440 *>watcher).diagnostics[<int>DIAG_overlapping_entries] += 1
    mmu_tlb_changed(<CPU440 *>watcher, slot)


cdef void _memory_written(void *watcher, uint64_t pa, uint64_t count) noexcept nogil:
    code_written(<CPU440 *>watcher, pa, count)


cdef int _bus_read(void *owner, uint64_t pa, int size, uint32_t *value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).read(pa, size, value)


cdef int _bus_write(void *owner, uint64_t pa, int size, uint32_t value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).write(pa, size, value)


cdef int _dcr_read(void *owner, int number, uint32_t *value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).dcr_read(number, value)


cdef int _dcr_write(void *owner, int number, uint32_t value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).dcr_write(number, value)


cdef void _entered(void *core, int vector, uint32_t pc) noexcept nogil:
    (<ProgramCore>core)._note(vector, pc, False)


cdef class ProgramCore(Processor):
    def __dealloc__(self):
        if self.memory is not None:
            self.memory.watch(NULL, NULL)
        if self.tlb is not None:
            self.tlb.watch(NULL, NULL)
        cpu440_delete(self.cpu)

    def connect(self, TLB tlb not None, Costs costs not None, Memory memory not None, Bus bus not None, *, int micro_inst=0,
                int micro_data=0, bint faithful=False, uint32_t pvr=0x7FF21910, int64_t watchdog=10000,
                int64_t timebase_ratio=1, int64_t roi_begin=-1, int64_t roi_end=-1, bint strict=False,
                bint mcheck_critical=False):
        """The TLB it looks up, the memory and the devices it reaches.

        `micro_inst`, `micro_data`: entries of the micro-TLBs, 0 to 64 (0: off); `faithful`: they keep stale
        translations until the next context synchronisation, as the hardware does; `watchdog`: exceptions in a row
        without a completed instruction that end the run under a supervisor; `timebase_ratio`: cycles in a tick of the
        time base; `strict`: stores of the program to decoded code are seen without icbi, and counted;
        `mcheck_critical`: a machine check saves to CSRR0/1, as on the first cores, not to MCSRR0/1.
        """
        if not (0 <= micro_data <= 64 and 0 <= micro_inst <= 64):
            raise ValueError("a micro-TLB has 0 to 64 entries")
        if timebase_ratio < 1 or timebase_ratio > 1 << 20:
            raise ValueError(f"{timebase_ratio} cycles in a tick of the time base: expected 1 to 2^20")
        if self.cpu != NULL:
            raise RuntimeError("the core is connected already")
        cdef int padded = (tlb.entries + 15) & ~15
        cdef CPU440 *c = cpu440_new(memory.ram, memory.size, padded)
        if c == NULL:
            raise MemoryError("no memory for an executing core")
        cdef int64_t latencies[COST_COUNT]
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
        self.deadline = FOREVER
        self.limit = FOREVER
        self.stop = RUNNING
        self.breakpoints = {}
        c.pvr = pvr
        c.tick = MC * timebase_ratio
        c.micro[0].size = micro_data
        c.micro[1].size = micro_inst
        c.faithful = faithful and (micro_data > 0 or micro_inst > 0)
        c.strict = strict
        c.hears = strict
        c.mcheck_critical = mcheck_critical
        c.tlb.owner = <void *>tlb
        c.tlb.w0 = tlb.w0
        c.tlb.w1 = tlb.w1
        c.tlb.w2 = tlb.w2
        c.tlb.key = tlb.key
        c.tlb.mask = tlb.mask
        c.tlb.tag = tlb.tag
        c.tlb.tid = tlb.tid
        c.tlb.watched = tlb.watched
        c.tlb.entries = tlb.entries
        c.tlb.padded = padded
        c.tlb.write = _tlb_write
        c.bus.owner = <void *>bus
        c.bus.read = _bus_read
        c.bus.write = _bus_write
        c.bus.dcr_read = _dcr_read
        c.bus.dcr_write = _dcr_write
        tlb.watch(_tlb_changed, <void *>c)
        memory.watch(_memory_written, <void *>c)
        cpu440_forget(c)

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
        room = room // MOST_ACCESSES if room >= MOST_ACCESSES else 1
        if room > LONGEST:
            room = LONGEST
        if self.profile is not None:
            room = min(room, max(1, self.profile.due - self.cpu.insns[0] - self.cpu.insns[1]))
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
        if vector == 1:
            c.pending &= ~PEND_MACHINE
        exc_enter(c, vector, c.pc)
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
        if horizon > self.time:
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

    cdef int64_t next_event(self) noexcept nogil:
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
        if exit.kind == V_PROGRAM and not self.guest_user and exit.op < OP_TRAP:    # emulated, so executed
            trapped_completed(c)
            self.time = c.time
        cdef int64_t before = self.time
        c.break_skip = 0
        self._note(exit.kind, c.pc, True)
        self.supervisor.take(exit)
        self._taken(exit, before)

    cdef void _sleep(self) noexcept nogil:
        """A guest that waits in an exit, an event further."""
        cdef int64_t before = self.time
        self.supervisor.sleep_on(&self.sleeper)
        self._taken(&self.sleeper, before)

    cdef void _taken(self, Exit *exit, int64_t before) noexcept nogil:
        """The supervisor has acted, from `before` on. The exit of a guest that waits is kept until it is over."""
        cdef CPU440 *c = self.cpu
        if self.supervisor.sleeping():
            if exit != &self.sleeper:
                self.sleeper = exit[0]
        elif exit.failed:
            self.failure = exit.failed
            self.stop = FAILED
        elif exit.completed:
            self._user_space(exit)
        elif exit.has_result:
            trapped_result(c, exit.result, exit.found)
        c.pc = exit.next_pc
        c.time = self.time
        if self.profile is not None:
            self.profile.add(exit.pc, COUNT_EXIT_TIME, self.time - before)

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
            trapped_access(c, exit.gpa)
        self._lines()
        self.supervisor.resume(exit)

    cdef void _loop(self, int64_t target, int64_t last, bint stepping) noexcept nogil:
        """Run to `target` references, `last` instructions or the cycle limit, or till other limits want a look."""
        cdef CPU440 *c = self.cpu
        cdef int64_t horizon, room
        cdef int64_t turns = MOST_TURNS if target != FOREVER or stepping else FOREVER
        cdef int why
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
            if self.profile is not None:
                self._sample()

    # Watching it: a profile by place, a trace.

    def start_profile(self, int64_t period):
        """Count exceptions, exits and samples by program counter from now on; a sample every `period` instructions."""
        self._connected()
        self.profile = Profile(period)
        self.profile.begin(self.instructions(), self.time)
        self._listen()

    def profile_rows(self):
        """(pc, counts) of every place, as `Profile.rows` gives them; empty without a profile."""
        return [] if self.profile is None else self.profile.rows()

    def traced_step(self, int64_t cycle_limit=-1):
        """One instruction of a run as `advance` does it: (reason, payload), what was completed, exceptions on the way.

        What was completed: (pc, word), or None when the run came back before that. Exceptions: (vector, pc, whether it
        was handed to a supervisor), in order; that of a system call comes after its instruction, the others before.
        """
        cdef int64_t done = self.instructions()
        cdef int i
        if self._done() >= min(self.roi_begin, self.roi_end):
            return *self.advance(0, cycle_limit), None, []
        self.logging = True
        self.logged = 0
        self._listen()
        try:
            reason, payload = self.step(1, cycle_limit=cycle_limit, over_break=False)
        finally:
            self.logging = False
            self._listen()
        log = [(self.log[i].vector, self.log[i].pc, bool(self.log[i].exit)) for i in range(self.logged)]
        place = (self.cpu.last_pc, self.cpu.last_raw) if self.instructions() > done else None
        return reason, payload, place, log

    @staticmethod
    def layout():
        """(name, offset, size of a value, number of values) of each field in `state_bytes`."""
        return [
            (CPU440_LAYOUT[i].name.decode(), CPU440_LAYOUT[i].offset, CPU440_LAYOUT[i].size, CPU440_LAYOUT[i].count)
            for i in range(CPU440_LAYOUT_COUNT)
        ]

    def state_bytes(self):
        """The architectural state as it lies in memory, values in the computer's byte order."""
        self._connected()
        cdef const FieldRow *last = &CPU440_LAYOUT[CPU440_LAYOUT_COUNT - 1]
        return (<const char *>self.cpu)[:last.offset + last.size * last.count]

    cdef void _listen(self):
        self.cpu.entered = NULL
        if self.profile is not None or self.logging:
            self.cpu.entered = _entered
        self.cpu.entered_owner = <void *>self

    cdef void _note(self, int vector, uint32_t pc, bint exit) noexcept nogil:
        """A vector entered, or an exit."""
        if self.profile is not None:
            self.profile.exception(pc, vector)
        if self.logging and self.logged < LOGGED_MOST:
            self.log[self.logged].vector = vector
            self.log[self.logged].pc = pc
            self.log[self.logged].exit = exit
            self.logged += 1

    cdef void _sample(self) noexcept nogil:
        cdef CPU440 *c = self.cpu
        cdef int64_t done = c.insns[0] + c.insns[1]
        if done >= self.profile.due:
            self.profile.sample(c.pc, done, self.time)

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
        self._going_on()
        with nogil:
            self._loop(target, FOREVER, False)
        return self._reason()

    cdef void _going_on(self):
        """Before it runs: an instruction before which it has stopped is not stopped at again."""
        cdef CPU440 *c = self.cpu
        cdef bint here = self.stopped_at and self.stop_pc == c.pc and self.stop_mark == self.instructions()
        self.stop = RUNNING
        c.stop_found = 0
        c.break_skip = here
        c.pass_pc = c.pc
        c.pass_mark = self.stop_mark if here and self.stopped_at == WATCH_POINT else -1

    def _reason(self):
        cdef int reason = self.stop
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
            return self.bus.take_request()
        if reason == END_OF_WORKLOAD:
            return reason, {"reason": END_NAMES[self.end_reason], "kind": self.cpu.reset_kind}
        if reason == WATCHDOG:
            payload = {"ea": self.cpu.raised_ea, "pc": self.cpu.pc, "misses": self.row}
            message = TIMER_STORM if self.host_timer else self.supervisor.loop(self.cpu.raised_ea)
            return reason, {**payload, "message": message, "registers": self.registers()} if message else payload
        if reason == BREAKPOINT:
            return reason, self._stop_payload()
        if reason == FAILED:
            payload = {"message": self._failure(), "pc": self._failed_at(), "registers": self.registers()}
            return reason, {**payload, "insn": self.cpu.raised_insn} if self._refused_instruction() else payload
        return reason, {}

    cdef void _up_to_date(self):
        """Between two runs what follows from the time is as of now: for whoever reads it, saves it or writes to it."""
        self.bus.now = self.time
        if self.bus.next_event <= self.time:
            self.bus.run_events(self.time)
        timers_run(self.cpu, self.time)

    def _stop_payload(self):
        """Of a BREAKPOINT: where, and of a watchpoint the access; remembered, so that going on does not stop again."""
        cdef CPU440 *c = self.cpu
        cdef bint watch = c.stop_found == 2
        self.stopped_at = WATCH_POINT if watch else BREAK_POINT
        self.stop_pc = c.pc
        self.stop_mark = self.instructions()
        payload = {"address": c.stop_address, "watch": watch, "pc": c.pc}
        return {**payload, "access": (c.stop_ea, c.stop_size, "write" if c.stop_kind else "read")} if watch else payload

    def _failed_at(self):
        """Where the instruction is with which it began."""
        return self.cpu.pc if self.failure or self.cpu.raised < 2 or self.bus.unanswered else self.cpu.first_pc

    def _refused_instruction(self):
        """Whether it is an instruction, not its fetch, that the host's kernel cannot do for the guest."""
        fetching = self.cpu.raised in (V_ISI, V_ITLB) or (self.cpu.raised == 1 and not self.cpu.raised_insn)
        return self.failure and not fetching

    def _failure(self):
        """Why the guest cannot go on, in a sentence."""
        cdef CPU440 *c = self.cpu
        if self.failure:
            what = f"instruction 0x{c.raised_insn:08x}" if self._refused_instruction() else "instruction fetch"
            return f"{what} at pc 0x{c.pc:08x}: {failure_sentence(self.failure, c.raised_insn)}"
        if self.bus.unanswered and c.raised != -2 and c.no_progress <= c.most_no_progress and c.raised != 1:
            return f"nothing answers at physical address 0x{self.bus.unanswered_pa:09x} (pc 0x{c.pc:08x})"
        if c.raised == -2:
            return "the computer has no memory left for decoded code"
        if c.raised == 1:
            return (f"instruction fetch from 0x{c.pc:08x} leads to physical address 0x{c.answer_pa:09x}, where no memory is, "
                    "and machine checks are disabled (MSR[ME] = 0)")
        first, last = VECTOR_NAMES[c.first_raised].decode(), VECTOR_NAMES[c.raised].decode()
        return (f"{first} exception at pc 0x{c.first_pc:08x} (address 0x{c.first_ea:08x}) and then "
                f"{c.no_progress - 1} more, the last {last} at pc 0x{c.pc:08x}, without an instruction "
                "completed: its handler faults itself, or IVPR and IVORs lead nowhere")

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

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000. Also brings the TLB's own counters up to date."""
        self._connected()
        cdef CPU440 *c = self.cpu
        cdef int i
        cdef int64_t kernel = c.more_lookups[0]
        self._show_lookups()
        if not c.micro[1].size:
            kernel += c.insns[0]
        if not c.micro[0].size:
            kernel += c.loads[0] + c.stores[0]
        cycles = [self.cycles[i] for i in range(CYCLE_KINDS)]
        cycles[CYCLES_USER] += c.cycles[1]
        cycles[CYCLES_KERNEL] += c.cycles[0]
        return {
            "references": self._done(),
            "fetches": c.insns[0] + c.insns[1],
            "loads": c.loads[0] + c.loads[1],
            "stores": c.stores[0] + c.stores[1],
            "instructions": c.insns[0] + c.insns[1],
            "kernel_instructions": c.insns[0],
            "misses": [c.misses[0][i] + c.misses[1][i] for i in (2, 0, 1)],
            "kernel_lookups": kernel,
            "kernel_misses": c.misses[0][0] + c.misses[0][1] + c.misses[0][2],
            "micro_misses": [c.micro_misses[1], c.micro_misses[0]],
            "interrupts": [c.vectors[i] for i in range(16)],
            "diagnostics": [c.diagnostics[i] for i in range(DIAG_COUNT)],
            "cycles": cycles,
            "time": self.time,
            "vcpu_time": self.time,
        }

    @staticmethod
    def diagnostic_names():
        """Names of the `diagnostics` vector, in its order."""
        return tuple(CPU440_DIAGNOSTIC_NAMES[i].decode() for i in range(DIAG_COUNT))

    # Looking into the guest and changing it.

    def step(self, int64_t count=1, *, int64_t cycle_limit=-1, bint over_break=True):
        """Exactly `count` instructions; (reason, payload) as `advance`.

        Fewer when the run ends, a breakpoint is met or, PAUSED, the guest waits so long that other limits want a look.
        An exception taken counts as nothing: its handler's first instruction is the next one. `over_break`: a breakpoint
        at the first instruction does not stop.
        """
        self._connected()
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        self._going_on()
        if over_break:
            self.cpu.break_skip = 1
        with nogil:
            self._loop(FOREVER, self.cpu.insns[0] + self.cpu.insns[1] + count, True)
        return self._reason()

    def register_names(self):
        """r0 to r31, pc, msr, cr, lr, ctr, xer, then the special purpose registers."""
        return [f"r{i}" for i in range(32)] + ["pc", "msr", "cr", "lr", "ctr", "xer", *SPRS]

    def read_register(self, str name not None):
        """The value of a register. KeyError for a name that no register has."""
        self._connected()
        cdef CPU440 *c = self.cpu
        cdef uint32_t value = 0
        if name in SPRS:
            spr_peek(c, SPRS[name], self.time, &value)
            return value
        if name == "pc":
            return c.pc
        if name == "msr":
            return c.msr
        if name == "cr":
            return cpu440_cr(c)
        if name == "lr":
            return c.lr
        if name == "ctr":
            return c.ctr
        if name == "xer":
            return cpu440_xer(c)
        return c.gpr[self._gpr(name)]

    def _gpr(self, str name):
        if name[:1] == "r" and name[1:].isdecimal() and int(name[1:]) < 32 and str(int(name[1:])) == name[1:]:
            return int(name[1:])
        raise KeyError(f"no register is called {name!r}")

    def write_register(self, str name not None, value):
        """Set a register, without the side effects of the instruction that would. ValueError: read-only, or too wide."""
        self._connected()
        cdef CPU440 *c = self.cpu
        if not 0 <= value < 1 << 32:
            raise ValueError(f"{name} = {value}: registers have 32 bits")
        if name in READ_ONLY:
            raise ValueError(f"{name} is read-only")
        cdef uint32_t word = value
        self._up_to_date()
        if name == "tsr":
            self._restore_field(b"tsr", word)
        elif name == "dbsr":
            self._restore_field(b"dbsr", word)
        elif name == "mcsr":
            self._restore_field(b"mcsr", word)
        elif name == "dbcr0":
            self._restore_field(b"dbcr", [word, self.read_register("dbcr1"), self.read_register("dbcr2")])
        elif name in SPRS:
            spr_store(c, SPRS[name], self.time, word)
        elif name == "pc":
            c.pc = self.sleeper.next_pc = word & 0xFFFFFFFC
        elif name == "msr":
            cpu440_set_msr(c, word)
            if self.native:
                c.statistics_mode = (c.msr >> 14) & 1
        elif name == "cr":
            cpu440_set_cr(c, word)
        elif name == "lr":
            c.lr = word
        elif name == "ctr":
            c.ctr = word
        elif name == "xer":
            cpu440_set_xer(c, word)
        else:
            c.gpr[self._gpr(name)] = word

    def registers(self):
        """Every register by name."""
        return {name: self.read_register(name) for name in self.register_names()}

    def physical(self, uint32_t ea):
        """Where a data access to `ea` would go, as the present context translates. ValueError where nothing is mapped."""
        self._connected()
        cdef int64_t pa = cpu440_debug_pa(self.cpu, ea, (self.cpu.msr >> 4) & 1)
        if pa < 0:
            pa = cpu440_debug_pa(self.cpu, ea, (self.cpu.msr >> 5) & 1)
        if pa < 0:
            raise ValueError(f"no TLB entry maps 0x{ea:08x}")
        return pa

    def _pieces(self, uint32_t ea, int64_t count):
        """(physical address, bytes) of a range, cut where the smallest page ends."""
        cdef int64_t at = 0
        cdef int64_t here
        while at < count:
            here = min(count - at, 1024 - ((ea + at) & 1023))
            pa = self.physical(<uint32_t>(ea + at))
            if <uint64_t>(pa + here) > self.memory.size:
                raise ValueError(f"0x{<uint32_t>(ea + at):08x} is mapped to physical 0x{pa:09x}, where no memory is")
            yield pa, here
            at += here

    def read_memory(self, uint32_t ea, int64_t count):
        """Bytes from `ea` on, as the data space of the present context maps them; nothing is counted."""
        if not 0 <= count <= 1 << 24:
            raise ValueError(f"{count} bytes: expected 0 to 2^24")
        return b"".join(self.memory.read(pa, here) for pa, here in list(self._pieces(ea, count)))

    def write_memory(self, uint32_t ea, data):
        """Write bytes from `ea` on; all or, when a part is not mapped, nothing."""
        at = 0
        for pa, here in list(self._pieces(ea, len(data))):
            self.memory.write(pa, data[at:at + here])
            at += here

    def read_physical(self, uint64_t pa, uint64_t count):
        """Bytes of RAM."""
        return self.memory.read(pa, count)

    def write_physical(self, uint64_t pa, data):
        """Write bytes of RAM; decoded code there is dropped."""
        self.memory.write(pa, data)

    def _breaks_changed(self):
        cdef CPU440 *c = self.cpu
        cdef int i = 0
        cdef int j = 0
        for key in self.breakpoints:
            if key[0] == "break":
                c.breaks[i] = key[1]
                i += 1
            else:
                c.watch_ea[j] = key[1]
                c.watch_size[j] = key[2]
                c.watch_kind[j] = WATCH_KINDS[key[0]] | (WATCH_BEFORE if key[3] else 0)
                j += 1
        c.break_count = i
        c.watch_count = j
        mmu_drop_all(c)

    def _add_break(self, key):
        self._connected()
        if key not in self.breakpoints and sum((k[0] == "break") == (key[0] == "break") for k in self.breakpoints) >= 64:
            raise ValueError("at most 64 breakpoints and 64 watchpoints")
        self.breakpoints[key] = self.breakpoints.get(key, 0) + 1
        self._breaks_changed()

    def _remove_break(self, key):
        self._connected()
        if key not in self.breakpoints:
            raise ValueError(f"no {key[0]} point at 0x{key[1]:08x}")
        self.breakpoints[key] -= 1
        if not self.breakpoints[key]:
            del self.breakpoints[key]
        self._breaks_changed()

    def set_breakpoint(self, uint32_t ea):
        """Stop before the instruction at `ea` is executed."""
        self._add_break(("break", ea & 0xFFFFFFFC))

    def clear_breakpoint(self, uint32_t ea):
        """Do not stop there any more."""
        self._remove_break(("break", ea & 0xFFFFFFFC))

    def set_watchpoint(self, uint32_t ea, int count, str kind="write", *, bint before=False):
        """Stop after an instruction that accessed (kind: write, read, access) one of `count` bytes from `ea` on.

        `before`: stop before the access, when all but it has been decided; the run goes on with it. What user space
        accesses for a guest of KVM has always been done.
        """
        if kind not in WATCH_KINDS or not 1 <= count <= 4096:
            raise ValueError(f"watchpoint of kind {kind!r}, {count} bytes: kinds are write, read, access; 1 to 4096 bytes")
        self._add_break((kind, ea, count, before))

    def clear_watchpoint(self, uint32_t ea, int count, str kind="write", *, bint before=False):
        """Do not stop there any more."""
        self._remove_break((kind, ea, count, before))

    # State: save, restore, digest, all from the field lists of cpu440.h.

    def _save_row(self, FieldRow row):
        cdef char *at = <char *>self.cpu + row.offset
        values = [
            int((<uint32_t *>at)[i]) if row.size == 4 else int((<int64_t *>at)[i]) for i in range(row.count)
        ]
        return values[0] if row.count == 1 else b"".join(v.to_bytes(row.size, "big", signed=row.size == 8) for v in values)

    def _restore_row(self, FieldRow row, value):
        cdef char *at = <char *>self.cpu + row.offset
        cdef int i
        if row.count == 1:
            values = [value]
        elif isinstance(value, bytes):
            if <size_t>len(value) != row.size * row.count:
                raise ValueError(f"{row.name.decode()}: {len(value)} bytes, expected {row.size * row.count}")
            values = [
                int.from_bytes(value[i * row.size:(i + 1) * row.size], "big", signed=row.size == 8) for i in range(row.count)
            ]
        else:
            values = list(value)
        if not all(isinstance(v, int) for v in values):
            raise ValueError(f"{row.name.decode()}: expected integers")
        for i in range(row.count):
            if row.size == 4:
                (<uint32_t *>at)[i] = values[i]
            else:
                (<int64_t *>at)[i] = values[i]

    def _restore_field(self, bytes name, value):
        cdef int i
        for i in range(CPU440_LAYOUT_COUNT):
            if CPU440_LAYOUT[i].name == name:
                self._restore_row(CPU440_LAYOUT[i], value)
        timers_pending(self.cpu)

    def save(self):
        """The core's own state by field name: integers, and arrays as big-endian bytes. TLB and memory save themselves."""
        self._connected()
        cdef int i
        state = {CPU440_LAYOUT[i].name.decode(): self._save_row(CPU440_LAYOUT[i]) for i in range(CPU440_LAYOUT_COUNT)}
        for i in range(CPU440_RUN_LAYOUT_COUNT):
            state["run." + CPU440_RUN_LAYOUT[i].name.decode()] = self._save_row(CPU440_RUN_LAYOUT[i])
        state["cycles"] = b"".join(int(self.cycles[i]).to_bytes(8, "big", signed=True) for i in range(CYCLE_KINDS))
        cdef uint32_t micro[MICRO_WORDS]
        cpu440_save_micro(self.cpu, micro)
        state["micro_tlbs"] = b"".join(int(micro[i]).to_bytes(4, "big") for i in range(MICRO_WORDS))
        state["code_pages"], state["code_bytes"] = self._save_code()
        state["deadline"] = self.deadline
        state["reset_kind"] = self.cpu.reset_kind
        state["machine_check"] = self.cpu.pending & PEND_MACHINE
        state["statistics_mode"] = self.cpu.statistics_mode
        state["row"] = self.row
        state["row_mark"] = self.row_mark
        state["sleeper"] = b"".join(int(word).to_bytes(4, "big") for word in self._sleeper())
        return state

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
        cdef uint32_t micro[MICRO_WORDS]
        expected = self.save()
        if set(state) != set(expected):
            odd = sorted(set(state) ^ set(expected))
            raise ValueError(f"not the state of this core: fields missing or unknown: {', '.join(odd[:5])}")
        for i in range(CPU440_LAYOUT_COUNT):
            self._restore_row(CPU440_LAYOUT[i], state[CPU440_LAYOUT[i].name.decode()])
        for i in range(CPU440_RUN_LAYOUT_COUNT):
            self._restore_row(CPU440_RUN_LAYOUT[i], state["run." + CPU440_RUN_LAYOUT[i].name.decode()])
        cycles = state["cycles"]
        if not isinstance(cycles, bytes) or len(cycles) != 8 * CYCLE_KINDS:
            raise ValueError("cycles: not the state of this core")
        for i in range(CYCLE_KINDS):
            self.cycles[i] = int.from_bytes(cycles[8 * i:8 * i + 8], "big", signed=True)
        if not isinstance(state["micro_tlbs"], bytes) or len(state["micro_tlbs"]) != 4 * MICRO_WORDS:
            raise ValueError("micro_tlbs: not the state of this core")
        for i in range(MICRO_WORDS):
            micro[i] = int.from_bytes(state["micro_tlbs"][4 * i:4 * i + 4], "big")
        self.deadline = state["deadline"]
        self.row = state["row"]
        self.row_mark = state["row_mark"]
        self._restore_sleeper(state["sleeper"])
        self.cpu.reset_kind = state["reset_kind"] & 3
        self.cpu.pending = PEND_MACHINE if state["machine_check"] else 0
        self.cpu.statistics_mode = state["statistics_mode"] & 1
        self.time = self.cpu.time
        self.shown_lookups = self.cpu.lookups
        self.shown_misses = self.cpu.missed
        self._sanitise()
        if cpu440_restore_micro(self.cpu, micro):
            raise ValueError("micro_tlbs: not the state of this core's micro-TLBs")
        self._restore_code(state["code_pages"], state["code_bytes"])

    def _save_code(self):
        """The pages in the instruction cache, and those of them that memory no longer has so, with their bytes."""
        cdef uint64_t place
        cdef uint8_t code[4096]
        pages = []
        old = []
        for place in range(2 * self.cpu.page_count):
            if cpu440_code_cached(self.cpu, place):
                pages.append(int(place).to_bytes(4, "big"))
                if cpu440_code_differs(self.cpu, place):
                    cpu440_code_bytes(self.cpu, place, code)
                    old.append(int(place).to_bytes(4, "big") + (<const char *>code)[:4096])
        return b"".join(pages), b"".join(old)

    def _restore_code(self, pages, old):
        cdef uint64_t place
        cdef const unsigned char *code
        if not isinstance(pages, bytes) or len(pages) % 4 or len(pages) > 4 * CODE_PAGES_MOST:
            raise ValueError("code_pages: not the state of this core")
        if not isinstance(old, bytes) or len(old) % OLD_CODE or len(old) > len(pages) // 4 * OLD_CODE:
            raise ValueError("code_bytes: not the state of this core")
        found = [(int.from_bytes(pages[at:at + 4], "big"), None) for at in range(0, len(pages), 4)]
        found += [
            (int.from_bytes(old[at:at + 4], "big"), old[at + 4:at + OLD_CODE]) for at in range(0, len(old), OLD_CODE)
        ]
        for number, content in found:
            if number >= 2 * self.cpu.page_count:
                raise ValueError(f"a page of code, {number // 2}, lies beyond the end of memory")
            place = number
            code = NULL
            if content is not None:
                code = content
            if cpu440_code_put(self.cpu, place, code):
                raise MemoryError("no memory for decoded code")

    def _sanitise(self):
        """Whatever the file said: no field can lead the engine astray."""
        cdef CPU440 *c = self.cpu
        cdef int i
        for i in range(8):
            c.cr[i] &= 15
        c.pc &= 0xFFFFFFFC
        c.pid &= 255
        c.reservation &= 1
        cpu440_set_xer(c, cpu440_xer(c))
        if not cpu440_times_fit(c):
            time, c.time, c.extra, c.ticks_seen, c.dec_zero = c.time, 0, 0, 0, FOREVER
            self.time = 0
            raise ValueError(f"time {time}: not the state of this core")
        cpu440_forget(c)

    def digest(self):
        """A hash of all architectural state, the TLB and memory: equal digests, equal machines."""
        self._connected()
        cdef int i
        found = hashlib.blake2b(digest_size=16)
        for i in range(CPU440_LAYOUT_COUNT):
            value = self._save_row(CPU440_LAYOUT[i])
            found.update(value if isinstance(value, bytes) else int(value).to_bytes(8, "big", signed=True))
        for i in range(self.tlb.entries):
            found.update(repr(self.tlb.read(i)).encode())
        for page in self.memory.used_pages():
            found.update(page.to_bytes(8, "big"))
            found.update(self.memory.read(page * 4096, 4096))
        return found.hexdigest()
