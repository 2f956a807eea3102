# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM: every exception of a virtual machine, the host's timer, the scheduling of its processes."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Exit, Rewrite, Supervisor, Write
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.emulation cimport Emulation
from simobjects.cext.kvm.exit_counts cimport ExitCounts
from simobjects.cext.kvm.exit_handlers cimport ExitHandlers
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.guest_entry cimport GuestEntry
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.processes cimport HostProcesses
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.kvm.vcpu_thread cimport VcpuThread

@cython.final
cdef class HostKernel(Supervisor):
    cdef KvmState kvm
    cdef Processor core
    cdef Costs costs
    cdef ShadowScheme scheme
    cdef HostProcesses processes
    cdef HostScheduler scheduler
    cdef Delivery delivery
    cdef GuestTimer timer
    cdef Emulation emulation
    cdef ExitTiming timing
    cdef ExitCounts counts
    cdef VcpuThread thread
    cdef GuestEntry entry
    cdef ExitHandlers handlers
    cdef int64_t emulated_exit   # instructions of the exit of mtspr or mfspr, but for the guest entry
    cdef int64_t rewritten_exit  # the same of tlbwe, without what the scheme does and costs
    cdef int64_t most_of_rewrite # time of three of those and of what the scheme does, 1/1000 cycle; -1: not known
    cdef int64_t to_timestamp    # time until exit timing reads the clock, 1/1000 cycle
    cdef int64_t exceptions
    cdef uint64_t mark_first     # guest physical addresses at which the VMM has another turn
    cdef uint64_t mark_last

    cdef void _boot(self)
    cdef bint _alike(self) noexcept nogil
    cdef void _to_user(self, Exit *exit, int kind) noexcept nogil
    cdef void _write_many(self, const Write *write, const Write *end, uint32_t mmucr) noexcept nogil
    cdef void _timer(self, Exit *exit) noexcept nogil
