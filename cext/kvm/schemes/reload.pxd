# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that keep a shadow TLB in memory and load it into the hardware at guest entries."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from simobjects.cext.core.slot_index cimport SlotIndex
from simobjects.cext.kvm.schemes.base cimport Shadow, ShadowScheme

cdef class ShadowArray(ShadowScheme):
    cdef Shadow *shadow
    cdef uint32_t *key           # of `shadow`: its EPN above the page size
    cdef uint32_t *mask          # of its page size, 0: no valid entry
    cdef SlotIndex index         # of the valid ones
    cdef uint8_t *modified
    cdef int32_t *pending        # slots with the flag set, in the order they got it
    cdef int n_pending
    cdef int position            # KVM's own FIFO, apart from the host's
    cdef void _derive(self, int slot) noexcept nogil
    cdef int _first_met(self, uint32_t page, uint32_t mask, int tid) noexcept nogil
    cdef bint _meets(self, int slot, uint32_t page, uint32_t mask, int tid) noexcept nogil
    cdef void _mark(self, int slot) noexcept nogil
    cdef void _write(self, int slot) noexcept nogil
    cdef void _drop(self, int slot, int cause) noexcept nogil
    cdef void _drop_all(self, int cause) noexcept nogil

cdef class ModifiedReload(ShadowArray):
    cdef void _sort_pending(self) noexcept nogil

cdef class LazyPidReload(ModifiedReload):
    cdef bint pid_changed

cdef class GuestTidReload(ModifiedReload):
    cdef bint was_user

cdef class FullReload(GuestTidReload):
    cdef bint save_host
