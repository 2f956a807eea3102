# SPDX-License-Identifier: BSD-3-Clause
"""References that are passed over: all of them hit, nothing is due before any of them, so only their numbers count.

Residency changes at misses and at writes to the TLB alone. Between two of these a whole block of records can be judged
by the different pages that it touches, whatever the order.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

from simobjects.cext.traces.blocks cimport PAGE, Block, Level
from simobjects.cext.traces.stream cimport Cursor

cdef struct Passed:
    int64_t record           # all before it are passed
    int64_t fetches, accesses, stores
    int64_t fetch_room       # so many fetches begin before something is due
    int64_t room             # so many references before the run pauses


cdef inline bint block_fits(const Level *level, int64_t b, const uint16_t *cells, Passed *passed) noexcept nogil:
    """Whether a block can be passed over as a whole; it is counted then."""
    cdef const Block *block = &level.block[b]
    cdef const uint32_t *page = level.pages + block[0].first
    cdef const uint32_t *end = level.pages + block[1].first
    cdef int64_t fetches = passed.fetches + block.fetches
    cdef int64_t accesses = passed.accesses + block.accesses
    if fetches > passed.fetch_room or fetches + accesses > passed.room:
        return False
    while page < end:
        if cells[page[0] & PAGE] == 0:
            return False
        page += 1
    passed.fetches = fetches
    passed.accesses = accesses
    passed.stores += block.stores
    return True


cdef inline void pass_blocks(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """From a record that begins a block: the largest blocks that fit, up and down, until the smallest does not."""
    cdef int shift = at.summary.shift
    cdef int top = at.summary.levels - 1
    cdef int level = 0
    cdef int64_t b = passed.record >> shift
    while level < top and b & ((1 << shift) - 1) == 0:
        b >>= shift
        level += 1
    while True:
        if b < at.summary.level[level].blocks and block_fits(&at.summary.level[level], b, cells, passed):
            b += 1
            if level < top and b & ((1 << shift) - 1) == 0:
                b >>= shift
                level += 1
        elif level == 0:
            break
        else:
            b <<= shift
            level -= 1
    passed.record = b << shift


cdef inline bint pass_records(const Cursor *at, const uint16_t *cells, Passed *passed, int64_t end) noexcept nogil:
    """Record by record, to `end` (True) or to the first that does not fit."""
    cdef int64_t i = passed.record
    cdef int64_t fetches = passed.fetches
    cdef int64_t accesses = passed.accesses
    cdef int64_t stores = passed.stores
    cdef int64_t n, m
    while i < end:
        n = at.accesses[i]
        m = at.fetches[i]
        if ((m != 0) & (cells[at.fetch_page[i]] == 0)) | ((n != 0) & (cells[at.data_page[i]] == 0)) | (
                fetches + m > passed.fetch_room) | (fetches + accesses + n + m > passed.room):
            break
        fetches += m
        accesses += n
        stores += n * at.kind[i]      # kind: 0 load, 1 store
        i += 1
    passed.record = i
    passed.fetches = fetches
    passed.accesses = accesses
    passed.stores = stores
    return i >= end


cdef inline void pass_on(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """From the beginning of a record to the first that does not fit, or to the end of the stream."""
    cdef int64_t mask = (<int64_t>1 << at.summary.shift) - 1
    cdef int64_t end
    if at.summary.levels == 0:
        pass_records(at, cells, passed, at.records)
        return
    while passed.record < at.records:
        if passed.record & mask == 0:
            pass_blocks(at, cells, passed)
        end = (passed.record | mask) + 1
        if not pass_records(at, cells, passed, end if end < at.records else at.records):
            return


cdef inline bint pass_rest(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """What is left of a record that has begun; False: something of it does not fit."""
    cdef int64_t n = at.accesses[at.record] - at.accesses_done
    cdef int64_t m = at.fetches[at.record] - at.fetches_done
    if (m and cells[at.fetch_page[at.record]] == 0) or (n and cells[at.data_page[at.record]] == 0) or (
            m > passed.fetch_room or n + m > passed.room):
        return False
    passed.fetches = m
    passed.accesses = n
    passed.stores = n * at.kind[at.record]
    passed.record += 1
    return True


cdef inline void pass_within(Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """Of the record at the cursor, which does not fit as a whole: up to its first reference that misses or has to wait.

    Fetch f comes after the accesses i with floor((i+1)m/n) <= f, which are ceil((f+1)n/m) - 1; access i after
    floor((i+1)m/n) fetches.
    """
    cdef int64_t n = at.accesses[at.record]
    cdef int64_t m = at.fetches[at.record]
    cdef int64_t fetch = m               # the first that stops it
    cdef int64_t access = at.accesses_done
    if m and cells[at.fetch_page[at.record]] == 0:
        fetch = at.fetches_done
    elif m - at.fetches_done > passed.fetch_room - passed.fetches:
        fetch = at.fetches_done + passed.fetch_room - passed.fetches
    if n and cells[at.data_page[at.record]] == 0:
        if access < n and (access + 1) * m // n < fetch:
            fetch = (access + 1) * m // n
    elif n:
        access = n if fetch == m else ((fetch + 1) * n + m - 1) // m - 1
    n = access - at.accesses_done
    m = fetch - at.fetches_done
    if passed.fetches + passed.accesses + n + m > passed.room:
        return
    passed.fetches += m
    passed.accesses += n
    passed.stores += n * at.kind[at.record]
    at.accesses_done = access
    at.fetches_done = fetch
