# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of streams, so that a core can pass over whole blocks of records whose pages it holds.

One array of words holds a summary: a head, then for each level its blocks and the pages that they name. So it can be
stored as it is and mapped again.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset

from simobjects.cext.traces.records cimport CODE, DATA, is_bad

from array import array

from simobjects.cext.traces.columns import scan

cdef extern from *:
    """
    #include <stdint.h>
    #include <sys/mman.h>
    static void in_large_pages(void *list, size_t bytes)
    {
    #ifdef MADV_HUGEPAGE
        uintptr_t first = ((uintptr_t)list + 4095) & ~(uintptr_t)4095;
        uintptr_t end = ((uintptr_t)list + bytes) & ~(uintptr_t)4095;
        madvise((void *)first, end - first, MADV_HUGEPAGE);
    #else
        (void)list, (void)bytes;
    #endif
    }
    """
    void in_large_pages(void *list, size_t bytes) noexcept nogil

cdef enum:
    HEAD = 4                 # shift, levels, records (two words); then two words of each level: blocks, pages
    MOST_SHIFT = 10
    WORDS_OF_BLOCK = sizeof(Block) // 4

cdef struct Open:            # of the block in the making
    int64_t early            # pages named before its last fetch, on the level
    bint odd                 # it has an odd record

cdef struct Counts:          # of records
    uint64_t fetches, accesses, stores
    uint32_t bad             # not 0: one of them is

cdef enum:
    LARGE = 32 << 20         # bytes that no allocator keeps among small things

cdef int64_t MOST_RECORDS = <int64_t>1 << 31    # two pages of each can still be numbered in a word
cdef uint32_t FULL = 0xFFFFFFFFu

SHIFT = 5                    # 32, 1,024 and 32,768 records: measured, docs/fast.md


cdef struct Made:            # a level in the making
    int64_t blocks, block_room
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
        """[(fetches, accesses, stores, [(page, fetched, accessed, first, late), ...], odd)] of the blocks of a level.

        `number`: 0 is that of the smallest; `first`: what the first reference is, "load", "store" or "fetch"; `late`: no
        fetch of the block comes behind that; `odd`: some record accesses oftener than it fetches, or names a page of data
        that it does not access.
        """
        cdef const Level *level
        cdef int64_t b
        if not 0 <= number < self.summary.levels:
            raise IndexError(f"level {number} of {self.summary.levels}")
        level = &self.summary.level[number]
        pages = [(level.pages[k] & PAGE, bool(level.pages[k] & FETCHED), bool(level.pages[k] & ACCESSED),
                  "fetch" if level.pages[k] & FETCH_FIRST else "store" if level.pages[k] & STORE_FIRST else "load",
                  bool(level.pages[k] & LATE)) for k in range(level.block[level.blocks].first)]
        return [(level.block[b].fetches, level.block[b].accesses, level.block[b].stores,
                 pages[level.block[b].first:level.block[b + 1].first],
                 level.block[b].first < level.block[b + 1].first and bool(level.pages[level.block[b].first] & ODD))
                for b in range(level.blocks)]

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
    cdef Open open
    cdef bint closed
    cdef uint32_t *place         # by page number, where it was named last, counted from 1 over all levels
    cdef uint8_t *unasked        # a map of pages for who has none

    def __cinit__(self, int shift=SHIFT):
        if not 1 <= shift <= MOST_SHIFT:
            raise ValueError(f"blocks of 2^{shift} records: 2^1 to 2^{MOST_SHIFT}")
        self.shift = shift
        self.place = <uint32_t *>calloc(PAGE + 1, sizeof(uint32_t))
        self.unasked = <uint8_t *>calloc(PAGE + 1, 1)
        if self.place == NULL or self.unasked == NULL:
            raise MemoryError("no memory for a summary of blocks")

    def __dealloc__(self):
        self._drop()
        free(self.place)
        free(self.unasked)

    cdef int _drop(self) except -1:
        cdef int level
        for level in range(LEVELS):
            free(self.made[level].block)
            free(self.made[level].pages)
            self.made[level] = Made(0, 0, 0, 0, NULL, NULL)
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
        if self.closed:
            raise ValueError("this summary has its end already")
        if n == 0:
            return -1, 0, 0, 0
        if self.added + n >= MOST_RECORDS:
            self._drop()
            self.added += n
            return scan(fetch_page, data_page, kind, accesses, fetches, bytearray(PAGE + 1) if pages is None else pages)
        with nogil:
            failed = self._take(&fetch_page[0], &data_page[0], &kind[0], &accesses[0], &fetches[0], n,
                                self.unasked if pages is None else &pages[0], &counts)
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
        if _block_room(made, (n >> self.shift) + 2) or _room(made, 2 * n):
            return -1
        while at < n:
            if self.added & (size - 1) == 0:
                made.block[made.blocks] = Block(0, 0, 0, <uint32_t>made.used)
                self.open = Open(made.used, False)
            part = min(n - at, size - (self.added & (size - 1)))
            _of_records(made, &self.open, self.place, pages, fetch_page + at, data_page + at, kind + at, accesses + at,
                        fetches + at, part, counts)
            at += part
            self.added += part
            if self.added & (size - 1) == 0:
                _end_block(made, &self.open)
        return 0

    def parts(self):
        """Of what was added, the words in pieces that follow each other. Nothing can be added any more."""
        cdef int level
        cdef int levels = LEVELS if self.added < MOST_RECORDS else 0
        if not self.closed:
            self.closed = True
            if levels and self.close(levels):
                raise MemoryError("no memory for a summary of blocks")
        head = [self.shift, levels, self.added & FULL, self.added >> 32]
        made = []
        for level in range(levels):
            head += [self.made[level].blocks, self.made[level].used]
            made += [_part(self, self.made[level].block, (self.made[level].blocks + 1) * sizeof(Block)),
                     _part(self, self.made[level].pages, self.made[level].used * sizeof(uint32_t))]
        return [array("I", head).tobytes(), *made]

    cdef int close(self, int levels) noexcept nogil:
        """Make what is above the smallest blocks. Nonzero: memory is out."""
        cdef Made *made = &self.made[0]
        cdef int64_t named = made.used     # pages, on this level and below, also those that are left out
        cdef int level
        if self.added & ((1 << self.shift) - 1):
            made.used = made.block[made.blocks].first     # a block that is not whole is none
        if _close(made):
            return -1
        for level in range(1, levels):
            if _of_blocks(&self.made[level], &self.made[level - 1], self.place, self.shift, named):
                return -1
            if _close(&self.made[level]):
                return -1
            named += self.made[level].used
        return 0

    def words(self):
        """What `parts` has, as bytes."""
        return b"".join(self.parts())


