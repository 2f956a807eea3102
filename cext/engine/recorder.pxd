# SPDX-License-Identifier: BSD-3-Clause
"""What a core writes down of its execution while it is recorded."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.core.supervisor cimport Exit, Supervisor
from simobjects.cext.engine.cpu440 cimport CPU440, RecordedStream

cdef class Recorder:
    cdef CPU440 *cpu
    cdef RecordedStream stream
    cdef Supervisor supervisor       # None on the bare machine
    cdef object sink
    cdef int64_t slept_at            # when the guest fell asleep; -1: it does not

    cdef bint own                    # the exit in progress is of an instruction that is written already

    cdef int64_t _done(self) noexcept nogil
    cdef _attach(self, CPU440 *cpu, Supervisor supervisor)
    cdef void _context(self) noexcept nogil
    cdef void before(self, Exit *exit, bint executed) noexcept nogil
    cdef void after(self, Exit *exit) noexcept nogil
    cdef void fell_asleep(self, int64_t time) noexcept nogil
    cdef void woke(self, int64_t time) noexcept nogil
    cdef void interrupted(self, int vector) noexcept nogil
    cdef void waited(self, int64_t time) noexcept nogil
    cdef void accessed(self, Exit *exit) noexcept nogil
    cdef void line(self, bint level, bint in_access, int64_t time) noexcept nogil
    cdef void mark(self, int what, uint32_t value)
