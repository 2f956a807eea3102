# SPDX-License-Identifier: BSD-3-Clause
"""A software-managed, fully associative TLB in the 440's entry format (any size from 1 to 4096).

Nobody overrides the methods that are `inline`, so they call each other directly.
"""

from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset

from simobjects.cext.core.slot_index cimport END, PAGE_4K, SHORT_LIST, chain_of, index_free, index_make
from simobjects.cext.core.stays cimport Stays
from simobjects.cext.core.zeroed cimport give_back, zeroed

cdef int MAX_FILLS = 1 << 22   # beyond this every remembered cell is dropped: only pathological overlaps get here

cdef enum:
    MAP_BYTES = 2 * GRANULES
    MOST_SPARE = 8         # 16 MiB, of which the next machine writes where the last one did

cdef uint16_t *spare[MOST_SPARE]     # maps of no context, in which every cell is 0
cdef int spares = 0
cdef Stays *spare_stays[MOST_SPARE]   # of no TLB
cdef int spares_of_stays = 0


cdef uint16_t *_take_map() noexcept nogil:
    """A map in which every cell is 0; NULL when memory is out."""
    global spares
    with gil:              # which keeps the spare ones from two threads
        if spares:
            spares -= 1
            return spare[spares]
    return <uint16_t *>zeroed(MAP_BYTES)


cdef void _give_map(uint16_t *cells) noexcept:
    """A map that no context needs any more, and in which no slot answers for a cell."""
    global spares
    if spares < MOST_SPARE:
        spare[spares] = cells
        spares += 1
    else:
        give_back(cells, MAP_BYTES)


cdef Stays *_take_stays() noexcept nogil:
    """In which nothing is known; NULL when memory is out."""
    global spares_of_stays
    with gil:
        if spares_of_stays:
            spares_of_stays -= 1
            return spare_stays[spares_of_stays]
    return <Stays *>zeroed(sizeof(Stays))


cdef void _give_stays(Stays *stays) noexcept:
    """That no TLB needs any more."""
    global spares_of_stays
    if stays != NULL and spares_of_stays < MOST_SPARE:
        stays.context = NULL
        spare_stays[spares_of_stays] = stays
        spares_of_stays += 1
    else:
        give_back(stays, sizeof(Stays))


