# SPDX-License-Identifier: BSD-3-Clause
"""The guest's decrementer, which KVM imitates with a timer of the host's."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.arch.state cimport State

@cython.final
cdef class GuestTimer:
    cdef KvmState kvm
    cdef Delivery delivery
    cdef int64_t period          # of the host's tick, 1/1000 cycle
    cdef int64_t timebase        # 1/1000 cycle for one tick of the timebase
    cdef int64_t due             # when the host's timer expires, 1/1000 cycle; FOREVER: not armed
    cdef int64_t expiries
    cdef bint holds              # the VMM holds the guest's interrupt in windows
    cdef int64_t ticks_in        # but for those of this number; -1: in all
    cdef uint32_t held           # TCR[DIE] that it has taken away and will put back

    cdef int _state(self, State state) except -1
    cdef int64_t interrupts_at(self) noexcept nogil
    cdef bint wakes(self) noexcept nogil
    cdef bint poll(self) noexcept nogil
    cdef void write_dec(self, uint32_t value) noexcept nogil
    cdef void write_tcr(self, uint32_t value) noexcept nogil
    cdef void clear_tsr(self, uint32_t bits) noexcept nogil
    cdef void window(self, bint opens, uint32_t number) noexcept nogil
    cdef uint32_t read_dec(self) noexcept nogil
    cdef uint64_t now(self) noexcept nogil
    cdef void expire(self) noexcept nogil
    cdef void _arm(self) noexcept nogil
    cdef void _level(self) noexcept nogil
