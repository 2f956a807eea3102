# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of streams, so that a core can pass over whole blocks of records whose pages it holds.

One array of words holds a summary: a head, then for each level its blocks and the pages that they name. So it can be
stored as it is and mapped again.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from simobjects.cext.traces.records cimport CODE, DATA, is_bad

from simobjects.cext.traces.columns import scan

cdef enum:
    HEAD = 4                 # shift, levels, records (two words); then two words of each level: blocks, pages
    MOST_SHIFT = 10
    WORDS_OF_BLOCK = sizeof(Block) // 4

cdef struct Counts:          # of records
    uint64_t fetches, accesses, stores
    uint32_t bad             # not 0: one of them is

cdef int64_t MOST_RECORDS = <int64_t>1 << 31    # two pages of each can still be numbered in a word
cdef uint32_t FULL = 0xFFFFFFFFu

SHIFT = 5                    # 32, 1,024 and 32,768 records: measured, docs/fast.md


cdef struct Made:            # a level in the making
    int64_t blocks
    int64_t used, room       # pages
    Block *block
    uint32_t *pages


cdef class Blocks:
    def __init__(self, const uint32_t[::1] words):
        """A summary from its words, as `words_of` makes them. ValueError: they are none."""
        self.words = words
        self._view()

    cdef int _view(self) except -1:
        cdef int64_t n = self.words.shape[0]
        cdef int64_t at, blocks, pages, b
        cdef int level
        cdef bint ordered = True
        cdef const Block *block
        if n < HEAD or not 1 <= self.words[0] <= MOST_SHIFT or self.words[1] > LEVELS:
            raise ValueError("this is no summary of blocks: its head says something else")
        self.summary.shift = self.words[0]
        self.records = self.words[2] | <int64_t>self.words[3] << 32
        at = HEAD + 2 * <int64_t>self.words[1]
        for level in range(<int>self.words[1]):
            if at > n:
                raise ValueError(f"a summary of {n} words ends before the blocks of level {level}")
            blocks = self.words[HEAD + 2 * level]
            pages = self.words[HEAD + 2 * level + 1]
            if blocks != self.records >> self.summary.shift * (level + 1):
                raise ValueError(f"level {level} of a summary of {self.records} records has {blocks} blocks")
            if at + (blocks + 1) * WORDS_OF_BLOCK + pages > n:
                raise ValueError(f"a summary of {n} words ends within level {level}")
            block = <const Block *>&self.words[at]
            for b in range(blocks):
                ordered &= block[b].first <= block[b + 1].first
            if not ordered or block[blocks].first != pages:
                raise ValueError(f"the blocks of level {level} do not name their pages one after the other")
            at += (blocks + 1) * WORDS_OF_BLOCK
            self.summary.level[level].blocks = blocks
            self.summary.level[level].block = block
            self.summary.level[level].pages = <const uint32_t *>block + (blocks + 1) * WORDS_OF_BLOCK
            at += pages
        if at != n:
            raise ValueError(f"a summary of {at} words has {n}")
        self.summary.levels = self.words[1]
        return 0

    def level(self, int number):
        """[(fetches, accesses, stores, [(page, fetched, accessed), ...])] of the blocks of a level, 0 the smallest."""
        cdef const Level *level
        cdef int64_t b
        if not 0 <= number < self.summary.levels:
            raise IndexError(f"level {number} of {self.summary.levels}")
        level = &self.summary.level[number]
        pages = [(level.pages[k] & PAGE, bool(level.pages[k] & FETCHED), bool(level.pages[k] & ACCESSED))
                 for k in range(level.block[level.blocks].first)]
        return [(level.block[b].fetches, level.block[b].accesses, level.block[b].stores,
                 pages[level.block[b].first:level.block[b + 1].first]) for b in range(level.blocks)]

    @property
    def levels(self):
        """How many levels it has."""
        return self.summary.levels


def words_of(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
             const uint16_t[::1] accesses, const uint32_t[::1] fetches, int shift=SHIFT):
    """The words of the summary of five columns, as bytes; a block of the first level has 2^shift records.

    `shift`: 1 to 10. Pages must be below 2^20, as in every TraceStream; a stream of 2^31 records or more gets no levels.
    """
    cdef BlockMaker maker = BlockMaker(shift)
    maker.add(fetch_page, data_page, kind, accesses, fetches)
    return maker.words()


