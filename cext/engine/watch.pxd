# SPDX-License-Identifier: BSD-3-Clause
"""Who watches a run. Its owner is the core, which sees to it that `cpu` is there."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.engine.cpu440 cimport CPU440
from simobjects.cext.engine.profile cimport Profile

cdef enum:
    LOGGED_MOST = 64

cdef struct Logged:               # an exception, while a trace asks for them
    int vector
    uint32_t pc
    int exit                      # handed to a supervisor

@cython.final
cdef class Watch:
    cdef CPU440 *cpu
    cdef Profile profile          # or None
    cdef bint logging
    cdef int logged
    cdef Logged log[64]

    cdef begin_profile(self, int64_t period, int64_t instructions, int64_t now)
    cdef begin_log(self)
    cdef list end_log(self)
    cdef void _listen(self)
    cdef void note(self, int vector, uint32_t pc, bint exit) noexcept nogil
    cdef void sample(self, int64_t now) noexcept nogil
