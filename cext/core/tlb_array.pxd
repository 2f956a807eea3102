# SPDX-License-Identifier: BSD-3-Clause
"""The translation array shared by HardwareTLB and GuestTLB, with an exact residency index.

Replacement under Linux is round robin: a hit changes no state. So all the fast path has to know is whether a
granule (4 KiB) is resident, and that is one load from the map of the context (AS, PR, PID) that looks up.
A map cell holds slot + 1 of the *lowest-index* matching entry, or 0 for "search the array"; a cell is only
ever filled by a search and cleared by every write that could change its answer, so it is never wrong.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport PAGE_SIZES, W0_VALID
from simobjects.cext.core.slot_index cimport END, PAGE_4K, SHORT_LIST, SlotIndex, chain_of, index_add, index_remove
from simobjects.cext.core.stays cimport Stays
from simobjects.cext.arch.state cimport Stateful

cdef enum:
    GRANULE_SHIFT = 12
    GRANULES = 1 << 20
    PAGE_1K = 0xFFFFFC00      # the mask of an entry that is finer than a cell
    WORD0_MASK = 0xFFFFFFF0   # TPAR is not written by tlbwe

cdef struct Context:
    uint16_t *cells       # GRANULES cells, zeroed lazily by the kernel
    int as_
    int pr
    int pid

cdef struct Fill:         # one cell that a slot answers for
    uint16_t *cell
    int32_t next

# Told of a slot whose translation is about to change, while the slot's flag in `watched` is set; -1: of all.
ctypedef void (*Changed)(void *watcher, int slot) noexcept nogil

cdef inline uint32_t size_mask(uint32_t w0) noexcept nogil:
    """The EA bits above the page of an entry, or 0 when its SIZE code is not one of the core's eight."""
    cdef uint32_t code = (w0 >> 4) & 15
    if not PAGE_SIZES >> code & 1:
        return 0
    return ~(((<uint32_t>1024) << (2 * code)) - 1)


