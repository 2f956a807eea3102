# SPDX-License-Identifier: BSD-3-Clause
"""Finished records of a reference stream, on their way into columns."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    CODE = 1                 # in a map of pages: it is fetched from
    DATA = 2                 # it is accessed


cdef inline bint is_bad(uint32_t fetch_page, uint32_t data_page, uint8_t kind, uint32_t accesses,
                        uint32_t fetches) noexcept nogil:
    """Whether no trace of a program has such a record; `columns.scan` says which those are."""
    return ((((fetch_page | data_page) >> 20) != 0) | (kind > 1) | ((accesses | fetches) == 0)
            | ((accesses == 0) & ((data_page | kind) != 0)))


cdef struct Space:           # five columns, filled up to `used`
    uint32_t *fetch_page
    uint32_t *data_page
    uint8_t *kind
    uint16_t *accesses
    uint32_t *fetches
    size_t used, room


cdef inline void put(Space *to, size_t i, uint32_t fetch_page, uint32_t data_page, uint32_t kind, uint32_t accesses,
                     uint32_t fetches) noexcept nogil:
    to.fetch_page[i] = fetch_page
    to.data_page[i] = data_page
    to.kind[i] = <uint8_t>kind
    to.accesses[i] = <uint16_t>accesses
    to.fetches[i] = fetches


cdef class Records:
    cdef Space to            # where the next record goes: the columns that were aimed at, or those of `own`
    cdef Space own           # memory for what waits
    cdef bint aiming
    cdef object aimed        # keeps the columns alive
    cdef size_t ahead        # of those in `to`, what waits no longer
    cdef size_t end          # how far the columns that were aimed at last are filled, once they are full
    cdef uint64_t loads, stores, crossings, instructions, total

    cdef int grow(self) except -1 nogil
    cdef int enlarge(self, size_t room) except -1 nogil
    cdef void hand_over(self, Space *to) noexcept
    cdef inline int add(self, uint32_t fetch_page, uint32_t data_page, uint8_t kind, uint32_t n,
                        uint32_t m) except -1 nogil:
        if self.to.used == self.to.room:
            self.grow()
        put(&self.to, self.to.used, fetch_page, data_page, kind, n, m)
        self.to.used += 1
        self.total += 1
        return 0
