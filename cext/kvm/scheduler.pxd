# SPDX-License-Identifier: BSD-3-Clause
"""The host's timer interrupt and the turns of its processes."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.processes cimport HostProcesses
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.arch.state cimport State

@cython.final
cdef class HostScheduler:
    cdef KvmState kvm
    cdef ShadowScheme scheme
    cdef HostProcesses processes
    cdef int64_t period          # of the tick, 1/1000 cycle
    cdef int64_t next_tick
    cdef int64_t signal_every    # ticks
    cdef int interrupt_pages, interrupt_code_pages
    cdef uint32_t interrupt_base
    # statistics
    cdef int64_t ticks, task_turns

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef bint tick(self) noexcept nogil
    cdef void catch_up(self) noexcept nogil
    cdef void interrupt_work(self) noexcept nogil
    cdef void _interrupt_reference(self, int page, int path) noexcept nogil
    cdef void run_tasks(self, bint away) noexcept nogil
    cdef void switch_back(self) noexcept nogil