cdef class TranslationArray(Stateful):
    def __cinit__(self, int entries):
        if not 1 <= entries <= 4096:
            raise ValueError(f"a TLB has 1 to 4096 entries, not {entries}")
        cdef int padded = (entries + 15) & ~15
        self.entries = entries
        self.w0 = <uint32_t *>calloc(padded, 4)
        self.w1 = <uint32_t *>calloc(padded, 4)
        self.w2 = <uint32_t *>calloc(padded, 4)
        self.tid = <uint8_t *>calloc(padded, 1)
        self.key = <uint32_t *>calloc(padded, 4)
        self.mask = <uint32_t *>calloc(padded, 4)
        self.tag = <uint32_t *>calloc(padded, 4)
        self.fills = <int32_t *>calloc(padded, 4)
        self.watched = <uint8_t *>calloc(padded, 1)
        self.changed = NULL
        if (self.w0 == NULL or self.w1 == NULL or self.w2 == NULL or self.tid == NULL or self.key == NULL
                or self.mask == NULL or self.tag == NULL or self.fills == NULL
                or self.watched == NULL or not index_make(&self.index, padded)):
            raise MemoryError("no memory for a TLB")
        cdef int i
        for i in range(padded):
            self.key[i] = 1
            self.fills[i] = -1
        self.pool = NULL
        self.pool_size = 0
        self.pool_free = -1
        self.small_pages = 0
        self.n_known = 0
        self.stays = NULL

    def __dealloc__(self):
        cdef int i
        if self.n_known:
            for i in range(self.entries):
                self.drop_fills(i)
        for i in range(self.n_known):
            _give_map(self.known[i].cells)
            free(self.known[i])
        free(self.w0)
        free(self.w1)
        free(self.w2)
        free(self.tid)
        free(self.key)
        free(self.mask)
        free(self.tag)
        free(self.fills)
        free(self.watched)
        index_free(&self.index)
        free(self.pool)
        _give_stays(self.stays)

    cdef Context *_make_context(self, int index) noexcept nogil:
        """A map in which every granule has to be searched for."""
        cdef Context *made = <Context *>calloc(1, sizeof(Context))
        if made == NULL:
            return NULL
        made.cells = _take_map()
        if made.cells == NULL:
            free(made)
            return NULL
        made.as_ = index >> 9
        made.pr = index >> 8 & 1
        made.pid = index & 255
        self.contexts[index] = made
        self.known[self.n_known] = made
        self.n_known += 1
        return made

    cdef Stays *take_stays(self) noexcept nogil:
        """Where a pass notes how long pages stay; NULL only when memory is out."""
        if self.stays == NULL:
            self.stays = _take_stays()
        return self.stays

    cdef void leave_stays(self) noexcept:
        """A run is over: another TLB may have them."""
        _give_stays(self.stays)
        self.stays = NULL

    cdef int _scan(self, uint32_t shared, uint32_t own, uint32_t ea) noexcept nogil:
        """The same over the whole array: a block of entries at a time, without branches inside."""
        cdef const uint32_t *mask = self.mask
        cdef const uint32_t *key = self.key
        cdef const uint32_t *tag = self.tag
        cdef int padded = (self.entries + 15) & ~15
        cdef int base, end, j
        cdef uint32_t found
        for base in range(0, padded, 64):
            end = base + 64 if base + 64 < padded else padded
            found = 0
            for j in range(base, end):
                found |= ((ea & mask[j]) == key[j]) & ((tag[j] == shared) | (tag[j] == own))
            if found:
                j = base
                while (ea & mask[j]) != key[j] or (tag[j] != shared and tag[j] != own):
                    j += 1
                return j
        return -1

    cdef inline int resolve(self, Context *context, uint32_t ea) noexcept nogil:
        """Search, and remember the answer for the granule when it holds for all of it, whatever it permits."""
        cdef int slot = self.search(context.as_, context.pid, ea)
        if slot >= 0 and not self.small_pages:
            self.remember(slot, &context.cells[ea >> GRANULE_SHIFT])
        return slot

    cdef bint _make_room(self) noexcept nogil:
        """Free places in the pool of fills; False when memory is out."""
        cdef int32_t i
        cdef int32_t size = self.pool_size * 2 if self.pool_size else 1024
        cdef Fill *grown
        if size > MAX_FILLS:
            for i in range(self.entries):
                self.drop_fills(i)
            return True
        grown = <Fill *>realloc(self.pool, size * sizeof(Fill))
        if grown == NULL:
            return False
        self.pool = grown
        for i in range(self.pool_size, size):
            grown[i].next = i + 1 if i + 1 < size else -1
        self.pool_free = self.pool_size
        self.pool_size = size
        return True

    cdef inline void _clear_range(self, int slot) noexcept nogil:
        """A new entry may be a lower index for granules that others answer for, or make them ambiguous."""
        cdef uint32_t first = self.key[slot] >> GRANULE_SHIFT
        cdef uint32_t count = (~self.mask[slot] >> GRANULE_SHIFT) + 1
        cdef int ts = self.tag[slot] >> 8
        cdef int tid = self.tag[slot] & 255
        cdef int i
        for i in range(self.n_known):
            if self.known[i].as_ == ts and (tid == 0 or self.known[i].pid == tid):
                if count == 1:
                    self.known[i].cells[first] = 0
                else:
                    memset(&self.known[i].cells[first], 0, count * 2)

    cdef inline bint _overlaps(self, int slot) noexcept nogil:
        """Whether a valid entry shares an address with another valid one that can match at the same time."""
        cdef int other = self.index.first[chain_of(self.key[slot])]
        cdef int i
        if self.mask[slot] != PAGE_4K or self.index.n_others > SHORT_LIST:
            return self._overlaps_any(slot)
        while other != END:
            if other != slot and self.meet(slot, other):
                return True
            other = self.index.next[other]
        for i in range(self.index.n_others):
            if self.meet(slot, self.index.others[i]):
                return True
        return False

    cdef inline bint meet(self, int slot, int other) noexcept nogil:
        """Whether two entries are valid and match at the same time for some address and PID."""
        return self._meets(other, self.key[slot], self.mask[slot], self.tag[slot])

    cdef inline bint _meets(self, int other, uint32_t key, uint32_t mask, uint32_t tag) noexcept nogil:
        """The same of an entry and one that would be."""
        cdef uint32_t common = mask & self.mask[other]
        cdef uint32_t apart = tag ^ self.tag[other]
        if common == 0 or (key ^ self.key[other]) & common or apart >= 0x100:
            return False
        return apart == 0 or tag & 255 == 0 or self.tid[other] == 0

    cdef bint _overlaps_any(self, int slot) noexcept nogil:
        """The same by a look at every entry."""
        cdef const uint32_t *masks = self.mask
        cdef const uint32_t *keys = self.key
        cdef const uint32_t *tags = self.tag
        cdef uint32_t key = keys[slot]
        cdef uint32_t mask = masks[slot]
        cdef uint32_t tag = tags[slot]
        cdef uint32_t any_tid = (tag & 255) == 0
        cdef uint32_t found = 0
        cdef uint32_t apart
        cdef int padded = (self.entries + 15) & ~15
        cdef int i
        for i in range(padded):    # the entries beyond the last never match
            apart = tag ^ tags[i]
            found += (((key ^ keys[i]) & mask & masks[i]) == 0) & (masks[i] != 0) & (apart < 0x100) & (
                any_tid | (apart == 0) | ((tags[i] & 255) == 0))
        return found > 1   # it always meets itself

    cdef void watch(self, Changed changed, void *watcher) noexcept nogil:
        """Have `changed` called before a watched slot changes, and with slot -1 when a write makes entries overlap."""
        self.changed = changed
        self.watcher = watcher

    cdef inline void _changing(self, int slot) noexcept nogil:
        if self.watched[slot] and self.changed != NULL:
            self.changed(self.watcher, slot)

    cdef inline void _store(self, int slot, uint32_t w0, int tid) noexcept nogil:
        """Word 0 and TID, with everything derived from them; a watcher, who is rare, is told apart from the rest."""
        if self.watched[slot]:
            self._store_seen(slot, w0, tid)
        else:
            self._place(slot, w0, tid)

    cdef void _store_seen(self, int slot, uint32_t w0, int tid) noexcept nogil:
        self._changing(slot)
        self._place(slot, w0, tid)

    cdef inline void _place(self, int slot, uint32_t w0, int tid) noexcept nogil:
        self.withdraw(slot)
        self.put(slot, w0, tid)
        if self.mask[slot]:
            self._judge(slot)

    cdef inline void _judge(self, int slot) noexcept nogil:
        """A valid entry was stored: if it overlaps another one, that is counted, and cells are cleared.

        A cell that answers says that a valid entry covers it, so who overlaps none has no cell to clear.
        """
        if self._overlaps(slot):
            self._clear_range(slot)
            self.overlapping_write()

    cdef void write_word(self, int slot, int word, uint32_t value, int tid) noexcept nogil:
        """One tlbwe: word 0 takes the TID along."""
        self.tlbwe += 1
        if word == 0:
            self._store(slot, value & WORD0_MASK, tid)
            return
        self._changing(slot)
        if word == 1:
            self.w1[slot] = value
        else:
            self.drop_fills(slot)   # permissions may have changed
            self.w2[slot] = value
        if self.overlapped and self.mask[slot] and self._overlaps(slot):
            self.overlapping_write()

    cdef void write_entry(self, int slot, uint32_t w0, uint32_t w1, uint32_t w2, int tid) noexcept nogil:
        """Three tlbwe that form one entry."""
        self.tlbwe += 3
        self._changing(slot)
        self.w1[slot] = w1
        self.w2[slot] = w2
        self._store(slot, w0 & WORD0_MASK, tid)

    cdef void overlapping_write(self) noexcept nogil:
        """A write has left an entry that overlaps another: whoever keeps translations has to search again."""
        self.overlapping_writes += 1
        self.overlapped = True
        if self.changed != NULL:
            self.changed(self.watcher, -1)

    cdef bint meets_none(self, int slot, uint32_t w0, int tid) noexcept nogil:
        """Whether a valid entry of 4 KiB would overlap no other one in this slot; False also where that takes long."""
        cdef uint32_t key = w0 & PAGE_4K
        cdef uint32_t tag = ((w0 >> 8) & 1) << 8 | <uint32_t>(tid & 255)
        cdef int other = self.index.first[chain_of(key)]
        cdef int i
        if size_mask(w0) != PAGE_4K or self.index.n_others > SHORT_LIST:
            return False
        while other != END:
            if other != slot and self._meets(other, key, PAGE_4K, tag):
                return False
            other = self.index.next[other]
        for i in range(self.index.n_others):
            if self.index.others[i] != slot and self._meets(self.index.others[i], key, PAGE_4K, tag):
                return False
        return True

    cdef void write_briefly(self, int slot, uint32_t w1, uint32_t w2, int tid) noexcept nogil:
        """Three tlbwe of a valid entry that overlaps no other one, and the tlbwe that makes it invalid again."""
        self.tlbwe += 4
        self._changing(slot)
        self.w1[slot] = w1
        self.w2[slot] = w2
        self._store(slot, 0, tid)

    cdef void invalidate(self, int slot) noexcept nogil:
        """One tlbwe of word 0 with V clear. The entry's other words stay, as in the array."""
        self.tlbwe += 1
        self._store(slot, 0, self.tid[slot])

    cdef void lose(self, int slot) noexcept nogil:
        """The same without a tlbwe: the hardware's own doing."""
        self._store(slot, 0, self.tid[slot])

    cdef void derive_all(self) noexcept nogil:
        """Everything that is derived from the entries, anew; no write is counted."""
        cdef int64_t overlapping = self.overlapping_writes
        cdef bint overlapped = self.overlapped
        cdef int slot
        if self.changed != NULL:
            self.changed(self.watcher, -1)
        for slot in range(self.entries):
            self._store(slot, self.w0[slot] & WORD0_MASK, self.tid[slot])
        self.overlapping_writes = overlapping
        self.overlapped = overlapped
        for slot in range(self.entries):
            if self.mask[slot] and self._overlaps(slot):
                self.overlapped = True
