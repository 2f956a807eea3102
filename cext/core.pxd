# SPDX-License-Identifier: BSD-3-Clause
"""The core as the reference loop sees it."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from cext.processor cimport Processor
from cext.state cimport State
from cext.stream cimport Cursor
from cext.supervisor cimport Exit

cdef struct Micro:           # a micro-TLB: round robin over the newest translations
    int size
    int used
    int next
    uint32_t key[64]
    uint32_t mask[64]

@cython.final    # its methods call each other some twenty times per TLB miss: directly, not through a table
cdef class Core(Processor):
    cdef list streams
    cdef Cursor *cursors[256]    # of the processes
    cdef Cursor *cursor          # of the running process
    cdef bint micro_on
    cdef Micro micro[2]          # data, instruction
    cdef int64_t user_event      # count of user instructions at the guest's next own event
    cdef int watchdog
    cdef uint32_t watchdog_ea
    cdef int mmucr_stid
    cdef int nested              # handlers in progress
    cdef int64_t roi_begin, roi_end
    # statistics
    cdef int64_t done            # references completed
    cdef int64_t user_instructions, kernel_instructions
    cdef int64_t loads, stores
    cdef int64_t missed[3]
    cdef int64_t kernel_lookups, kernel_misses
    cdef int64_t micro_misses[2]

    cdef int _state(self, State state) except -1
    cdef void raise_exit(self, Exit *exit) noexcept nogil
    cdef void boundary(self) noexcept nogil
    cdef void access(self, uint32_t ea, int reference, bint user) noexcept nogil
    cdef void kernel_run(self, uint32_t code, int64_t count) noexcept nogil
    cdef void privileged(self, Exit *exit) noexcept nogil
    cdef void _execute(self, Exit *exit) noexcept nogil
    cdef int _micro_find(self, int which, uint32_t ea) noexcept nogil
    cdef void _micro_fill(self, int which, int slot) noexcept nogil
    cdef bint _held(self, uint32_t page, int which) noexcept nogil
    cdef void _bulk(self, int64_t target) noexcept nogil
    cdef void _one(self) noexcept nogil
    cdef void _loop(self, int64_t target) noexcept nogil
    cdef int64_t _fetches_before_next_event(self) noexcept nogil
