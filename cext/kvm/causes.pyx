# SPDX-License-Identifier: BSD-3-Clause
"""Follows every shadow through the hardware, so that each virt miss can be given its one cause.

Schemes and the host tell what becomes of the slots; `copies` says what each holds of the guest's. For each page of each
guest entry a cell counts the live copies and keeps what ended the last one. A write of the guest entry begins anew.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memset

from simobjects.cext.kvm.kinds cimport CAUSES, CAUSE_PUT_SWEEP, EXIT_KINDS
from simobjects.cext.core.tlb_array cimport size_mask

cdef uint32_t FRESH_MEMORY = 1 << 15      # so many cells are cheaper to get anew than to clear


cdef class Causes:
    def __cinit__(self, TLB guest_tlb not None, int slots, Timeline timeline not None):
        """`guest_tlb`: whose entries are followed; `slots`: of the hardware; `timeline` is told."""
        cdef int slot
        self.guest_tlb = guest_tlb
        self.timeline = timeline
        self.slots = slots
        self.guest_entries = guest_tlb.entries
        self.histories = <History *>calloc(guest_tlb.entries, sizeof(History))
        self.copies = <Copy *>calloc(slots, sizeof(Copy))
        self.saved = <Copy *>calloc(slots, sizeof(Copy))
        if self.histories == NULL or self.copies == NULL or self.saved == NULL:
            raise MemoryError("no memory to follow the shadows")
        for slot in range(slots):
            self.copies[slot].guest_index = -1
            self.saved[slot].guest_index = -1

    def __dealloc__(self):
        cdef int i
        if self.histories != NULL:
            for i in range(self.guest_entries):
                free(self.histories[i].cells)
        free(self.histories)
        free(self.copies)
        free(self.saved)

    cdef int _rebuild(self, History *history, uint32_t word0) noexcept nogil:
        """Cells for what the entry is now, all clear. 0, or -1 when memory is out."""
        cdef uint32_t mask = size_mask(word0)
        cdef uint32_t pages = (~mask >> 12) + 1 if mask else 1
        if history.used and history.pages >= FRESH_MEMORY:
            free(history.cells)
            history.cells = NULL
            history.capacity = 0
        elif history.used and history.pages == 1:     # nearly always
            memset(history.cells, 0, sizeof(Cell))
        elif history.used:
            memset(history.cells, 0, history.pages * sizeof(Cell))
        if history.capacity < pages:
            free(history.cells)
            history.cells = <Cell *>calloc(pages, sizeof(Cell))
            history.capacity = pages if history.cells != NULL else 0
            if history.cells == NULL:
                self.memory_out = True
                return -1
        history.used = False
        history.mapped = False
        history.fresh = True
        history.word0 = word0
        history.pages = pages
        history.first = (word0 & mask) >> 12
        return 0

    cdef void show(self, int slot) noexcept nogil:
        """KVM loads its shadow of a slot."""
        cdef Copy *copy = &self.copies[slot]
        cdef Cell *cell
        if copy.guest_index < 0 or copy.live:
            return
        copy.live = True
        cell = self._cell(copy.guest_index, copy.page)
        if copy.generation == self.histories[copy.guest_index].generation:
            cell.live += 1

    cdef void save(self, int slot) noexcept nogil:
        """A put has read the slot back."""
        self.saved[slot] = self.copies[slot]
        if not self.copies[slot].live:
            self.saved[slot].guest_index = -1

    cdef void restore(self, int slot) noexcept nogil:
        """A load writes what was saved; what is there by now goes."""
        self.hide(slot, CAUSE_PUT_SWEEP)
        self.copies[slot] = self.saved[slot]
        self.copies[slot].live = False
        self.show(slot)

    cdef int _state(self, State state) except -1:
        """The list of state: which slot holds what, what became of each page, and the counts."""
        cdef int i
        for i in range(self.guest_entries):
            self._history_state(state, i)
        state.bytes_("causes.copies", self.copies, self.slots * sizeof(Copy), shorter=True)
        self._check(self.copies, "causes.copies")
        state.bytes_("causes.saved", self.saved, self.slots * sizeof(Copy), shorter=True)
        self._check(self.saved, "causes.saved")
        state.flag("causes.memory_out", &self.memory_out)
        state.bytes_("causes.interrupts", &self.interrupts, sizeof(self.interrupts))
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        if self.memory_out and state.counting:
            raise MemoryError("no memory to follow the shadows: causes of misses are incomplete")
        state.counters("causes.counts", self.counts, CAUSES, stat="virt_miss_causes")
        state.counters("causes.induced", self.induced, CAUSES, stat="refill_later_misses")
        state.counters("causes.refill_exits", self.refill_exits, EXIT_KINDS if state.counting else MOST_EXIT_KINDS)
        return state.counter("causes.refill_time", &self.refill_time, stat="refill_cycles")

    cdef int _history_state(self, State state, int guest_index) except -1:
        """One guest entry's cells; those of an entry that was written since are of no use to anybody."""
        cdef History *history = &self.histories[guest_index]
        cdef str name = f"causes.entry{guest_index}"
        cdef uint32_t word0 = history.word0 if history.fresh else 0
        cdef bint fresh = history.fresh
        cdef bint used = history.used and fresh
        cdef bint mapped = history.mapped and fresh
        state.word(f"{name}.word0", &word0)
        state.word(f"{name}.generation", &history.generation)
        state.flag(f"{name}.fresh", &fresh)
        state.flag(f"{name}.used", &used)
        state.flag(f"{name}.mapped", &mapped)
        if not fresh:
            history.fresh = False
            return 0
        if state.restoring and self._rebuild(history, word0) < 0:
            raise MemoryError("no memory to follow the shadows")
        history.used = used
        history.mapped = mapped
        if used:
            state.bytes_(f"{name}.cells", history.cells, history.pages * sizeof(Cell))
        return 0

    cdef int _check(self, Copy *copies, str name) except -1:
        cdef int slot
        cdef bint wrong = False
        for slot in range(self.slots):
            if not -1 <= copies[slot].guest_index < self.guest_entries or (
                    copies[slot].live and copies[slot].guest_index < 0):
                copies[slot].guest_index = -1
                copies[slot].live = False
                wrong = True
        if wrong:
            raise ValueError(f"{name} names a guest entry that the guest's TLB does not have")
        return 0
