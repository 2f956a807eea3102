# SPDX-License-Identifier: BSD-3-Clause
"""A vcpu between its exits: how it comes back into the guest, goes out to user space, and waits."""

from libc.stdint cimport int64_t

from simobjects.cext.core.costs cimport Costs
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.exit_kinds cimport EXIT_KINDS
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.processes cimport HostProcesses
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.supervisor cimport Exit, Supervisor
from simobjects.cext.core.tlb cimport TLB

cdef enum:                   # how the guest goes on after an exit
    LIGHT = 0
    LIGHT_NV = 1             # non-volatile registers reloaded
    HEAVY = 2
    HEAVY_NV = 3

cdef class GuestEntry(Supervisor):
    cdef KvmState kvm
    cdef Processor core
    cdef Costs costs
    cdef TLB guest_tlb
    cdef ShadowScheme scheme
    cdef HostProcesses processes
    cdef HostScheduler scheduler
    cdef Delivery delivery
    cdef GuestTimer timer
    cdef ExitTiming timing
    cdef int64_t last_steps      # rfi into the guest and what iccci before it costs, 1/1000 cycle
    cdef int way                 # of the exit in progress
    cdef bint outside            # user space has an access to do before it calls KVM_RUN again
    cdef int outside_kind
    cdef bint asleep             # the vcpu waits for an interrupt, and its exit is not over
    cdef bint level              # of the VMM's interrupt controller
    cdef bint kicked             # the VMM wants the vcpu out, to inject
    # statistics
    cdef int64_t exits[EXIT_KINDS]
    cdef int64_t exit_instructions[EXIT_KINDS]
    cdef int64_t exit_cycles[EXIT_KINDS]

    cdef int _entry_state(self, State state) except -1
    cdef void _finish(self, Exit *exit, int kind) noexcept nogil
    cdef void _entered(self, int kind) noexcept nogil
    cdef void _enter_guest(self) noexcept nogil
    cdef void _show(self) noexcept nogil
    cdef void _settle(self, int kind) noexcept nogil
    cdef void _plan(self) noexcept nogil
    cdef void _to_user(self, Exit *exit, int kind) noexcept nogil
    cdef void _leave(self, int kind) noexcept nogil
    cdef void _run_again(self) noexcept nogil
    cdef void _signal(self, int kind) noexcept nogil
    cdef void _wait(self, Exit *exit) noexcept nogil
    cdef bint _sleep(self, Exit *exit) noexcept nogil
    cdef bint _pass_time(self) noexcept nogil
