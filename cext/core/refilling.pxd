# SPDX-License-Identifier: BSD-3-Clause
"""References of the bare machine that are passed over together with their misses.

Between two events of the guest a miss of a user page does always the same there: the refill's instructions and
references are added up, and an entry takes the place of the next in turn. So the walk over the records goes on behind
it, in the same record.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

from simobjects.cext.core.passing cimport Passed, count_block, has_room, pass_blocks, pass_part, pass_records
from simobjects.cext.core.supervisor cimport FETCH, STORE, Refills
from simobjects.cext.core.tlb_array cimport Context, TranslationArray
from simobjects.cext.traces.blocks cimport Block
from simobjects.cext.traces.stream cimport Cursor

cdef enum:
    PINNED_FRAMES = 1 << 16   # of the kernel's pinned page
    MOST_TAKEN = 4            # by a record of two pages


cdef inline bint can_refill(const Refills *refills, uint32_t page) noexcept nogil:
    """Whether the handler can have an entry for a page, with all that it reads in the pinned page."""
    cdef uint32_t table = refills.tables[page >> refills.table_shift]
    return page < refills.end and table < PINNED_FRAMES and (
        (table != 0 and refills.frames[page] != 0)
        or <int64_t>refills.next_frame + MOST_TAKEN <= refills.last_frame)


cdef inline uint32_t backed(Refills *refills, uint32_t page) noexcept nogil:
    """The frame of a page; one that is touched first takes the next, after its part of the page table."""
    cdef uint32_t *table = &refills.tables[page >> refills.table_shift]
    if table[0] == 0:
        table[0] = refills.next_frame
        refills.next_frame += 1
    if refills.frames[page] == 0:
        refills.frames[page] = refills.next_frame
        refills.next_frame += 1
    return refills.frames[page]


cdef inline bint find_or_refill(TranslationArray tlb, Context *context, Refills *refills, uint32_t page,
                                int reference) noexcept nogil:
    """Have a page found by its cell; whether that took a refill."""
    cdef int slot = tlb.search(context.as_, context.pid, page << 12)
    if slot < 0:
        slot = refills.slot + 1 if refills.slot < refills.last else 0
        refills.slot = slot
        refills.wrapped[reference == FETCH] += slot == 0
        refills.missed[reference] += 1
        tlb.replace(slot, page << 12 | refills.word0, backed(refills, page) << 12, refills.word2, context.pid)
        tlb.remember(slot, &context.cells[page])
        return True
    tlb.remember(slot, &context.cells[page])
    return False


cdef inline bint refill_record(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                               int64_t i) noexcept nogil:
    """Take a record that is not held as a whole; False: nothing is done, it has to be taken by references.

    A refill may take the slot of the record's other page. If more of that is to come it misses then, and the third
    refill takes no slot of the first two. A refill at the last fetch or behind it leaves its own program counter.
    """
    cdef uint32_t code = at.fetch_page[i]
    cdef uint32_t data = at.data_page[i]
    cdef int64_t n = at.accesses[i]
    cdef int64_t m = at.fetches[i]
    cdef int kind = STORE if at.kind[i] else 0
    cdef const uint16_t *cells = context.cells
    if (m and not can_refill(refills, code)) or (n and not can_refill(refills, data)):
        return False
    if m >= n:                # fetches come first; all of them, if there is one access or none
        if cells[code] == 0 and find_or_refill(tlb, context, refills, code, FETCH) and m == 1:
            refills.trailing = i
        if n and cells[data] == 0 and find_or_refill(tlb, context, refills, data, kind):
            if n == 1:
                refills.trailing = i
            elif cells[code] == 0 and find_or_refill(tlb, context, refills, code, FETCH) and m - m // n == 1:
                refills.trailing = i
        return True
    if cells[data] == 0 and find_or_refill(tlb, context, refills, data, kind) and m == 0:
        refills.trailing = i
    if m and cells[code] == 0 and find_or_refill(tlb, context, refills, code, FETCH):
        if m == 1:
            refills.trailing = i
        if cells[data] == 0:          # an access comes last
            find_or_refill(tlb, context, refills, data, kind)
    return True


cdef inline int64_t refill_records(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                                   int64_t i, int64_t end) noexcept nogil:
    """Record by record, to `end` or to the first that has to be taken by references."""
    cdef const uint16_t *cells = context.cells
    while i < end:
        if (cells[at.fetch_page[i]] == 0) | ((cells[at.data_page[i]] == 0) & (at.accesses[i] != 0)):
            if not refill_record(at, tlb, context, refills, i):
                break
        i += 1
    return i


cdef inline void pass_and_refill(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                                 Passed *passed) noexcept nogil:
    """As `pass_on`, with misses. A block in which something may be due is taken record by record, without them."""
    cdef int shift = at.summary.shift
    cdef int64_t whole = at.summary.level[0].blocks << shift
    cdef int64_t mask = (1 << shift) - 1
    cdef const Block *block
    cdef int64_t i, end
    while passed.record < whole:
        if passed.record & mask == 0:
            pass_blocks(at, context.cells, passed)
            if passed.record == whole:
                break
            block = &at.summary.level[0].block[passed.record >> shift]
            if has_room(passed, block.fetches, block.accesses):
                end = passed.record + mask + 1
                passed.held = 0           # whatever was: entries are replaced now
                i = refill_records(at, tlb, context, refills, passed.record, end)
                if i < end:
                    while passed.record < i:
                        count_record(at, passed)
                    return
                count_block(passed, block)
                passed.record = end
                continue
        if not pass_part(at, context.cells, passed):
            return
    pass_records(at, context.cells, passed, at.records, False)


cdef inline void count_record(const Cursor *at, Passed *passed) noexcept nogil:
    cdef int64_t n = at.accesses[passed.record]
    passed.fetches += at.fetches[passed.record]
    passed.accesses += n
    passed.stores += n * at.kind[passed.record]
    passed.record += 1
