# SPDX-License-Identifier: BSD-3-Clause
"""How long exits took, by kind, as KVM's own exit timing counts (CONFIG_KVM_EXIT_TIMING)."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.kinds cimport T_GUEST, TIMINGS

cdef enum:                   # generations
    TIMING_OFF = 0
    TIMING_MICROSECONDS = 1  # 2.6.29: each duration is cut to whole microseconds, then summed
    TIMING_TICKS = 2         # later: timebase ticks are summed, and divided when printed

cdef struct Row:
    uint32_t count
    uint64_t least, most, sum, squares

@cython.final
cdef class ExitTiming:
    cdef int generation
    cdef int64_t timebase        # 1/1000 cycle for one tick of the timebase
    cdef uint64_t per_microsecond    # ticks
    cdef Row rows[TIMINGS]
    cdef int type                # of the exit in progress, -1: none yet
    cdef uint64_t last_exit, last_enter      # ticks
    cdef int64_t too_long        # durations that the table cannot hold

    cdef int _state(self, State state) except -1
    cpdef void clear(self)
    cdef void leave(self, int64_t time) noexcept nogil
    cdef void enter(self, int64_t time) noexcept nogil
    cdef void _add(self, uint64_t ticks, int row) noexcept nogil