cdef class TranslationArray(Stateful):
    cdef readonly int entries
    cdef uint32_t *w0
    cdef uint32_t *w1
    cdef uint32_t *w2
    cdef uint8_t *tid
    cdef uint32_t *key        # EPN above the page size; 1 (never equal) when the entry cannot match
    cdef uint32_t *mask
    cdef uint32_t *tag        # TS << 8 | TID
    cdef SlotIndex index      # of the valid entries
    cdef int32_t *fills       # head of the slot's list of cells
    cdef Fill *pool
    cdef int32_t pool_free
    cdef int32_t pool_size
    cdef int small_pages      # entries of 1 KiB: while there are any, nothing is cached
    cdef Context *contexts[1024]
    cdef Context *known[1024]
    cdef int n_known
    cdef int64_t changes      # grows whenever a slot's entry, or what it permits, becomes another one
    cdef Stays *stays         # of the pages of one context; NULL between two runs
    cdef uint8_t *watched     # by slot: somebody else (an executing core) keeps translations of it
    cdef Changed changed
    cdef void *watcher
    cdef int64_t lookups
    cdef int64_t misses
    cdef int64_t tlbwe
    cdef int64_t overlapping_writes
    cdef bint overlapped      # some write has made entries overlap: till then only word 0 can

    cdef Context *_make_context(self, int index) noexcept nogil
    cdef int _scan(self, uint32_t shared, uint32_t own, uint32_t ea) noexcept nogil
    cdef int resolve(self, Context *context, uint32_t ea) noexcept nogil
    cdef void write_word(self, int slot, int word, uint32_t value, int tid) noexcept nogil
    cdef void write_entry(self, int slot, uint32_t w0, uint32_t w1, uint32_t w2, int tid) noexcept nogil
    cdef bint meets_none(self, int slot, uint32_t w0, int tid) noexcept nogil
    cdef void write_briefly(self, int slot, uint32_t w1, uint32_t w2, int tid) noexcept nogil
    cdef void invalidate(self, int slot) noexcept nogil
    cdef void lose(self, int slot) noexcept nogil
    cdef void watch(self, Changed changed, void *watcher) noexcept nogil
    cdef void _changing(self, int slot) noexcept nogil
    cdef void overlapping_write(self) noexcept nogil
    cdef void _store(self, int slot, uint32_t w0, int tid) noexcept nogil
    cdef void _store_seen(self, int slot, uint32_t w0, int tid) noexcept nogil
    cdef void _place(self, int slot, uint32_t w0, int tid) noexcept nogil
    cdef void _judge(self, int slot) noexcept nogil
    cdef bint _overlaps(self, int slot) noexcept nogil
    cdef bint _overlaps_any(self, int slot) noexcept nogil
    cdef bint meet(self, int slot, int other) noexcept nogil
    cdef bint _meets(self, int other, uint32_t key, uint32_t mask, uint32_t tag) noexcept nogil
    cdef void derive_all(self) noexcept nogil
    cdef void _clear_range(self, int slot) noexcept nogil
    cdef bint _make_room(self) noexcept nogil
    cdef Stays *take_stays(self) noexcept nogil
    cdef void leave_stays(self) noexcept

    cdef inline int search(self, int as_, int pid, uint32_t ea) noexcept nogil:
        """The exact search: lowest matching index, or -1."""
        cdef const uint32_t *tag = self.tag
        cdef uint32_t shared = <uint32_t>as_ << 8
        cdef uint32_t own = shared | <uint32_t>pid
        cdef int lowest = self.entries
        cdef int slot = self.index.first[chain_of(ea)]
        cdef int i
        if self.index.n_others > SHORT_LIST:
            return self._scan(shared, own, ea)
        while slot != END:
            if self.key[slot] == ea & PAGE_4K and slot < lowest and (tag[slot] == shared or tag[slot] == own):
                lowest = slot
            slot = self.index.next[slot]
        for i in range(self.index.n_others):
            slot = self.index.others[i]
            if ea & self.mask[slot] == self.key[slot] and slot < lowest and (tag[slot] == shared or tag[slot] == own):
                lowest = slot
        return lowest if lowest < self.entries else -1

    cdef inline void remember(self, int slot, uint16_t *cell) noexcept nogil:
        """A slot answers for a cell from now on, if there is memory to know that."""
        cdef int32_t node = self.pool_free
        if node < 0:
            if not self._make_room():
                return
            node = self.pool_free
        self.pool_free = self.pool[node].next
        self.pool[node].cell = cell
        self.pool[node].next = self.fills[slot]
        self.fills[slot] = node
        cell[0] = <uint16_t>(slot + 1)

    cdef inline void drop_fills(self, int slot) noexcept nogil:
        """A slot answers for no cell any more."""
        cdef int32_t node = self.fills[slot]
        cdef int32_t following
        self.changes += 1
        while node >= 0:
            following = self.pool[node].next
            if self.pool[node].cell[0] == slot + 1:   # it may answer for another slot by now
                self.pool[node].cell[0] = 0
            self.pool[node].next = self.pool_free
            self.pool_free = node
            node = following
        self.fills[slot] = -1

    cdef inline void withdraw(self, int slot) noexcept nogil:
        """A slot's entry is about to be another one: nothing finds it any more."""
        self.drop_fills(slot)
        if self.mask[slot]:
            index_remove(&self.index, slot, self.key[slot], self.mask[slot])
        if self.mask[slot] == PAGE_1K:
            self.small_pages -= 1

    cdef inline void put(self, int slot, uint32_t w0, int tid) noexcept nogil:
        """Word 0 and TID of a slot whose entry was withdrawn, with all that is derived from them but cells."""
        cdef uint32_t mask = size_mask(w0) if w0 & W0_VALID else 0
        self.w0[slot] = w0
        self.tid[slot] = <uint8_t>tid
        self.tag[slot] = ((w0 >> 8) & 1) << 8 | <uint32_t>(tid & 255)
        self.mask[slot] = mask
        if mask == 0:
            self.key[slot] = 1      # (ea & 0) == 1 is never true
            return
        self.key[slot] = w0 & mask
        index_add(&self.index, slot, self.key[slot], mask)
        if mask == PAGE_1K:
            self.small_pages += 1

    cdef inline void replace(self, int slot, uint32_t w0, uint32_t w1, uint32_t w2, int tid) noexcept nogil:
        """The three tlbwe of a refill, which the caller counts: of a page that no context finds, so that no cell is set
        for it and the entry overlaps no other one; nobody watches.
        """
        self.withdraw(slot)
        self.put(slot, w0 & WORD0_MASK, tid)
        self.w1[slot] = w1
        self.w2[slot] = w2

    cdef inline bint apart(self, int slot, uint32_t key, uint32_t mask) noexcept nogil:
        """Whether a slot alone answers for its page, which is this one of every process, and nobody watches."""
        return (not self.overlapped and self.small_pages == 0 and self.changed == NULL
                and self.key[slot] == key and self.mask[slot] == mask and self.tag[slot] == 0)

    cdef inline Context *context(self, int as_, int pr, int pid) noexcept nogil:
        """The map of one (AS, PR, PID), made at its first use. NULL only when memory is out."""
        cdef int index = (as_ & 1) << 9 | (pr & 1) << 8 | (pid & 255)
        return self.contexts[index] if self.contexts[index] != NULL else self._make_context(index)


cdef inline uint32_t size_code(uint32_t bytes_) noexcept nogil:
    """The SIZE field of word 0 for a page of so many bytes, a power of 4 from 1 KiB."""
    cdef uint32_t code = 0
    while bytes_ > 1024:
        bytes_ >>= 2
        code += 0x10
    return code


cdef inline int lookup(TranslationArray tlb, Context *context, uint32_t ea) noexcept nogil:
    """The slot that translates ea for this context, or -1. Statistics are the caller's."""
    cdef uint16_t cell = context.cells[ea >> GRANULE_SHIFT]
    if cell:
        return <int>cell - 1
    return tlb.resolve(context, ea)
