# SPDX-License-Identifier: BSD-3-Clause
"""The vcpu's pending interrupts: queued by exits, timers and user space, delivered one at each exit."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport MSR_PR
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.kvm.vcpu cimport PRIORITIES

@cython.final
cdef class Delivery:
    cdef KvmState kvm
    cdef ShadowScheme scheme
    cdef int64_t delivered[PRIORITIES]
    cdef bint forced             # an interrupt from outside comes at this exit, whatever is pending
    cdef int forced_priority
    cdef uint32_t held           # priorities that are not delivered now, whatever is pending

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef void queue_syndrome(self, int priority, uint32_t dear, uint32_t esr) noexcept nogil
    cdef void _show_syndrome(self, int priority) noexcept nogil
    cdef bint deliver(self, Exit *exit) noexcept nogil
    cdef void hold(self, int vector) noexcept nogil
    cdef void enter_vector(self, Exit *exit, int priority) noexcept nogil

    cdef inline void set_msr(self, uint32_t msr) noexcept nogil:
        """Write the virtual MSR; the scheme hears of a change of privilege."""
        cdef bint user = (msr & MSR_PR) != 0
        self.kvm.regs.msr = msr
        if self.kvm.user != user:
            self.kvm.user = user
            self.scheme.privilege()

    cdef inline void queue(self, int priority) noexcept nogil:
        self.kvm.instructions += self.kvm.costs.of.c_queue
        self.kvm.regs.pending |= <uint32_t>1 << priority
