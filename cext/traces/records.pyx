# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, realloc


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

    def take(self):
        """The records finished since the last call, as the bytes of the five columns."""
        cdef size_t n = self.used
        self.used = 0
        return (
            PyBytes_FromStringAndSize(<char *>self.fetch_page, n * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>self.data_page, n * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>self.kind, n),
            PyBytes_FromStringAndSize(<char *>self.accesses, n * sizeof(uint16_t)),
            PyBytes_FromStringAndSize(<char *>self.fetches, n * sizeof(uint32_t)),
        )

    def totals(self):
        """Counts over everything finished so far, by header key."""
        return {
            "instructions": self.instructions,
            "loads": self.loads,
            "stores": self.stores,
            "crossings": self.crossings,
            "records": self.total,
        }
