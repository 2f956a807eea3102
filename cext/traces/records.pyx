# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy


class DecodeError(ValueError):
    """The stream is not what it should be. `offset`: byte in the decoded stream; `line`: from 1, or 0 when not text."""

    def __init__(self, str what, offset, line=0):
        super().__init__(what)
        self.what = what
        self.offset = offset
        self.line = line


cdef class Records:
    """Writes records into the columns that it is aimed at, and keeps those for which these have no room."""

    def __dealloc__(self):
        free(self.own.fetch_page)
        free(self.own.data_page)
        free(self.own.kind)
        free(self.own.accesses)
        free(self.own.fetches)

    cdef int grow(self) except -1 nogil:
        """Room for one more record at least."""
        if self.aiming:
            self.aiming = False
            self.end = self.to.room
            self.to = self.own
            if self.to.used < self.to.room:
                return 0
        return self.enlarge(self.to.room * 2 if self.to.room else 4096)

    cdef int enlarge(self, size_t room) except -1 nogil:
        cdef void *p = realloc(self.own.fetch_page, room * sizeof(uint32_t))
        if p != NULL:
            self.own.fetch_page = <uint32_t *>p
            p = realloc(self.own.data_page, room * sizeof(uint32_t))
        if p != NULL:
            self.own.data_page = <uint32_t *>p
            p = realloc(self.own.kind, room)
        if p != NULL:
            self.own.kind = <uint8_t *>p
            p = realloc(self.own.accesses, room * sizeof(uint16_t))
        if p != NULL:
            self.own.accesses = <uint16_t *>p
            p = realloc(self.own.fetches, room * sizeof(uint32_t))
        if p == NULL:
            with gil:
                raise MemoryError("no memory for trace records")
        self.own.fetches = <uint32_t *>p
        self.own.used = self.to.used
        self.own.room = room
        self.to = self.own
        return 0

    def aim(self, uint32_t[::1] fetch_page, uint32_t[::1] data_page, uint8_t[::1] kind, uint16_t[::1] accesses,
            uint32_t[::1] fetches, Py_ssize_t at):
        """Have records in five columns from place `at` on: those that wait at once, others as they are finished.

        What they find no room for waits for the next columns. `reached` says how far they are filled.
        """
        cdef Py_ssize_t room = fetch_page.shape[0]
        cdef Space to
        if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == room):
            raise ValueError("the five columns differ in length")
        if not 0 <= at <= room:
            raise ValueError(f"place {at} of columns of {room} records")
        if room == 0:
            raise ValueError("columns of no records")
        to = Space(&fetch_page[0], &data_page[0], &kind[0], &accesses[0], &fetches[0], at, room)
        self.aimed = (fetch_page, data_page, kind, accesses, fetches)
        if not self.aiming:
            self.hand_over(&to)
            if self.ahead < self.to.used:
                self.end = room
                return
            self.own.used = self.ahead = 0
        self.to = to
        self.aiming = True

    cdef void hand_over(self, Space *to) noexcept:
        """What waits, as much as there is room for."""
        cdef size_t at = to.used, first = self.ahead
        cdef size_t n = min(self.to.used - first, to.room - at)
        if n:
            memcpy(to.fetch_page + at, self.to.fetch_page + first, n * sizeof(uint32_t))
            memcpy(to.data_page + at, self.to.data_page + first, n * sizeof(uint32_t))
            memcpy(to.kind + at, self.to.kind + first, n)
            memcpy(to.accesses + at, self.to.accesses + first, n * sizeof(uint16_t))
            memcpy(to.fetches + at, self.to.fetches + first, n * sizeof(uint32_t))
        to.used += n
        self.ahead += n

    @property
    def reached(self):
        """The place behind the last record in the columns that were aimed at; 0 before there were any."""
        return self.to.used if self.aiming else self.end

    @property
    def left(self):
        """Records that are finished and wait."""
        return 0 if self.aiming else self.to.used - self.ahead

    def totals(self):
        """Counts over everything finished so far, by header key."""
        return {
            "instructions": self.instructions,
            "loads": self.loads,
            "stores": self.stores,
            "crossings": self.crossings,
            "records": self.total,
        }
