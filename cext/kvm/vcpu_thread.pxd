# SPDX-License-Identifier: BSD-3-Clause
"""The VMM's thread that runs the vcpu: in the guest, outside in user space, or asleep."""

cimport cython

from simobjects.cext.arch.state cimport State
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.kvm.exit_counts cimport ExitCounts
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.processes cimport HostProcesses
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme

@cython.final
cdef class VcpuThread:
    cdef KvmState kvm
    cdef Processor core
    cdef Costs costs
    cdef ShadowScheme scheme
    cdef HostProcesses processes
    cdef HostScheduler scheduler
    cdef GuestTimer timer
    cdef ExitCounts counts
    cdef bint outside            # user space has an access to do before it calls KVM_RUN again
    cdef int outside_kind        # of the exit
    cdef bint asleep             # the vcpu waits for an interrupt, and its exit is not over
    cdef bint level              # of the VMM's interrupt controller
    cdef bint kicked             # the VMM wants the vcpu out, to inject

    cdef int _state(self, State state) except -1
    cdef bint external(self, bint level) noexcept nogil
    cdef void leave(self, int kind, bint mark) noexcept nogil
    cdef void run_again(self) noexcept nogil
    cdef void signal(self, int kind) noexcept nogil
    cdef void wait(self, Exit *exit) noexcept nogil
    cdef bint sleep(self, Exit *exit) noexcept nogil
    cdef bint _pass_time(self) noexcept nogil