cdef class Part:
    """A piece of a maker's memory, which is kept as long as somebody looks at it."""

    cdef BlockMaker owner
    cdef const void *data
    cdef int64_t size

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, <void *>self.data, self.size, 1, flags)


cdef object _part(BlockMaker owner, const void *data, int64_t size):
    cdef Part made = Part.__new__(Part)
    made.owner = owner
    made.data = data
    made.size = size
    return memoryview(made)


cdef inline uint32_t _sum(uint32_t a, uint64_t b) noexcept nogil:
    return <uint32_t>(a + b) if a + b < FULL else FULL


cdef void *_grown(void *list, int64_t *room, int64_t wanted, size_t width) noexcept nogil:
    """Room for so many things of `width` bytes, NULL: memory is out.

    What becomes large is LARGE at once: then the system moves it, which is no copy, and gives memory where it is written
    to, in large pages if it can.
    """
    cdef int64_t large = LARGE // width
    cdef int64_t more = 2 * room[0] + wanted + 256
    cdef void *grown = list
    if wanted > room[0]:
        if more > large >> 6:
            more = max(more, large)
        grown = realloc(list, more * width)
        if grown != NULL:
            room[0] = more
            if more >= large:
                in_large_pages(grown, more * width)
    return grown


cdef int _block_room(Made *made, int64_t more) noexcept nogil:
    """For so many more blocks. Nonzero: memory is out."""
    cdef void *grown = _grown(made.block, &made.block_room, made.blocks + more, sizeof(Block))
    if grown == NULL:
        return -1
    made.block = <Block *>grown
    return 0


cdef int _room(Made *made, int64_t more) noexcept nogil:
    """For so many more pages. Nonzero: memory is out."""
    cdef void *grown = _grown(made.pages, &made.room, made.used + more, sizeof(uint32_t))
    if grown == NULL and made.used + more:
        return -1
    made.pages = <uint32_t *>grown
    return 0


cdef int _close(Made *made) noexcept nogil:
    """Say where the pages of the last block end. Nonzero: memory is out."""
    if _block_room(made, 1):
        return -1
    made.block[made.blocks] = Block(0, 0, 0, <uint32_t>made.used)
    return 0


cdef void _end_block(Made *made, const Open *open) noexcept nogil:
    cdef int64_t i
    for i in range(open.early, made.used):
        made.pages[i] |= LATE
    if open.odd and made.used > made.block[made.blocks].first:   # else its records refer to nothing
        made.pages[made.block[made.blocks].first] |= ODD
    made.blocks += 1


cdef struct Namer:
    uint32_t *pages
    uint32_t *place
    uint8_t *map
    uint32_t first           # the pages of the block begin there


cdef inline int64_t _name(const Namer *to, int64_t used, uint32_t page, uint32_t done, uint32_t how,
                          uint8_t noted) noexcept nogil:
    """The block has this page; `how` counts when it is new. How many pages there are now."""
    cdef uint32_t named = to.place[page]
    if named <= to.first:
        to.pages[used] = page | done | how
        used += 1
        to.place[page] = <uint32_t>used
        to.map[page] |= noted
    elif to.pages[named - 1] & done == 0:
        to.pages[named - 1] |= done
        to.map[page] |= noted
    return used


