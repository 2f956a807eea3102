# SPDX-License-Identifier: BSD-3-Clause
"""Why a virt miss happened: the event that took the last live copy of its (guest entry, page) away."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.kvm.kinds cimport (
    CAUSES, CAUSE_BY_HOST, CAUSE_DUPLICATE, CAUSE_FIRST_TOUCH, CAUSE_HOST_FLUSH, CAUSE_LOST_SLOT, CAUSE_OWN_MAP,
    CAUSE_PAGE_CUT, CAUSE_PUT_SWEEP,
)
from simobjects.cext.kvm.timeline cimport AT_CAUSE, AT_DELIVERED, AT_LOST, AT_RETURNED, Timeline

cdef enum:
    MOST_EXIT_KINDS = 64

cdef struct Cell:            # one page of a guest entry, since the entry was last written
    uint16_t live            # copies in hardware
    uint8_t cause            # of the last one's end, plus 1; 0: there was none
    uint8_t refill           # it ended while the guest serviced a real miss

cdef struct History:         # of one guest entry
    Cell *cells
    uint32_t capacity
    uint32_t pages
    uint32_t first           # page number
    uint32_t word0           # of the entry that the cells are about
    uint32_t generation      # writes of the entry
    bint fresh               # cells are of this generation
    bint used
    bint mapped              # some page was mapped since

cdef struct Copy:            # what a hardware slot holds of the guest's
    int32_t guest_index      # -1: nothing
    uint32_t page            # effective address
    uint32_t generation
    bint live

@cython.final
cdef class Causes:
    cdef TLB guest_tlb
    cdef Timeline timeline
    cdef int slots
    cdef int guest_entries
    cdef History *histories
    cdef Copy *copies
    cdef Copy *saved
    cdef Cell spare
    cdef bint memory_out
    cdef uint64_t interrupts     # taken by the guest and not returned from, innermost lowest: 1 a real miss
    cdef bint refilling          # the exit in progress is from the guest's refill handler
    cdef int64_t counts[CAUSES]
    cdef int64_t induced[CAUSES] # of misses outside the refill handlers, for what ended inside one
    cdef int64_t refill_exits[MOST_EXIT_KINDS]   # from refill handlers, by kind
    cdef int64_t refill_time     # theirs, 1/1000 cycle
    cdef bint counted            # the exit in progress is in refill_exits

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef int _history_state(self, State state, int guest_index) except -1
    cdef int _check(self, Copy *copies, str name) except -1
    cdef int _rebuild(self, History *history, uint32_t word0) noexcept nogil
    cdef void show(self, int slot) noexcept nogil
    cdef void save(self, int slot) noexcept nogil
    cdef void restore(self, int slot) noexcept nogil

    # What every exit, every map and every slot that is given up does, compiled into the callers.

    cdef inline void written(self, int guest_index) noexcept nogil:
        """A guest entry was written: what was before is of another entry."""
        self.histories[guest_index].generation += 1
        self.histories[guest_index].fresh = False

    cdef inline Cell *_cell(self, int guest_index, uint32_t page) noexcept nogil:
        cdef History *history = &self.histories[guest_index]
        cdef uint32_t word0 = self.guest_tlb.w0[guest_index]
        cdef uint32_t offset
        if not history.fresh or history.word0 != word0:
            if history.fresh:             # written by somebody who did not say so
                history.generation += 1
            if self._rebuild(history, word0) < 0:
                return &self.spare
        history.used = True
        offset = (page >> 12) - history.first
        return &history.cells[offset if offset < history.pages else 0]

    cdef inline void _end(self, Copy *copy, int cause) noexcept nogil:
        """A live copy is gone."""
        cdef Cell *cell
        copy.live = False
        if copy.generation != self.histories[copy.guest_index].generation:
            return
        cell = self._cell(copy.guest_index, copy.page)
        if cell.live == 0:
            return                        # the entry was written unseen
        cell.live -= 1
        if cell.live == 0:
            cell.cause = cause + 1
            cell.refill = (self.interrupts & 1 and cause != CAUSE_BY_HOST and cause != CAUSE_PUT_SWEEP
                           and cause != CAUSE_HOST_FLUSH)
            if cell.refill:
                self.timeline.tell(AT_LOST, 0, 0, copy.page, copy.guest_index)

    cdef inline void hide(self, int slot, int cause) noexcept nogil:
        """The hardware slot loses what it had of the guest's, if it still had it."""
        if self.copies[slot].live:
            self._end(&self.copies[slot], cause)

    cdef inline void miss(self, int guest_index, uint32_t page) noexcept nogil:
        """A virt miss on a page (its first effective address) of a guest entry."""
        cdef Cell *cell = self._cell(guest_index, page)
        cdef int cause
        cdef bint induced = False
        if cell.live:
            cause = CAUSE_DUPLICATE
        elif cell.cause:
            cause = cell.cause - 1
            induced = cell.refill and not self.refilling
            self.induced[cause] += induced
        elif self.histories[guest_index].mapped:
            cause = CAUSE_PAGE_CUT
        else:
            cause = CAUSE_FIRST_TOUCH
        self.counts[cause] += 1
        self.timeline.tell(AT_CAUSE, induced, cause, page, guest_index)

    cdef inline void map(self, int slot, int guest_index, uint32_t page, bint reaches) noexcept nogil:
        """KVM maps a page into a slot, which from the next guest entry on holds it if it `reaches` the hardware."""
        cdef Copy *copy = &self.copies[slot]
        cdef Cell *cell
        self.hide(slot, CAUSE_OWN_MAP)
        cell = self._cell(guest_index, page)
        self.histories[guest_index].mapped = True
        copy.guest_index = guest_index
        copy.page = page
        copy.generation = self.histories[guest_index].generation
        copy.live = reaches
        if reaches:
            cell.live += 1
        elif cell.live == 0:
            cell.cause = CAUSE_LOST_SLOT + 1
            cell.refill = self.interrupts & 1
            if cell.refill:
                self.timeline.tell(AT_LOST, 0, 0, page, guest_index)

    cdef inline void brief(self, int slot, int guest_index, uint32_t page) noexcept nogil:
        """KVM maps a page into a slot and gives it up before anybody looks, because the guest writes the entry."""
        cdef Copy *copy = &self.copies[slot]
        self.hide(slot, CAUSE_OWN_MAP)
        copy.guest_index = -1
        copy.page = page
        copy.generation = self.histories[guest_index].generation

    cdef inline void drop(self, int slot, int cause) noexcept nogil:
        """KVM gives a shadow up: nobody will load it again."""
        self.hide(slot, cause)
        self.copies[slot].guest_index = -1

    cdef inline void delivered(self, bint real_miss) noexcept nogil:
        """The guest takes an interrupt."""
        self.interrupts = self.interrupts << 1 | real_miss
        self.timeline.tell(AT_DELIVERED, 0, real_miss, 0, 0)

    cdef inline void returned(self) noexcept nogil:
        """The guest executed rfi."""
        self.interrupts >>= 1
        self.timeline.tell(AT_RETURNED, 0, 0, 0, 0)

    cdef inline void begin_exit(self, bint host_timer) noexcept nogil:
        """An exit begins; the host's own interrupts are nobody's consequence."""
        self.refilling = self.interrupts & 1 and not host_timer
        self.counted = False

    cdef inline void passed(self, int kind, int64_t amount, int64_t count) noexcept nogil:
        """So many exits of this kind, which together took so much time."""
        self.begin_exit(False)
        if self.refilling:
            self.counted = True
            self.refill_time += amount
            self.refill_exits[kind] += count

    cdef inline void more_exits(self, int kind, int64_t count) noexcept nogil:
        """So many exits of this kind, beside the one whose time was told."""
        if self.refilling:
            self.refill_exits[kind] += count

    cdef inline void spent(self, int kind, int64_t amount) noexcept nogil:
        """The exit in progress is of this kind and took time."""
        if not self.refilling:
            return
        self.refill_time += amount
        if not self.counted:
            self.counted = True
            self.refill_exits[kind] += 1
