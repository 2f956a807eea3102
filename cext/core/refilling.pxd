# SPDX-License-Identifier: BSD-3-Clause
"""References of the bare machine that are passed over together with their misses.

Between two events of the guest a miss of a user page does always the same there: the refill's instructions and
references are added up, and an entry takes the place of the next in turn. So the walk over the records goes on behind
it, in the same record; it asks how long pages stay (`stays.pxd`), and the entries are written behind it.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.core.passing cimport CALM, Passed, count_block, has_room, pass_part, pass_records
from simobjects.cext.core.stays cimport (
    MOST_WAITING, Stays, begin_stays, end_stays, is_refilled, stay_from, take_turn, turned,
)
from simobjects.cext.core.supervisor cimport FETCH, LOAD, STORE, Refills
from simobjects.cext.core.tlb_array cimport Context, TranslationArray, lookup
from simobjects.cext.core.walking cimport count_waiting, end_waiting, walk_records
from simobjects.cext.traces.blocks cimport (
    FETCH_FIRST, LATE, ODD, PAGE, STORE_FIRST, Block, Level, Place, Summary, first_place, next_place,
)
from simobjects.cext.traces.stream cimport Cursor

cdef enum:
    PINNED_FRAMES = 1 << 16   # of the kernel's pinned page
    MOST_TAKEN = 4            # frames by a record of two pages
    WALKED = 1                # level: in larger blocks most records may be in parts that hit


cdef inline bint can_refill(const Refills *refills, uint32_t page, int64_t most_taken) noexcept nogil:
    """Whether the handler can have an entry for a page, with all that it reads in the pinned page.

    `most_taken`: so many frames may be taken before.
    """
    cdef uint32_t table = refills.tables[page >> refills.table_shift]
    return page < refills.end and table < PINNED_FRAMES and (
        (table != 0 and refills.frames[page] != 0)
        or <int64_t>refills.next_frame + most_taken <= refills.last_frame)


cdef inline void back(Refills *refills, uint32_t page) noexcept nogil:
    """A page that is touched first takes the next frame, after its part of the page table."""
    cdef uint32_t *table = &refills.tables[page >> refills.table_shift]
    if table[0] == 0:
        table[0] = refills.next_frame
        refills.next_frame += 1
    if refills.frames[page] == 0:
        refills.frames[page] = refills.next_frame
        refills.next_frame += 1


cdef inline void look(TranslationArray tlb, Context *context, const Refills *refills, uint32_t page) noexcept nogil:
    """Know how long a page stays that is held since before anything was known, which the entries say.

    Of the kernel's pinned page, which stays for ever, that is too little: such a record is then taken elsewhere.
    """
    cdef int slot
    if tlb.stays.until[page] <= tlb.stays.start:
        slot = lookup(tlb, context, page << 12)
        if slot >= 0:
            stay_from(tlb.stays, page, slot)


cdef inline bint is_ready(const Stays *stays, const Refills *refills, uint32_t page, int64_t most_taken) noexcept nogil:
    """Whether a page that misses now, or later on the way, can be refilled."""
    return is_refilled(stays, page) or can_refill(refills, page, most_taken)


cdef inline void take(Stays *stays, Refills *refills, uint32_t page, bint code) noexcept nogil:
    """The refill of a page that misses and has a frame, but for the count of misses."""
    cdef int slot = refills.slot + 1 if refills.slot < refills.last else 0
    refills.slot = slot
    refills.wrapped[code] += slot == 0
    take_turn(stays, page, slot)


cdef inline bint refill(Stays *stays, Refills *refills, uint32_t page, int reference) noexcept nogil:
    """Whether a page misses, and then its refill."""
    if stays.done < stays.until[page]:
        return False
    if not is_refilled(stays, page):
        back(refills, page)
    take(stays, refills, page, reference == FETCH)
    refills.missed[reference] += 1
    return True


cdef inline bint refill_record(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                               int64_t i) noexcept nogil:
    """Take a record that may not be held as a whole; False: nothing is done, it has to be taken by references.

    A refill may take the slot of the record's other page. If more of that is to come it misses then, and the third
    refill takes no slot of the first two. A refill at the last fetch or behind it leaves its own program counter.
    """
    cdef Stays *stays = tlb.stays
    cdef uint32_t code = at.fetch_page[i]
    cdef uint32_t data = at.data_page[i]
    cdef int64_t n = at.accesses[i]
    cdef int64_t m = at.fetches[i]
    cdef int kind = STORE if at.kind[i] else LOAD
    if m and stays.done >= stays.until[code]:
        look(tlb, context, refills, code)
    if n and stays.done >= stays.until[data]:
        look(tlb, context, refills, data)
    if (m == 0 or stays.done < stays.until[code]) and (n == 0 or stays.done < stays.until[data]):
        return True
    if (m and not is_ready(stays, refills, code, MOST_TAKEN)) or (
            n and not is_ready(stays, refills, data, MOST_TAKEN)):
        return False
    if m >= n:                # fetches come first; all of them, if there is one access or none
        if refill(stays, refills, code, FETCH) and m == 1:
            refills.trailing = i
        if n and refill(stays, refills, data, kind):
            if n == 1:
                refills.trailing = i
            elif refill(stays, refills, code, FETCH) and m - m // n == 1:
                refills.trailing = i
        return True
    if refill(stays, refills, data, kind) and m == 0:
        refills.trailing = i
    if m and refill(stays, refills, code, FETCH):
        if m == 1:
            refills.trailing = i
        refill(stays, refills, data, kind)       # an access comes last
    return True


cdef inline bint refill_usual(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                              int64_t i) noexcept nogil:
    """The same of a record of a usual block, as `walk_records` does it, for pages of which that knows too little: here
    too the record's other columns are not waited for.
    """
    cdef Stays *stays = tlb.stays
    cdef uint32_t code = at.fetch_page[i]
    cdef uint32_t data = at.data_page[i]     # 0: there is no access
    if stays.done >= stays.until[code]:
        look(tlb, context, refills, code)
    if stays.done >= stays.until[data]:
        look(tlb, context, refills, data)
    if stays.done < stays.until[code] and stays.done < stays.until[data]:
        return True
    if not is_ready(stays, refills, code, MOST_TAKEN) or (data and not is_ready(stays, refills, data, MOST_TAKEN)):
        return False
    if refill(stays, refills, code, FETCH):
        stays.last[0] = i
    if stays.done >= stays.until[data]:
        if not is_refilled(stays, data):
            back(refills, data)
        take(stays, refills, data, False)
        stays.last[1] = i
        stays.record[stays.waiting] = i
        stays.waiting += 1
        if stays.waiting == MOST_WAITING:
            count_waiting(at, stays, refills)
        if stays.done >= stays.until[code] and at.accesses[i] > 1 and refill(stays, refills, code, FETCH):
            stays.last[2] = i
    return True


cdef inline int64_t refill_records(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                                   int64_t i, int64_t end, bint usual) noexcept nogil:
    """Record by record, to `end` or to the first that has to be taken by references; `usual`: none is odd, and none
    refers to page 0.
    """
    while i < end:
        if usual:
            i = walk_records(at, tlb.stays, refills, i, end)
            if i == end:
                break
        if not (refill_usual(at, tlb, context, refills, i) if usual else refill_record(at, tlb, context, refills, i)):
            break
        i += 1
    return i


cdef inline const uint32_t *first_missing(const Stays *stays, const uint32_t *page, const uint32_t *end) noexcept nogil:
    """The first page of a list that is not held, or its end."""
    while page < end and stays.done < stays.until[page[0] & PAGE]:
        page += 1
    return page


cdef inline bint is_usual(const Level *level, int64_t b) noexcept nogil:
    """Whether no record of a block is odd."""
    cdef const Block *block = level.block + b
    return block[0].first < block[1].first and not level.pages[block[0].first] & ODD


cdef inline bint look_again(TranslationArray tlb, Context *context, const Refills *refills, const Level *level, int64_t b,
                            int64_t end, Passed *passed) noexcept nogil:
    """Whether all pages of a block, which ends before record `end`, are held; it is remembered."""
    cdef const uint32_t *page = level.pages + level.block[b].first
    cdef const uint32_t *last = level.pages + level.block[b + 1].first
    if passed.held < end:
        while True:
            page = first_missing(tlb.stays, page, last)
            if page == last:
                break
            look(tlb, context, refills, page[0] & PAGE)
            if tlb.stays.done >= tlb.stays.until[page[0] & PAGE]:
                return False
        passed.held = end
    return True


cdef inline bint is_hopeless(const Stays *stays, const uint32_t *page, const uint32_t *end) noexcept nogil:
    """Whether it is known already that some page of a list would be replaced by as many refills as pages are missing:
    mostly so where misses come often, and found without a branch that nobody can foretell.
    """
    cdef int64_t missing = 0
    cdef int64_t least = FOREVER     # number of a page that is held
    cdef bint unknown = False
    cdef int64_t until
    while page < end:
        until = stays.until[page[0] & PAGE]
        unknown |= until <= stays.start
        missing += until <= stays.done
        least = min(least, until if until > stays.done else FOREVER)
        page += 1
    return not unknown and least <= stays.done + missing


cdef inline bint refill_block(TranslationArray tlb, Context *context, Refills *refills, const Level *level, int64_t b,
                              int64_t last) noexcept nogil:
    """Take a block as a whole; False: nothing is done. `last`: its last record.

    If no page that is held would be replaced by as many refills as pages are missing, then just these are refilled, in
    the order in which they come.
    """
    cdef Stays *stays = tlb.stays
    cdef const int64_t *until = stays.until
    cdef int64_t done = stays.done
    cdef const uint32_t *begin = level.pages + level.block[b].first
    cdef const uint32_t *end = level.pages + level.block[b + 1].first
    cdef const uint32_t *first = first_missing(stays, begin, end)
    cdef const uint32_t *page = first
    cdef int64_t missing = 0
    cdef bint replaced = False
    if page == end:
        return True
    if is_hopeless(stays, begin, end):
        return False
    while page < end:
        if done >= until[page[0] & PAGE]:
            look(tlb, context, refills, page[0] & PAGE)
            if done >= until[page[0] & PAGE]:
                missing += 1
                if missing > stays.turns or not is_ready(stays, refills, page[0] & PAGE, 2 * (end - begin)):
                    return False
        page += 1
    if missing == 0:
        return True
    page = begin
    while page < end:
        replaced |= (done < until[page[0] & PAGE]) & (until[page[0] & PAGE] <= done + missing)
        page += 1
    if replaced:
        return False
    page = first
    while page < end:
        if refill(stays, refills, page[0] & PAGE,
                  FETCH if page[0] & FETCH_FIRST else STORE if page[0] & STORE_FIRST else LOAD):
            if page[0] & LATE:
                refills.trailing = last
        page += 1
    return True


cdef inline void refill_blocks(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                               Passed *passed) noexcept nogil:
    """From a record that begins a block: to the next block in which something may be due, or to a record that cannot be
    taken here. As in `pass_blocks` what a block holds, its parts hold.
    """
    cdef const Summary *summary = &at.summary
    cdef Place place = first_place(summary, passed.record)
    cdef const Level *level
    cdef int64_t i, first, end
    cdef int calm = 0
    cdef bint fits, usual
    while True:
        level = &summary.level[place.level]
        first = place.block << summary.shift * (place.level + 1)
        end = first + (<int64_t>1 << summary.shift * (place.level + 1))
        fits = False
        if place.block < level.blocks:
            fits = has_room(passed, level.block[place.block].fetches, level.block[place.block].accesses)
            if not fits and place.level:
                look_again(tlb, context, refills, level, place.block, end, passed)
        if fits and passed.held < end and not refill_block(tlb, context, refills, level, place.block, end - 1):
            calm = 0
            fits = place.level <= WALKED
            if fits:
                usual = at.spare_0 and is_usual(level, place.block)
                i = refill_records(at, tlb, context, refills, first, end, usual)
                if i < end:
                    passed.record = first
                    while passed.record < i:
                        count_record(at, passed)
                    end_waiting(at, tlb.stays, refills)
                    return
        if fits:
            count_block(passed, &level.block[place.block])
            calm += 1
            if calm == CALM and place.level < summary.levels - 1:
                calm = 0
                level = &summary.level[place.level + 1]
                i = place.block >> summary.shift
                end = (i + 1) << summary.shift * (place.level + 2)
                if i < level.blocks:
                    look_again(tlb, context, refills, level, i, end, passed)
        if not next_place(summary, &place, fits):
            break
    passed.record = place.block << summary.shift
    end_waiting(at, tlb.stays, refills)


cdef inline void write_refilled(TranslationArray tlb, Context *context, const Refills *refills) noexcept nogil:
    """The entries that the refills of a pass have left."""
    cdef int64_t count = turned(tlb.stays)
    cdef int slot = refills.slot
    cdef uint32_t page
    while count:
        page = tlb.stays.taken[slot]
        tlb.replace(slot, page << 12 | refills.word0, refills.frames[page] << 12, refills.word2, context.pid)
        tlb.remember(slot, &context.cells[page])
        slot = slot - 1 if slot else refills.last
        count -= 1
    end_stays(tlb.stays, context, tlb.changes, refills.slot)


cdef inline void pass_and_refill(const Cursor *at, TranslationArray tlb, Context *context, Refills *refills,
                                 Passed *passed) noexcept nogil:
    """As `pass_on`, with misses. A block in which something may be due is taken record by record, without them."""
    cdef int64_t whole = at.summary.level[0].blocks << at.summary.shift
    cdef int64_t mask = (<int64_t>1 << at.summary.shift) - 1
    while passed.record < whole:
        if passed.record & mask == 0:
            begin_stays(tlb.stays, context, tlb.changes, refills.last, refills.slot, at.spare_0)
            refill_blocks(at, tlb, context, refills, passed)
            write_refilled(tlb, context, refills)
            if passed.record == whole:
                break
        if not pass_part(at, context.cells, passed):
            return
    pass_records(at, context.cells, passed, at.records, False)


cdef inline void count_record(const Cursor *at, Passed *passed) noexcept nogil:
    cdef int64_t n = at.accesses[passed.record]
    passed.fetches += at.fetches[passed.record]
    passed.accesses += n
    passed.stores += n * at.kind[passed.record]
    passed.record += 1
