# SPDX-License-Identifier: BSD-3-Clause
"""KVM's table of exit durations: count, least, most, sum and sum of squares of 27 kinds.

An exit is added to the table when the next one comes, for only then is it known when the guest was entered; so the
last one is missing, and what came before the first exit is not counted (arch/powerpc/kvm/timing.c).
"""

from simobjects.cext.kvm.kinds cimport T_GUEST, TIMING_NAMES, TIMINGS

cdef uint64_t NEVER = 0xFFFFFFFFu    # the least duration of a kind that has not been counted


cdef class ExitTiming:
    def __init__(self, int generation, int64_t timebase, int64_t per_microsecond):
        """`generation`: 0 off, 1 as 2.6.29, 2 as later; `timebase`: 1/1000 cycle a tick; ticks in a microsecond."""
        if not TIMING_OFF <= generation <= TIMING_TICKS:
            raise ValueError(f"exit timing generation {generation}: 0 off, 1 as 2.6.29, 2 as later kernels")
        if timebase <= 0 or per_microsecond <= 0:
            raise ValueError("the timebase must tick, and at least once a microsecond")
        self.generation = generation
        self.timebase = timebase
        self.per_microsecond = per_microsecond
        self.clear()

    cpdef void clear(self):
        """Begin again, as writing `c` to the kernel's file does."""
        cdef int row
        self.type = -1
        self.last_exit = 0
        self.last_enter = 0
        for row in range(TIMINGS):
            self.rows[row] = Row(0, NEVER, 0, 0, 0)

    cdef void leave(self, int64_t time) noexcept nogil:
        """The guest is left: the cycle before this one is complete."""
        cdef uint64_t began = self.last_exit
        self.last_exit = time // self.timebase
        if self.type < 0 or began == 0:
            return
        self._add(self.last_enter - began, self.type)
        self._add(self.last_exit - self.last_enter, T_GUEST)

    cdef void enter(self, int64_t time) noexcept nogil:
        self.last_enter = time // self.timebase

    cdef void _add(self, uint64_t ticks, int row) noexcept nogil:
        cdef Row *to = &self.rows[row]
        if self.generation == TIMING_MICROSECONDS:
            ticks //= self.per_microsecond
            if ticks > NEVER:
                self.too_long += 1
                return
        to.count += 1
        to.sum += ticks
        to.squares += ticks * ticks
        if ticks < to.least:
            to.least = ticks
        if ticks > to.most:
            to.most = ticks

    def text(self):
        """The kernel's file: a line of heads, 27 lines."""
        lines = ["type\tcount\tmin\tmax\tsum\tsum_squared"]
        lines += ["%12s\t%10d\t%10d\t%10d\t%20d\t%20d" % row for row in self.table()]
        return "\n".join(lines) + "\n"

    def table(self):
        """[(kind, count, min, max, sum, sum of squares)] as the kernel prints them."""
        cdef uint64_t divisor = self.per_microsecond if self.generation == TIMING_TICKS else 1
        return [(TIMING_NAMES[i].decode(), self.rows[i].count, self.rows[i].least // divisor, self.rows[i].most // divisor,
                 self.rows[i].sum // divisor, self.rows[i].squares // divisor) for i in range(TIMINGS)]

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state."""
        state.bytes_("timing.rows", self.rows, sizeof(self.rows))
        state.small("timing.type", &self.type, -1, TIMINGS - 1)
        state.bytes_("timing.last_exit", &self.last_exit, sizeof(self.last_exit))
        state.bytes_("timing.last_enter", &self.last_enter, sizeof(self.last_enter))
        return state.number("timing.too_long", &self.too_long)
