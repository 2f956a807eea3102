# SPDX-License-Identifier: BSD-3-Clause
"""The special purpose registers of a vcpu, as its guest's mtspr and mfspr reach them."""

cimport cython
from libc.stdint cimport uint32_t

from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.base cimport ShadowScheme

@cython.final
cdef class GuestRegisters:
    cdef KvmState kvm
    cdef ShadowScheme scheme
    cdef GuestTimer timer

    cdef bint write(self, int spr, uint32_t value) noexcept nogil
    cdef bint _write_later(self, int spr, uint32_t value) noexcept nogil
    cdef bint _write_last(self, int spr, uint32_t value) noexcept nogil
    cdef bint read(self, int spr, uint32_t *found) noexcept nogil
    cdef bint _read_later(self, int spr, uint32_t *found) noexcept nogil
