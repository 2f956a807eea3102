# SPDX-License-Identifier: BSD-3-Clause
"""What happens at each exit, moment by moment, while somebody watches. It reads the machine and changes nothing of it."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.tlb cimport TLB

cdef enum:
    MOMENTS = 65536

cdef enum:                   # what a moment tells, and its other numbers
    AT_BEGIN = 0             # an exit begins: a guest PID, b user mode, c in a refill handler; `since` the guest ran
    AT_COUNT = 1             # it is counted: a kind, b address, c pc
    AT_OPERATION = 2         # it emulates: a operation
    AT_CAUSE = 3             # of a virt miss: a cause, b page, c guest entry; `since` 1: taken away by a real miss
    AT_SPAN = 4              # time passed from `since` on: a kind of cycles, b exit kind or task
    AT_LOST = 5              # a refill handler took the last copy away: b page, c guest entry
    AT_DELIVERED = 6         # an interrupt: a 1 of a real miss
    AT_RETURNED = 7          # the guest's rfi
    AT_END = 8               # the guest goes on: a live shadows, b live host entries

cdef struct Moment:
    int64_t time
    int64_t since
    int what
    int a
    uint32_t b
    uint32_t c

@cython.final
cdef class Timeline:
    cdef Processor core
    cdef TLB tlb
    cdef int hwater
    cdef Moment *moments
    cdef int count
    cdef int64_t lost            # moments for which there was no room
    cdef bint watching
    cdef bint active             # the exit in progress is watched
    cdef bint away               # the guest is out
    cdef int64_t start, stop     # of the exits that are, 1/1000 cycle
    cdef int64_t resumed         # when the guest went on last

    cdef void keep(self, int what, int64_t since, int a, uint32_t b, uint32_t c) noexcept nogil
    cdef void begins(self, int pid, bint user, bint refilling) noexcept nogil
    cdef void ends(self) noexcept nogil

    # What every exit asks, compiled into its callers.

    cdef inline void begin(self, int pid, bint user, bint refilling) noexcept nogil:
        if self.watching:
            self.begins(pid, user, refilling)

    cdef inline void tell(self, int what, int64_t since, int a, uint32_t b, uint32_t c) noexcept nogil:
        """A moment of the exit in progress, when it is watched."""
        if self.active:
            self.keep(what, since, a, b, c)

    cdef inline void end(self) noexcept nogil:
        if self.watching:
            self.ends()
