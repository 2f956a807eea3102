# SPDX-License-Identifier: BSD-3-Clause
"""Finished records of a reference stream, in growing columns."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef class Records:
    cdef uint32_t *fetch_page
    cdef uint32_t *data_page
    cdef uint8_t *kind
    cdef uint16_t *accesses
    cdef uint32_t *fetches
    cdef size_t used, room, poured
    cdef uint64_t loads, stores, crossings, instructions, total

    cdef int grow(self) except -1 nogil
    cdef inline int add(self, uint32_t fetch_page, uint32_t data_page, uint8_t kind, uint32_t n,
                        uint32_t m) except -1 nogil:
        cdef size_t i
        if self.used == self.room:
            self.grow()
        i = self.used
        self.fetch_page[i] = fetch_page
        self.data_page[i] = data_page
        self.kind[i] = kind
        self.accesses[i] = <uint16_t>n
        self.fetches[i] = m
        self.used = i + 1
        self.total += 1
        return 0
