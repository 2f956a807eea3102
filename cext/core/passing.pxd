# SPDX-License-Identifier: BSD-3-Clause
"""References that are passed over: all of them hit, nothing is due before any of them, so only their numbers count.

Residency changes at misses and at writes to the TLB alone. Between two of these a whole block of records can be judged
by the different pages that it touches, whatever the order.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

from simobjects.cext.traces.blocks cimport PAGE, Block, Level, Place, Summary, first_place, next_place
from simobjects.cext.traces.stream cimport Cursor, fetches_before

cdef enum:
    ROOM_MOST = 1 << 30      # times the fetches of a record is still a number
    CALM = 4                 # blocks passed in a row, after which a look at the larger one around them pays

cdef struct Passed:
    int64_t record           # all before it are passed
    int64_t fetches, accesses, stores
    int64_t fetch_room       # so many fetches begin before something is due
    int64_t room             # so many references before the run pauses
    int64_t held             # all records before it lie in blocks of which every page is known to be held


cdef inline bint pages_held(const Level *level, int64_t b, const uint16_t *cells) noexcept nogil:
    """Whether every page of a block is held."""
    cdef const uint32_t *page = level.pages + level.block[b].first
    cdef const uint32_t *end = level.pages + level.block[b + 1].first
    while page < end:
        if cells[page[0] & PAGE] == 0:
            return False
        page += 1
    return True


cdef inline bint look_at(const Summary *summary, int level, int64_t b, const uint16_t *cells,
                         Passed *passed) noexcept nogil:
    """Whether all pages of a block, of which there may be none with that number, are held; it is remembered."""
    cdef int64_t end = (b + 1) << summary.shift * (level + 1)
    if b >= summary.level[level].blocks:
        return False
    if passed.held < end:
        if not pages_held(&summary.level[level], b, cells):
            return False
        passed.held = end
    return True


cdef inline bint has_room(const Passed *passed, int64_t fetches, int64_t accesses) noexcept nogil:
    """Whether so many more references come before anything is due."""
    return passed.fetches + fetches <= passed.fetch_room and (
        passed.fetches + passed.accesses + fetches + accesses <= passed.room)


cdef inline void count_block(Passed *passed, const Block *block) noexcept nogil:
    passed.fetches += block.fetches
    passed.accesses += block.accesses
    passed.stores += block.stores


cdef inline void pass_blocks(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """From a record that begins a block: the largest blocks that fit, until the smallest does not.

    What a block holds, its parts hold: where it does not fit for want of room, and where it begins before the walk,
    its pages are looked at once, and of its parts only the sums.
    """
    cdef const Summary *summary = &at.summary
    cdef Place place = first_place(summary, passed.record)
    cdef const Block *block
    cdef int calm = 0
    cdef bint fits
    while True:
        fits = place.block < summary.level[place.level].blocks
        if fits:
            block = &summary.level[place.level].block[place.block]
            fits = has_room(passed, block.fetches, block.accesses)
            if fits or place.level:
                fits &= look_at(summary, place.level, place.block, cells, passed)
        if fits:
            count_block(passed, block)
            calm += 1
            if calm == CALM and place.level < summary.levels - 1:
                calm = 0
                look_at(summary, place.level + 1, place.block >> summary.shift, cells, passed)
        if not next_place(summary, &place, fits):
            break
    passed.record = place.block << summary.shift


cdef inline bint pass_records(const Cursor *at, const uint16_t *cells, Passed *passed, int64_t end,
                              bint roomy) noexcept nogil:
    """Record by record, to `end` (True) or to the first that does not fit; `roomy`: there is room for all."""
    cdef int64_t i = passed.record
    cdef int64_t fetches = passed.fetches
    cdef int64_t accesses = passed.accesses
    cdef int64_t stores = passed.stores
    cdef int64_t n, m
    while i < end:
        n = at.accesses[i]
        m = at.fetches[i]
        if not roomy and (fetches + m > passed.fetch_room) | (fetches + accesses + n + m > passed.room):
            break
        # Nearly every record has both, so the pages are looked at first.
        if (roomy or i >= passed.held) and ((cells[at.fetch_page[i]] == 0 and m) or (cells[at.data_page[i]] == 0 and n)):
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


cdef inline bint pass_part(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """Record by record to the end of a block that has a summary (True) or to the first that does not fit."""
    cdef int64_t b = passed.record >> at.summary.shift
    cdef int64_t end = (b + 1) << at.summary.shift
    cdef const Block *block = &at.summary.level[0].block[b]
    if end > passed.held and has_room(passed, block.fetches, block.accesses):
        return pass_records(at, cells, passed, end, True)
    return pass_records(at, cells, passed, end, False)


cdef inline void pass_on(const Cursor *at, const uint16_t *cells, Passed *passed) noexcept nogil:
    """From the beginning of a record to the first that does not fit, or to the end of the stream."""
    cdef int64_t whole = at.summary.level[0].blocks << at.summary.shift     # so many records are in blocks
    cdef int64_t mask = (1 << at.summary.shift) - 1
    while passed.record < whole:
        if passed.record & mask == 0:
            pass_blocks(at, cells, passed)
            if passed.record == whole:
                break
        if not pass_part(at, cells, passed):
            return
    pass_records(at, cells, passed, at.records, False)


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


cdef inline void pass_within(Cursor *at, bint code_held, bint data_held, Passed *passed) noexcept nogil:
    """Of the record at the cursor, which does not fit as a whole: up to its first reference that misses or has to wait.

    Fetch f comes after the accesses i with floor((i+1)m/n) <= f, which are ceil((f+1)n/m) - 1; access i after
    floor((i+1)m/n) fetches.
    """
    cdef int64_t n = at.accesses[at.record]
    cdef int64_t m = at.fetches[at.record]
    cdef int64_t fetch = m               # the first that stops it
    cdef int64_t access = at.accesses_done
    cdef int64_t before                  # a fetch, or references
    if m and not code_held:
        fetch = at.fetches_done
    elif m - at.fetches_done > passed.fetch_room - passed.fetches:
        fetch = at.fetches_done + passed.fetch_room - passed.fetches
    if n and not data_held:
        if access < n:
            before = fetches_before(access + 1, n, m)
            if before < fetch:
                fetch = before
    elif n:
        access = n if fetch == m else ((fetch + 1) * n + m - 1) // m - 1
    before = passed.room - passed.fetches - passed.accesses
    if access - at.accesses_done + fetch - at.fetches_done > before:
        # The fetches' even share of what may pass; the last few references are taken alone.
        fetch = min(fetch, at.fetches_done + min(before, <int64_t>ROOM_MOST) * m // (n + m) - 2)
        if fetch <= at.fetches_done:
            return
        if n and data_held:
            access = ((fetch + 1) * n + m - 1) // m - 1
    n = access - at.accesses_done
    m = fetch - at.fetches_done
    if n + m > before:
        return
    passed.fetches += m
    passed.accesses += n
    passed.stores += n * at.kind[at.record]
    at.accesses_done = access
    at.fetches_done = fetch