cdef class BlockMaker:
    """The summary of a stream that comes part by part."""

    cdef Made made[LEVELS]
    cdef int shift
    cdef int64_t added
    cdef uint32_t *place

    def __cinit__(self, int shift=SHIFT):
        if not 1 <= shift <= MOST_SHIFT:
            raise ValueError(f"blocks of 2^{shift} records: 2^1 to 2^{MOST_SHIFT}")
        self.shift = shift
        self.place = _place()
        if self.place == NULL:
            raise MemoryError("no memory for a summary of blocks")

    def __dealloc__(self):
        self._drop()
        free(self.place)

    cdef int _drop(self) except -1:
        cdef int level
        for level in range(LEVELS):
            free(self.made[level].block)
            free(self.made[level].pages)
            self.made[level] = Made(0, 0, 0, NULL, NULL)
        return 0

    @property
    def records(self):
        """How many were added."""
        return self.added

    def add(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
            const uint16_t[::1] accesses, const uint32_t[::1] fetches, uint8_t[::1] pages=None):
        """The next records, any number of them. They are checked and counted on the way.

        What is returned, and what `pages` is, says `columns.scan`. A summary with a bad record in it is of no use.
        """
        cdef int64_t n = fetch_page.shape[0]
        cdef Counts counts = Counts(0, 0, 0, 0)
        cdef int64_t bad = -1
        cdef int failed
        if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == n):
            raise ValueError("the five columns of a reference stream must have the same length")
        if pages is not None and pages.shape[0] != PAGE + 1:
            raise ValueError("a page map has 2^20 bytes")
        if n == 0:
            return -1, 0, 0, 0
        if self.added + n >= MOST_RECORDS:
            self._drop()
            self.added += n
            return scan(fetch_page, data_page, kind, accesses, fetches, bytearray(PAGE + 1) if pages is None else pages)
        with nogil:
            failed = self._take(&fetch_page[0], &data_page[0], &kind[0], &accesses[0], &fetches[0], n,
                                NULL if pages is None else &pages[0], &counts)
        if failed:
            raise MemoryError("no memory for a summary of blocks")
        if counts.bad:
            bad = 0
            while not is_bad(fetch_page[bad], data_page[bad], kind[bad], accesses[bad], fetches[bad]):
                bad += 1
        return bad, counts.fetches, counts.accesses - counts.stores, counts.stores

    cdef int _take(self, const uint32_t *fetch_page, const uint32_t *data_page, const uint8_t *kind,
                   const uint16_t *accesses, const uint32_t *fetches, int64_t n, uint8_t *pages,
                   Counts *counts) noexcept nogil:
        """Blocks that begin, go on or end with these records. Nonzero: memory is out."""
        cdef Made *made = &self.made[0]
        cdef int64_t size = <int64_t>1 << self.shift
        cdef int64_t at = 0, part
        cdef Block begun = Block(0, 0, 0, 0) if made.block == NULL else made.block[made.blocks]
        if _more(made, (n >> self.shift) + 1):
            return -1
        made.block[made.blocks] = begun
        while at < n:
            if self.added & (size - 1) == 0:
                made.block[made.blocks].first = <uint32_t>made.used
            part = min(n - at, size - (self.added & (size - 1)))
            if _room(made, 2 * part):
                return -1
            _of_records(made, self.place, fetch_page + at, data_page + at, kind + at, accesses + at, fetches + at, part,
                        counts)
            if pages != NULL:
                _touch(pages, made)
            at += part
            self.added += part
            if self.added & (size - 1) == 0:
                made.blocks += 1
        return 0

    def words(self):
        """Of what was added, as bytes. Nothing can be added after it."""
        cdef int64_t words = HEAD
        cdef int level, failed = 0
        cdef int levels = LEVELS if self.added < MOST_RECORDS else 0
        if levels and self.added & ((1 << self.shift) - 1):
            _leave_out(&self.made[0], self.place)
        for level in range(levels):
            with nogil:
                failed = _closed(&self.made[0]) if level == 0 else \
                    _of_blocks(&self.made[level], &self.made[level - 1], self.place, self.shift)
            if failed:
                raise MemoryError("no memory for a summary of blocks")
            words += 2 + (self.made[level].blocks + 1) * WORDS_OF_BLOCK + self.made[level].used
        return _packed(self.made, levels, self.shift, self.added, words)


cdef bytes _packed(Made *made, int levels, int shift, int64_t records, int64_t words):
    cdef bytes packed = PyBytes_FromStringAndSize(NULL, words * 4)
    cdef uint32_t *at = <uint32_t *>PyBytes_AS_STRING(packed)
    cdef int level
    at[0] = shift
    at[1] = levels
    at[2] = <uint32_t>(records & FULL)
    at[3] = <uint32_t>(records >> 32)
    at += HEAD
    for level in range(levels):
        at[0] = <uint32_t>made[level].blocks
        at[1] = <uint32_t>made[level].used
        at += 2
    for level in range(levels):
        memcpy(at, made[level].block, (made[level].blocks + 1) * sizeof(Block))
        at += (made[level].blocks + 1) * WORDS_OF_BLOCK
        if made[level].used:     # else there may be no list, and memcpy takes no NULL
            memcpy(at, made[level].pages, made[level].used * 4)
        at += made[level].used
    return packed


cdef inline uint32_t _sum(uint32_t a, uint64_t b) noexcept nogil:
    return <uint32_t>(a + b) if a + b < FULL else FULL


