# SPDX-License-Identifier: BSD-3-Clause
"""The host's processes: their streams, turns, TLB misses, and the 255 context numbers that they share."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.arch.state cimport State
from simobjects.cext.traces.stream cimport Cursor
from simobjects.cext.core.tlb_array cimport Context

cdef enum:                   # who had a host miss
    BY_VMM = 0
    BY_TASK = 1
    BY_INTERRUPT = 2

cdef enum:                   # paths of the host's own miss handler
    PATH_DATA = 0
    PATH_INST = 1            # bit 0: a fetch
    PATH_KERNEL = 2          # bit 1: a kernel address

cdef enum:
    NO_SLOT = 0xFFFF         # of a miss that took none: a page fault

cdef enum:
    LAST_CONTEXT = 255       # context 0 is the kernel's

cdef struct Task:
    Cursor *cursor
    Context *context
    int pid                  # its context number, 0: none
    int64_t every            # ticks between turns
    int64_t instructions     # a turn
    int64_t flush_every      # turns between flushes of its mm
    int64_t turns
    int64_t page_flush_every # turns between flushes of one of its pages
    int64_t fault_every      # refills between page faults, 0: none
    int64_t refills

@cython.final
cdef class HostProcesses:
    cdef KvmState kvm
    cdef Task *tasks             # the VMM first
    cdef int n_tasks             # without it
    cdef Cursor *mark            # what the VMM does at a mark instead; NULL: as at any other exit
    cdef int64_t mark_instructions
    cdef list _streams
    cdef int next_context
    cdef int owner[LAST_CONTEXT + 1]     # task + 1 of a context number, 0: free
    cdef Context *known[LAST_CONTEXT + 1]
    cdef Context *kernel_context
    cdef int64_t path_instructions[4]    # of the miss handler, by path
    # statistics
    cdef int64_t host_misses[3]
    cdef int64_t host_lookups[3]
    cdef int64_t host_faults[3]
    cdef int64_t context_steals

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef Context *context(self, int as_, int pr, int pid) except NULL
    cdef int _make_task(self, Task *task, description) except -1
    cdef void activate(self, int number) noexcept nogil
    cdef void turn(self, int number, int by) noexcept nogil
    cdef void turn_at_mark(self) noexcept nogil
    cdef void _work(self, Task *task, Cursor *at, int64_t instructions, int by) noexcept nogil
    cdef void reference(self, Context *context, uint32_t ea, int path, int by, Task *task) noexcept nogil
    cdef bint _misses(self, Context *context, uint32_t ea, int by) noexcept nogil
    cdef void _page_fault(self, uint32_t ea, int by) noexcept nogil
    cdef void _refill(self, Context *context, uint32_t ea, int path, int by) noexcept nogil
    cdef void flush_page(self, int pid, uint32_t ea) noexcept nogil
