# SPDX-License-Identifier: BSD-3-Clause
"""The common base of the cores: of the loop over references, of the executing core, of a replay."""

from simobjects.cext.arch.arch440 cimport FOREVER

cdef int64_t LATEST = 1 << 60     # 1/1000 cycle: some days of guest time, far from where the arithmetic ends


cdef class Processor(Stateful):
    def __cinit__(self):
        self.deadline = FOREVER
        self.limit = FOREVER
        self.stop = RUNNING

    def attach(self, Supervisor supervisor not None, GuestSoftware guest not None):
        """Connect the exception port and the software that the guest runs."""
        self.supervisor = supervisor
        self.guest = guest

    def begin(self):
        """Time zero: the guest's first plan, then whoever supervises puts it on the processor."""
        self.guest.begin()
        self.supervisor.begin()

    cdef void enter_context(self, int as_, int pr, int pid) noexcept nogil:
        cdef Context *found = self.tlb.context(as_, pr, pid)
        if found != NULL:    # every context of a machine is made before it runs
            self.context = found

    cdef void synchronise(self) noexcept nogil:
        """Context synchronisation. A supervisor's is the last thing before the guest."""
        pass

    cdef void load_sprg4to7(self, const uint32_t *values) noexcept nogil:
        """The registers that user mode can read, as a supervisor loads them for its guest."""
        pass

    cdef int64_t next_event(self) noexcept nogil:
        """When the next event of a device of the guest is due."""
        return FOREVER

    cdef void reset(self, int kind) noexcept nogil:
        """The guest resets its processor: the run ends, where the core can tell."""
        pass

    cdef void run_events(self) noexcept nogil:
        """Let the devices do what is due by now: the guest sleeps, and time has been moved for it."""
        pass

    def context_now(self):
        """(AS, PR, PID) in the hardware."""
        return (self.context.as_, self.context.pr, self.context.pid)

    cdef int _clock_state(self, State state) except -1:
        """What every core has: time and its kinds, what is due, the hardware context."""
        cdef int as_ = self.context.as_
        cdef int pr = self.context.pr
        cdef int pid = self.context.pid
        state.number("time", &self.time)
        state.moment("deadline", &self.deadline)
        state.number("wake", &self.wake)
        state.word("pc", &self.pc)
        state.word("msr", &self.msr)
        state.small("stop", &self.stop, RUNNING, MARKER)
        state.number("magic_accesses", &self.magic_accesses)
        state.counters("cycles", self.cycles, CYCLE_KINDS)
        state.small("as", &as_, 0, 1)
        state.small("pr", &pr, 0, 1)
        state.small("pid", &pid, 0, 255)
        if not 0 <= self.time <= LATEST:
            raise ValueError(f"time {self.time} is not within 0 and {LATEST}")
        self.enter_context(as_, pr, pid)
        return 0
