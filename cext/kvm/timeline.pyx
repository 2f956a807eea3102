# SPDX-License-Identifier: BSD-3-Clause
"""What happens at each exit, moment by moment, while somebody watches: kept here until Python asks for it.

A buffer that is half full pauses the run. A pause lies between two references, and changes nothing.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, malloc

from simobjects.cext.arch.arch440 cimport FOREVER, GUEST_SPACE, W0_VALID
from simobjects.cext.core.processor cimport TRACE_FULL

globals().update(
    AT_BEGIN=AT_BEGIN, AT_COUNT=AT_COUNT, AT_OPERATION=AT_OPERATION, AT_CAUSE=AT_CAUSE, AT_SPAN=AT_SPAN,
    AT_LOST=AT_LOST, AT_DELIVERED=AT_DELIVERED, AT_RETURNED=AT_RETURNED, AT_END=AT_END,
)


cdef class Timeline:
    def __init__(self, Processor core not None, TLB tlb not None, int hwater):
        """`tlb`: of the hardware, whose slots up to `hwater` are replaceable."""
        self.core = core
        self.tlb = tlb
        self.hwater = hwater

    def __dealloc__(self):
        free(self.moments)

    def watch(self, int64_t start, int64_t stop):
        """Watch the exits that begin between two times in 1/1000 cycle (stop -1: to the end)."""
        if self.moments == NULL:
            self.moments = <Moment *>malloc(MOMENTS * sizeof(Moment))
        if self.moments == NULL:
            raise MemoryError("no memory for a timeline")
        self.count = 0
        self.lost = 0
        self.start = start
        self.stop = stop if stop >= 0 else FOREVER
        self.resumed = self.core.time
        self.active = False
        self.away = False
        self.watching = True

    def leave(self):
        """Watch no more. (When the guest went on last, or -1 when it is out; now), in 1/1000 cycle."""
        cdef int64_t resumed = -1 if self.away else self.resumed
        self.watching = False
        self.active = False
        return resumed, self.core.time

    def drain(self):
        """([(time, since, what, a, b, c)] since the last call, moments lost for want of room). Times in 1/1000 cycle."""
        cdef int i
        cdef list found = [None] * self.count
        cdef Moment *at
        for i in range(self.count):
            at = &self.moments[i]
            found[i] = (at.time, at.since, at.what, at.a, at.b, at.c)
        self.count = 0
        return found, self.lost

    cdef void keep(self, int what, int64_t since, int a, uint32_t b, uint32_t c) noexcept nogil:
        cdef Moment *made
        if self.count == MOMENTS:
            self.lost += 1
            return
        made = &self.moments[self.count]
        self.count += 1
        made.time = self.core.time
        made.since = since
        made.what = what
        made.a = a
        made.b = b
        made.c = c
        if self.count > MOMENTS // 2 and self.core.stop < 0:
            self.core.stop = TRACE_FULL

    cdef void begins(self, int pid, bint user, bint refilling) noexcept nogil:
        self.away = True
        if self.start <= self.core.time < self.stop:
            self.active = True
            self.keep(AT_BEGIN, self.resumed, pid, user, refilling)

    cdef void ends(self) noexcept nogil:
        """The guest goes on; the replaceable slots are as it finds them."""
        cdef int shadows = 0
        cdef int host = 0
        cdef int slot
        self.resumed = self.core.time
        self.away = False
        if not self.active:
            return
        for slot in range(self.hwater + 1):
            if self.tlb.w0[slot] & GUEST_SPACE == GUEST_SPACE:
                shadows += 1
            elif self.tlb.w0[slot] & W0_VALID:
                host += 1
        self.keep(AT_END, self.resumed, shadows, host, 0)
        self.active = False
