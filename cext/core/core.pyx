# SPDX-License-Identifier: BSD-3-Clause
"""The core as the peer of `Core440`: put together, run in slices, played by hand, saved, asked what it has counted."""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport FOREVER, OP_TLBWE, V_SYSCALL
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport (
    CYCLE_KINDS, CYCLES_IDLE, CYCLES_TASKS, FAILED, PAUSED, ROI_BEGIN, ROI_END, RUNNING, WATCHDOG,
)
from simobjects.cext.arch.state cimport State, Stateful
from simobjects.cext.traces.stream cimport TraceStream, stream_state
from simobjects.cext.core.supervisor cimport Exit, FETCH
from simobjects.cext.core.tlb cimport TLB

cdef int64_t MC = 1000      # time units in a cycle


cdef class Core(ReferenceLoop):
    def connect(self, TLB tlb not None, Costs costs not None, list streams, *, int micro_data=0, int micro_inst=0,
                int watchdog=10000, int64_t roi_begin=-1, int64_t roi_end=-1):
        """The TLB it looks up, and what feeds it.

        `streams`: one TraceStream per guest process; micro-TLB sizes 0 to 64 (0: off); `watchdog`: misses in a row on
        one reference that end the run.
        """
        if not streams or not all(isinstance(s, TraceStream) for s in streams):
            raise ValueError("a core needs at least one reference stream")
        if not (0 <= micro_data <= 64 and 0 <= micro_inst <= 64):
            raise ValueError("a micro-TLB has 0 to 64 entries")
        self.tlb = tlb
        self.costs = costs
        self.streams = list(streams)
        self.micro[0].size = micro_data
        self.micro[1].size = micro_inst
        self.micro_on = micro_data > 0 or micro_inst > 0
        self.watchdog = watchdog
        self.roi_begin = roi_begin if roi_begin >= 0 else FOREVER
        self.roi_end = roi_end if roi_end >= 0 else FOREVER
        self.deadline = FOREVER
        self.limit = FOREVER
        self.user_event = FOREVER
        self.stop = RUNNING
        if len(streams) > 254:
            raise ValueError(f"{len(streams)} processes: a guest runs at most 254")
        cdef int i
        for i in range(len(streams)):
            self.cursors[i] = &(<TraceStream>self.streams[i]).cursor
        self.cursor = self.cursors[0]
        self.enter_context(0, 0, 0)

    # One event at a time, for experiments and tests that play the machine by hand.

    def touch(self, uint32_t ea, int reference=0, bint user=True):
        """One reference (0 load, 1 store, 2 fetch), retried until it hits; False when the watchdog ended it."""
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        if not 0 <= reference <= 2:
            raise ValueError(f"reference {reference}: 0 load, 1 store, 2 fetch")
        self.access(ea, reference, user)
        return self.stop != WATCHDOG

    def privileged_instruction(self, int op, *, int spr=0, int word=0, int slot=0, uint32_t value=0):
        """One privileged instruction of the guest: op 0 mtspr, 1 mfspr, 2 tlbwe, 3 rfi (value: new PR), 4 mtmsr."""
        cdef Exit instruction
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        if not 0 <= op <= 4 or not 0 <= word <= 2:
            raise ValueError(f"operation {op}, word {word}: operations are 0 to 4, words 0 to 2")
        if op == OP_TLBWE and not 0 <= slot < self.guest.managed_entries():
            raise IndexError(f"tlbwe to entry {slot} of {self.guest.managed_entries()}")
        memset(&instruction, 0, sizeof(Exit))
        instruction.op = op
        instruction.spr = spr
        instruction.word = word
        instruction.slot = slot
        instruction.value = value
        self.privileged(&instruction)

    def system_call(self):
        """The guest executes `sc`."""
        cdef Exit call
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        memset(&call, 0, sizeof(Exit))
        call.kind = V_SYSCALL
        self.raise_exit(&call)

    def micro_entries(self):
        """Translations held now by the (instruction, data) micro-TLB."""
        return (self.micro[1].used, self.micro[0].used)

    cdef int _state(self, State state) except -1:
        """The list of state of the reference loop; the streams' positions are part of it."""
        cdef int i
        cdef int current = 0
        self._clock_state(state)
        for i in range(len(self.streams)):
            stream_state(state, f"stream{i}", self.cursors[i])
            if self.cursor == self.cursors[i]:
                current = i
        state.small("current_stream", &current, 0, len(self.streams) - 1)
        self.cursor = self.cursors[current]
        for i in range(2):
            state.small(f"micro{i}.used", &self.micro[i].used, 0, self.micro[i].size)
            state.small(f"micro{i}.next", &self.micro[i].next, 0, max(0, self.micro[i].size - 1))
            state.bytes_(f"micro{i}.key", self.micro[i].key, sizeof(self.micro[i].key))
            state.bytes_(f"micro{i}.mask", self.micro[i].mask, sizeof(self.micro[i].mask))
        state.number("user_event", &self.user_event)
        state.word("watchdog_ea", &self.watchdog_ea)
        state.small("mmucr_stid", &self.mmucr_stid, 0, 255)
        state.number("roi_begin", &self.roi_begin)
        state.number("roi_end", &self.roi_end)
        self._counts(state)
        state.bytes_("missed", self.missed, sizeof(self.missed))
        state.bytes_("micro_misses", self.micro_misses, sizeof(self.micro_misses))
        return 0

    cdef int _counts(self, State state) except -1:
        state.counter("done", &self.done, stat="references")
        state.counter("user_instructions", &self.user_instructions, stat="instructions")
        state.counter("kernel_instructions", &self.kernel_instructions)
        state.counter("loads", &self.loads)
        state.counter("stores", &self.stores)
        state.counter("kernel_lookups", &self.kernel_lookups)
        return state.counter("kernel_misses", &self.kernel_misses)

    # The engine's interface: what a Simulation calls.

    def advance(self, int64_t references, int64_t cycle_limit):
        """Consume up to `references` (-1: no bound) until cycle `cycle_limit` (-1: none). Returns (reason, payload)."""
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        cdef int64_t wanted = self.done + references if references >= 0 else FOREVER
        cdef int64_t target = wanted
        cdef int reason
        if self.stop == WATCHDOG or self.stop == FAILED:
            return self._ended()
        if self.done >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if self.done >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        target = min(target, self.roi_begin, self.roi_end)
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        self.stop = RUNNING
        with nogil:
            self._loop(target)
        reason = self.stop
        if reason == WATCHDOG or reason == FAILED:
            return self._ended()
        self.stop = RUNNING
        if reason == PAUSED and self.done >= self.roi_begin:
            self.roi_begin = FOREVER
            reason = ROI_BEGIN
        elif reason == PAUSED and self.done >= self.roi_end:
            self.roi_end = FOREVER
            reason = ROI_END
        return reason, {}

    def _ended(self):
        """The (reason, payload) of a run that cannot go on."""
        cdef dict payload
        if self.stop == FAILED:
            return FAILED, {"pc": self.pc, "message": self.supervisor.failure()}
        payload = {"ea": self.watchdog_ea, "pc": self.pc, "misses": self.watchdog}
        message = self.supervisor.loop(self.watchdog_ea)
        return WATCHDOG, {**payload, "message": message} if message else payload

    def now(self):
        """Cycles since the start, rounded down."""
        return self.time // MC

    def references(self):
        """References of the workload completed."""
        return self.done

    def instructions(self):
        """Instructions of the workload completed."""
        return self.user_instructions

    def total_references(self):
        """References of all streams."""
        return sum(stream.references for stream in self.streams)

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000."""
        cdef int i
        return {
            **Stateful.read_stats(self),
            "fetches": self.user_instructions,
            "misses": [self.missed[FETCH], self.missed[0], self.missed[1]],
            "micro_misses": [self.micro_misses[1], self.micro_misses[0]],
            "cycles": [self.cycles[i] for i in range(CYCLE_KINDS)],
            "time": self.time,
            "vcpu_time": self.time - self.cycles[CYCLES_TASKS] - self.cycles[CYCLES_IDLE],
        }
