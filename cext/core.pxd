# SPDX-License-Identifier: BSD-3-Clause
"""The core as the reference loop sees it: a hardware context, a clock, the next events."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from cext.costs cimport Costs
from cext.stream cimport Cursor
from cext.supervisor cimport Exit, GuestSoftware, Supervisor
from cext.tlb cimport TLB, Context

cdef enum:
    CYCLES_USER = 0
    CYCLES_KERNEL = 1
    CYCLES_EXITS = 2
    CYCLES_TICK = 3
    CYCLES_VMM = 4
    CYCLES_SWITCH = 5
    CYCLES_TASKS = 6
    CYCLE_KINDS = 7

cdef enum:
    RUNNING = -1
    PAUSED = 0
    END_OF_WORKLOAD = 1
    CYCLE_LIMIT = 2
    ROI_BEGIN = 3
    ROI_END = 4
    WATCHDOG = 5
    TRACE_FULL = 6

cdef struct Micro:           # a micro-TLB: round robin over the newest translations
    int size
    int used
    int next
    uint32_t key[64]
    uint32_t mask[64]

@cython.final    # its methods call each other some twenty times per TLB miss: directly, not through a table
cdef class Core:
    cdef TLB tlb
    cdef Costs costs
    cdef Supervisor supervisor
    cdef GuestSoftware guest
    cdef list streams
    cdef Cursor *cursors[256]    # of the processes
    cdef Cursor *cursor          # of the running process
    cdef Context *context        # hardware AS, PR, PID
    cdef bint micro_on
    cdef Micro micro[2]          # data, instruction
    cdef int64_t time            # 1/1000 cycle
    cdef int64_t deadline        # the next host timer tick
    cdef int64_t limit           # the run's cycle limit
    cdef int64_t user_event      # count of user instructions at the guest's next own event
    cdef uint32_t pc
    cdef int stop
    cdef int watchdog
    cdef uint32_t watchdog_ea
    cdef int mmucr_stid
    cdef int64_t roi_begin, roi_end
    # statistics
    cdef int64_t done            # references completed
    cdef int64_t user_instructions, kernel_instructions
    cdef int64_t loads, stores
    cdef int64_t missed[3]
    cdef int64_t kernel_lookups, kernel_misses
    cdef int64_t micro_misses[2]
    cdef int64_t cycles[CYCLE_KINDS]

    cdef void enter_context(self, int as_, int pr, int pid) noexcept nogil
    cdef void synchronise(self) noexcept nogil
    cdef void spend(self, int kind, int64_t amount) noexcept nogil
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
