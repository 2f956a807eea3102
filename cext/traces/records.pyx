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
    """The columns, and the totals that a trace header states."""

    def __dealloc__(self):
        free(self.fetch_page)
        free(self.data_page)
        free(self.kind)
        free(self.accesses)
        free(self.fetches)

    cdef int grow(self) except -1 nogil:
        cdef size_t room = self.room * 2 if self.room else 4096
        cdef void *p = realloc(self.fetch_page, room * sizeof(uint32_t))
        if p != NULL:
            self.fetch_page = <uint32_t *>p
            p = realloc(self.data_page, room * sizeof(uint32_t))
        if p != NULL:
            self.data_page = <uint32_t *>p
            p = realloc(self.kind, room)
        if p != NULL:
            self.kind = <uint8_t *>p
            p = realloc(self.accesses, room * sizeof(uint16_t))
        if p != NULL:
            self.accesses = <uint16_t *>p
            p = realloc(self.fetches, room * sizeof(uint32_t))
        if p == NULL:
            with gil:
                raise MemoryError("no memory for trace records")
        self.fetches = <uint32_t *>p
        self.room = room
        return 0

    @property
    def left(self):
        """Records that are finished and not poured out yet."""
        return self.used - self.poured

    def pour(self, uint32_t[::1] fetch_page, uint32_t[::1] data_page, uint8_t[::1] kind, uint16_t[::1] accesses,
             uint32_t[::1] fetches, Py_ssize_t at):
        """Copy finished records into five columns from place `at` on, as many as there is room for: how many."""
        cdef Py_ssize_t room = fetch_page.shape[0]
        cdef size_t n, first = self.poured
        if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == room):
            raise ValueError("the five columns differ in length")
        if not 0 <= at <= room:
            raise ValueError(f"place {at} of columns of {room} records")
        n = min(self.used - first, <size_t>(room - at))
        if n:
            memcpy(&fetch_page[at], self.fetch_page + first, n * sizeof(uint32_t))
            memcpy(&data_page[at], self.data_page + first, n * sizeof(uint32_t))
            memcpy(&kind[at], self.kind + first, n)
            memcpy(&accesses[at], self.accesses + first, n * sizeof(uint16_t))
            memcpy(&fetches[at], self.fetches + first, n * sizeof(uint32_t))
        self.poured = first + n
        if self.poured == self.used:
            self.used = self.poured = 0
        return n

    def totals(self):
        """Counts over everything finished so far, by header key."""
        return {
            "instructions": self.instructions,
            "loads": self.loads,
            "stores": self.stores,
            "crossings": self.crossings,
            "records": self.total,
        }
