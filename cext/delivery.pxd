# SPDX-License-Identifier: BSD-3-Clause
"""The vcpu's pending interrupts: queued by exits, timers and user space, delivered one at each exit."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from cext.kvm cimport KvmState
from cext.schemes cimport ShadowScheme
from cext.state cimport State
from cext.supervisor cimport Exit
from cext.vcpu cimport PRIORITIES

@cython.final
cdef class Delivery:
    cdef KvmState kvm
    cdef ShadowScheme scheme
    cdef int64_t delivered[PRIORITIES]

    cdef int _state(self, State state) except -1
    cdef void set_msr(self, uint32_t msr) noexcept nogil
    cdef void queue(self, int priority) noexcept nogil
    cdef void queue_syndrome(self, int priority, uint32_t dear, uint32_t esr) noexcept nogil
    cdef void _show_syndrome(self, int priority) noexcept nogil
    cdef bint deliver(self, Exit *exit) noexcept nogil
    cdef void _enter_vector(self, Exit *exit, int priority) noexcept nogil