cdef inline int64_t _name_code(const Namer *to, int64_t used, uint32_t page) noexcept nogil:
    return _name(to, used, page & PAGE, FETCHED, FETCH_FIRST, CODE)


cdef inline int64_t _name_data(const Namer *to, int64_t used, uint32_t page, uint32_t kind) noexcept nogil:
    return _name(to, used, page & PAGE, ACCESSED, STORE_FIRST if kind else 0, DATA)


cdef int64_t _last_fetch(Namer by_value, int64_t used, uint32_t code, uint32_t data, uint32_t kind, uint32_t n,
                         uint32_t m, int64_t *early) noexcept nogil:
    """A record that fetches; `early`: how many pages are named before its last fetch.

    Of m fetches and n accesses the first is a fetch if m >= n; behind the first access come m - m // n fetches.
    """
    cdef const Namer *to = &by_value
    if n > m:
        used = _name_data(to, used, data, kind)
    early[0] = used
    used = _name_code(to, used, code)
    if m > 1:
        early[0] = used
    if n and n <= m:
        used = _name_data(to, used, data, kind)
        if n > 1:
            early[0] = used
    return used


cdef void _of_records(Made *made, Open *open, uint32_t *place, uint8_t *map, const uint32_t *fetch_page,
                      const uint32_t *data_page, const uint8_t *kind, const uint16_t *accesses,
                      const uint32_t *fetches, int64_t n, Counts *counts) noexcept nogil:
    """More records for the block in the making. There is room for two pages of each."""
    cdef Block *block = &made.block[made.blocks]
    cdef Namer to = Namer(made.pages, place, map, block.first)
    cdef uint32_t code, previous = FULL, bad = 0, odd = 0
    cdef uint64_t fetched = 0, accessed = 0, stored = 0
    cdef int64_t i, last = n - 1, used = made.used
    while last >= 0 and fetches[last] == 0:
        last -= 1                           # the last one that fetches, if any does
    for i in range(n):
        bad |= (fetch_page[i] | data_page[i]) & ~PAGE | kind[i] & ~1
        fetched += fetches[i]
        accessed += accesses[i]
        stored += accesses[i] if kind[i] else 0
        odd |= accesses[i] > fetches[i]
        code = fetch_page[i] & PAGE
        if i == last:
            used = _last_fetch(to, used, code, data_page[i], kind[i], accesses[i], fetches[i], &open.early)
        elif fetches[i] and code != previous:    # mostly it is the page of the record before
            previous = code
            if accesses[i] > fetches[i] and place[code] <= to.first:
                used = _name_data(&to, used, data_page[i], kind[i])
            used = _name_code(&to, used, code)
        if accesses[i]:
            used = _name_data(&to, used, data_page[i], kind[i])
        else:
            bad |= data_page[i] | kind[i] | (fetches[i] == 0)
            odd |= data_page[i] != 0
    open.odd |= odd != 0
    made.used = used
    block.fetches = _sum(block.fetches, fetched)
    block.accesses = _sum(block.accesses, accessed)
    block.stores = _sum(block.stores, stored)
    counts.fetches += fetched
    counts.accesses += accessed
    counts.stores += stored
    counts.bad |= bad


cdef int _of_blocks(Made *made, const Made *below, uint32_t *place, int shift, int64_t base) noexcept nogil:
    """A level from the one below it; `base` pages were named before. Nonzero: memory is out."""
    cdef Block sums
    cdef const Block *part
    cdef const uint32_t *listed = below.pages
    cdef uint32_t *pages
    cdef int64_t b, i, late, used = 0, blocks = below.blocks >> shift
    cdef uint32_t k, word, named, first
    if base + below.used > FULL:
        memset(place, 0, (PAGE + 1) * sizeof(uint32_t))
        base = 0
    if _block_room(made, blocks + 1) or _room(made, below.used):
        return -1
    pages = made.pages
    for b in range(blocks):
        first = <uint32_t>(base + used)
        late = used
        sums = Block(0, 0, 0, <uint32_t>used)
        for i in range(b << shift, (b + 1) << shift):
            part = &below.block[i]
            if part.fetches:
                late = used
            sums.fetches = _sum(sums.fetches, part.fetches)
            sums.accesses = _sum(sums.accesses, part.accesses)
            sums.stores = _sum(sums.stores, part.stores)
            for k in range(part.first, part[1].first):
                word = listed[k]
                named = place[word & PAGE]
                if named > first:
                    pages[named - base - 1] |= word & (FETCHED | ACCESSED)
                else:
                    pages[used] = word & ~<uint32_t>ODD
                    used += 1
                    place[word & PAGE] = <uint32_t>(base + used)
            if part[1].first > part.first:
                pages[sums.first] |= listed[part.first] & ODD
        for i in range(sums.first, late):        # a fetch of a later part comes behind these
            pages[i] &= ~<uint32_t>LATE
        made.block[b] = sums
    made.blocks = blocks
    made.used = used
    return 0
