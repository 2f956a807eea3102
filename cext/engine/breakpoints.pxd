# SPDX-License-Identifier: BSD-3-Clause
"""Where a run stops for a debugger. Its owner is the core, which sees to it that `cpu` is there."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.engine.cpu440 cimport CPU440

@cython.final
cdef class Breakpoints:
    cdef CPU440 *cpu
    cdef dict points              # how often each is set, by ("break", ea) or (kind, ea, bytes, whether before)
    cdef int stopped_at           # the last stop was at a BREAK_POINT or a WATCH_POINT, before `stop_pc`
    cdef uint32_t stop_pc
    cdef int64_t stop_mark        # instructions completed then

    cdef add(self, tuple key)
    cdef remove(self, tuple key)
    cdef _changed(self)
    cdef void going_on(self)
    cdef dict stopped(self)
