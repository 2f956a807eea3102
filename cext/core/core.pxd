# SPDX-License-Identifier: BSD-3-Clause
"""The core that takes references one after the other; the guest's handlers drive it too."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t

from simobjects.cext.core.micro_tlb cimport MicroTLB, micro_holds
from simobjects.cext.core.passing cimport Passed
from simobjects.cext.core.processor cimport CYCLES_KERNEL, WATCHDOG, Processor
from simobjects.cext.traces.blocks cimport Level
from simobjects.cext.core.supervisor cimport Datum, Exit, Rewrite, Sums, Write
from simobjects.cext.traces.stream cimport Cursor

@cython.final
cdef class Core(Processor):
    cdef list streams
    cdef int64_t roi_begin, roi_end
    cdef Cursor *cursors[256]    # of the processes
    cdef Cursor *cursor          # of the running process
    cdef bint fast               # what cannot miss is passed over
    cdef int64_t held            # see `Passed`: so it was of this stream, in this context, after so many changes of the TLB
    cdef Cursor *held_of
    cdef const void *held_in
    cdef int64_t held_since
    cdef bint micro_on
    cdef bint refills            # misses of the user lead to the guest alone: they may be passed over too
    cdef MicroTLB micro[2]       # data, instruction
    cdef uint8_t hints[2][256]   # by the low bits of a page: the entry that may hold it
    cdef int64_t user_event      # count of user instructions at the guest's next own event
    cdef int watchdog
    cdef uint32_t watchdog_ea
    cdef int mmucr_stid
    cdef int nested              # handlers in progress
    # statistics
    cdef int64_t done            # references completed
    cdef int64_t user_instructions, kernel_instructions
    cdef int64_t loads, stores
    cdef int64_t missed[3]
    cdef int64_t kernel_lookups, kernel_misses
    cdef int64_t micro_misses[2]

    cdef void raise_exit(self, Exit *exit) noexcept nogil
    cdef void boundary(self) noexcept nogil
    cdef void access(self, uint32_t ea, int reference, bint user) noexcept nogil
    cdef void _kernel_one(self, uint32_t code) noexcept nogil
    cdef void privileged(self, Exit *exit) noexcept nogil
    cdef inline bint go_back(self, bint to_user) noexcept nogil:
        """The rfi of a supervised guest's handler, fetched already, if nothing else happens at it."""
        return self.fast and self.context.pr and self.stop != WATCHDOG and self.supervisor.go_back(to_user)

    cdef void _execute(self, Exit *exit) noexcept nogil
    cdef void _bulk(self, int64_t target) noexcept nogil
    cdef int64_t _refilling(self, Passed *passed) noexcept nogil
    cdef int64_t _bulk_micro(self, Passed *passed) noexcept nogil
    cdef int64_t _before(self, int64_t time, int64_t most) noexcept nogil
    cdef bint _quick_block(self, const Level *level, int64_t b, Passed *passed, int64_t most) noexcept nogil
    cdef void _quick_blocks(self, Passed *passed, int64_t most) noexcept nogil
    cdef bint _hinted(self, int which, uint32_t page) noexcept nogil
    cdef bint _quick(self, int which, uint32_t page) noexcept nogil
    cdef bint _micro_has(self, int which, uint32_t ea) noexcept nogil
    cdef void _micro_takes(self, int which, int slot, bint user) noexcept nogil
    cdef void _micro_missed(self, int which, uint32_t page) noexcept nogil
    cdef void _one(self) noexcept nogil
    cdef void _loop(self, int64_t target) noexcept nogil
    cdef bint pass_steps(self, uint32_t code, const Sums *since, const Sums *until, bint wraps, int stid,
                         const Datum *data) noexcept nogil
    cdef int64_t _micro_steps(self, uint32_t code, const Sums *since, const Sums *until, int64_t instructions,
                              const Datum *data) noexcept nogil
    cdef int64_t _refills_take(self, const Sums *sums, int64_t count, int64_t wraps) noexcept nogil
    cdef void _count_refills(self, uint32_t code, const Sums *sums, int64_t count, int64_t wraps) noexcept nogil
    cdef bint refill_whole(self, uint32_t code, const Sums *sums, bint wraps, int stid, int slot, uint32_t word0,
                           uint32_t word1, uint32_t word2, bint to_user) noexcept nogil
    cdef int rewrite(self, uint32_t code, const Rewrite *entry) noexcept nogil
    cdef void _write_many(self, const Write *write, const Write *end, int stid) noexcept nogil
    cdef int64_t _fetches_before_next_event(self) noexcept nogil

    cdef inline int64_t _still_held(self) noexcept nogil:
        """What the last pass has found out, if nothing has happened since that could change it."""
        return self.held if (self.held_since == self.tlb.changes and self.held_of == self.cursor
                             and self.held_in == self.context) else 0

    cdef inline bint _held(self, uint32_t page, int which) noexcept nogil:
        """Whether references to a page can be passed over: they hit and change nothing."""
        if self.micro[which].size:
            return micro_holds(&self.micro[which], page << 12)
        return self.context.cells[page] != 0

    cdef inline void kernel_run(self, uint32_t code, int64_t count) noexcept nogil:
        """`count` instructions of guest kernel code on one page: what every step of a handler does."""
        while count > 0 and self.stop != WATCHDOG:
            if (self.fast and self._held(code >> 12, 1)
                    and self.time + (count - 1) * self.costs.of.guest_cpi < self.deadline):
                if not self.micro[1].size:
                    self.tlb.lookups += count
                    self.kernel_lookups += count
                self.pc = code
                self.kernel_instructions += count
                self.spend(CYCLES_KERNEL, count * self.costs.of.guest_cpi)
                return
            self._kernel_one(code)
            count -= 1
