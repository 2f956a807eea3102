# SPDX-License-Identifier: BSD-3-Clause
"""A reference stream: the five columns of a trace and a position in it."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from simobjects.cext.arch.state cimport State
from simobjects.cext.traces.blocks cimport Blocks, Summary

cdef struct Cursor:
    const uint32_t *fetch_page
    const uint32_t *data_page
    const uint8_t *kind
    const uint16_t *accesses
    const uint32_t *fetches
    int64_t records
    bint spare_0           # no record refers to page 0, which those without accesses name
    Summary summary        # of its blocks, when there is one
    int64_t record         # the record the next reference comes from
    int64_t accesses_done  # of that record
    int64_t fetches_done

cdef class TraceStream:
    cdef Cursor cursor
    cdef object _columns   # keeps the memory alive
    cdef bytes _pages      # see `pages`
    cdef Blocks _blocks    # whose words the cursor's summary is
    cdef readonly int64_t references
    cdef readonly int64_t instructions
    cdef int _take(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                   const uint16_t[::1] accesses, const uint32_t[::1] fetches) except -1
    cdef int _know(self, bytes pages) except -1


cdef int stream_state(State state, str name, Cursor *at) except -1


cdef inline Cursor first_of(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                            const uint16_t[::1] accesses, const uint32_t[::1] fetches) noexcept:
    """The beginning of five columns of equal length that have records; their owner keeps them alive."""
    cdef Cursor at
    memset(&at, 0, sizeof(Cursor))
    at.fetch_page = &fetch_page[0]
    at.data_page = &data_page[0]
    at.kind = &kind[0]
    at.accesses = &accesses[0]
    at.fetches = &fetches[0]
    at.records = fetch_page.shape[0]
    return at


cdef inline int64_t fetches_before(int64_t access, int64_t n, int64_t m) noexcept nogil:
    """Of m fetches those before so many of n accesses. Nearly always there is one access, or the numbers are small."""
    if n == 1:
        return m if access else 0
    if m < 65536 and n < 65536:
        return <uint32_t>access * <uint32_t>m // <uint32_t>n
    return access * m // n


cdef inline bint next_is_fetch(const Cursor *at) noexcept nogil:
    """Fetches are spread evenly: before access i of n come floor((i+1)m/n) - floor(im/n) of them."""
    cdef int64_t n = at.accesses[at.record]
    cdef int64_t m = at.fetches[at.record]
    if n == 0 or at.accesses_done == n:
        return True
    return at.fetches_done < fetches_before(at.accesses_done + 1, n, m)


cdef inline void next_record(Cursor *at) noexcept nogil:
    at.record += 1
    at.accesses_done = 0
    at.fetches_done = 0
