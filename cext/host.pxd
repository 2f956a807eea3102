# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM: exits, emulation, delivery, ticks, scheduling, and its own TLB misses."""

from libc.stdint cimport int64_t, uint32_t

from cext.kvm cimport KvmState
from cext.processor cimport Processor
from cext.schemes cimport ShadowScheme
from cext.stream cimport Cursor
from cext.supervisor cimport Exit, Supervisor
from cext.tlb cimport Context

cdef enum:                   # exit kinds, KVM's counter names
    X_ITLB_R = 0
    X_ITLB_V = 1
    X_DTLB_R = 2
    X_DTLB_V = 3
    X_MMIO = 4
    X_SYSC = 5
    X_INST_EMU = 6
    X_DEC = 7
    X_SIG = 8
    EXIT_KINDS = 9
    EMULATED_KINDS = 8   # OP_MTSPR to OP_TLBSX

cdef enum:                   # who had a host miss
    BY_VMM = 0
    BY_TASK = 1
    BY_INTERRUPT = 2

cdef struct Task:
    Cursor *cursor
    Context *context
    int pid
    int64_t every            # ticks between turns
    int64_t instructions     # a turn
    int64_t flush_every      # turns between flushes of its mm
    int64_t turns
    int64_t page_flush_every # turns between flushes of one of its pages

cdef class HostKernel(Supervisor):
    cdef KvmState kvm
    cdef Processor core
    cdef ShadowScheme scheme
    cdef Task vmm
    cdef Task tasks[200]
    cdef int n_tasks
    cdef list _streams
    cdef int64_t period          # of the tick, 1/1000 cycle
    cdef int64_t signal_every    # ticks
    cdef int interrupt_pages
    cdef uint32_t interrupt_base
    cdef Context *kernel_context
    cdef bint iccci
    # statistics
    cdef int64_t exceptions
    cdef int64_t exits[EXIT_KINDS]
    cdef int64_t exit_instructions[EXIT_KINDS]
    cdef int64_t exit_cycles[EXIT_KINDS]
    cdef int64_t emulated[EMULATED_KINDS]
    cdef int64_t eager_maps, eager_other_tid
    cdef int64_t host_misses[3]
    cdef int64_t host_lookups[3]
    cdef int64_t ticks, task_turns

    cdef Context *_context(self, int as_, int pr, int pid) except NULL
    cdef int _make_task(self, Task *task, description, int pid) except -1
    cdef void _begin(self, bint copy, bint dear, bint esr) noexcept nogil
    cdef void _enter_guest(self) noexcept nogil
    cdef void _settle(self, int kind) noexcept nogil
    cdef void _deliver(self, Exit *exit, int vector) noexcept nogil
    cdef int _miss(self, Exit *exit) noexcept nogil
    cdef void _emulate(self, Exit *exit) noexcept nogil
    cdef void _emulate_tlbwe(self, Exit *exit) noexcept nogil
    cdef void _emulate_tlbsx(self, Exit *exit) noexcept nogil
    cdef void _block(self) noexcept nogil
    cdef void _heavy(self, int kind) noexcept nogil
    cdef int _tick(self) noexcept nogil
    cdef void _reference(self, Context *context, uint32_t ea, int path, int by) noexcept nogil
    cdef void _turn(self, Task *task, int by) noexcept nogil
    cdef void _flush_page(self, int pid, uint32_t ea) noexcept nogil
    cdef void _set_user(self, bint user) noexcept nogil