cdef uint32_t *_place() noexcept nogil:
    """By page number, where it was named last, plus 1."""
    return <uint32_t *>calloc(PAGE + 1, 4)


cdef int _more(Made *made, int64_t blocks) noexcept nogil:
    """Room for so many more blocks and for the end of the last, all zero. Nonzero: memory is out."""
    cdef Block *grown = <Block *>realloc(made.block, (made.blocks + blocks + 1) * sizeof(Block))
    if grown == NULL:
        return -1
    made.block = grown
    memset(&grown[made.blocks], 0, (blocks + 1) * sizeof(Block))
    return 0


cdef int _closed(Made *made) noexcept nogil:
    """Say where the pages of the last block end. Nonzero: memory is out."""
    if made.block == NULL and _more(made, 0):
        return -1
    made.block[made.blocks].first = <uint32_t>made.used
    return 0


cdef void _leave_out(Made *made, uint32_t *place) noexcept nogil:
    """Forget the block in the making: what is not whole is in none."""
    cdef Block *block = &made.block[made.blocks]
    while made.used > block.first:
        made.used -= 1
        place[made.pages[made.used] & PAGE] = 0
    memset(block, 0, sizeof(Block))


cdef inline int _room(Made *made, int64_t more) noexcept nogil:
    cdef uint32_t *grown
    if made.used + more <= made.room:
        return 0
    made.room = 2 * made.room + more + 1024
    grown = <uint32_t *>realloc(made.pages, made.room * 4)
    if grown == NULL:
        return -1
    made.pages = grown
    return 0


cdef inline int64_t _name(uint32_t *pages, int64_t used, uint32_t *place, uint32_t first, uint32_t page,
                          uint32_t flags) noexcept nogil:
    """The block whose pages begin at `first` has this page, with its flags. How many pages there are now."""
    cdef uint32_t last = place[page]
    if last > first:
        pages[last - 1] |= flags
        return used
    pages[used] = page | flags
    place[page] = <uint32_t>used + 1
    return used + 1


cdef void _of_records(Made *made, uint32_t *place, const uint32_t *fetch_page, const uint32_t *data_page,
                      const uint8_t *kind, const uint16_t *accesses, const uint32_t *fetches, int64_t n,
                      Counts *counts) noexcept nogil:
    """More records for the block in the making. There is room for two pages of each."""
    cdef Block *block = &made.block[made.blocks]
    cdef uint32_t *pages = made.pages
    cdef uint32_t first = block.first, page, last = FULL, bad = 0
    cdef uint64_t fetched = 0, accessed = 0, stored = 0
    cdef int64_t i, used = made.used
    for i in range(n):
        bad |= is_bad(fetch_page[i], data_page[i], kind[i], accesses[i], fetches[i])
        fetched += fetches[i]
        accessed += accesses[i]
        stored += accesses[i] if kind[i] else 0
        page = fetch_page[i] & PAGE
        if fetches[i] and page != last:     # mostly it is the page of the record before
            last = page
            used = _name(pages, used, place, first, page, FETCHED)
        if accesses[i]:
            used = _name(pages, used, place, first, data_page[i] & PAGE, ACCESSED)
    made.used = used
    block.fetches = _sum(block.fetches, fetched)
    block.accesses = _sum(block.accesses, accessed)
    block.stores = _sum(block.stores, stored)
    counts.fetches += fetched
    counts.accesses += accessed
    counts.stores += stored
    counts.bad |= bad


cdef void _touch(uint8_t *map, const Made *made) noexcept nogil:
    """Note in a map the pages of the block in the making."""
    cdef int64_t k
    cdef uint32_t page
    for k in range(made.block[made.blocks].first, made.used):
        page = made.pages[k]
        map[page & PAGE] |= (CODE if page & FETCHED else 0) | (DATA if page & ACCESSED else 0)


cdef int _of_blocks(Made *made, const Made *below, uint32_t *place, int shift) noexcept nogil:
    """A level from the one below it. Nonzero: memory is out."""
    cdef Block *block
    cdef const Block *part
    cdef int64_t b, i, blocks = below.blocks >> shift
    cdef uint32_t k
    if below.used > PAGE >> 4:
        memset(place, 0, (PAGE + 1) * sizeof(uint32_t))  # of this level now
    else:
        for i in range(below.used):
            place[below.pages[i] & PAGE] = 0
    if _more(made, blocks):
        return -1
    for b in range(blocks):
        block = &made.block[made.blocks]
        block.first = <uint32_t>made.used
        for i in range(b << shift, (b + 1) << shift):
            part = &below.block[i]
            if _room(made, part[1].first - part.first):
                return -1
            block.fetches = _sum(block.fetches, part.fetches)
            block.accesses = _sum(block.accesses, part.accesses)
            block.stores = _sum(block.stores, part.stores)
            for k in range(part.first, part[1].first):
                made.used = _name(made.pages, made.used, place, block.first, below.pages[k] & PAGE, below.pages[k] & ~PAGE)
        made.blocks += 1
    return _closed(made)
