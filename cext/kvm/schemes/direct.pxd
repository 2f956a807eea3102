# SPDX-License-Identifier: BSD-3-Clause
"""A scheme that writes shadows straight into the hardware TLB."""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t

from simobjects.cext.kvm.schemes.base cimport Mapping, Shadow, ShadowScheme

cdef struct Ref:
    int64_t page                 # -1: none
    uint16_t guest_index
    uint8_t writeable
    uint8_t tid

cdef class DirectInsertion(ShadowScheme):
    cdef Ref *refs
    # The slots with a page of one guest entry are chained, so that a tlbwe need not look at all of them.
    cdef int16_t *first          # by guest entry, -1: none
    cdef int16_t *next           # by slot
    cdef int16_t *before         # by slot, -1: it is the first
    cdef bint rewriting          # the slot that is released is written at once
    cdef void _link(self, int slot) noexcept nogil
    cdef void _unlink(self, int slot) noexcept nogil
    cdef void _insert(self, int slot, const Shadow *made, const Mapping *wanted) noexcept nogil
    cdef void _reference(self, int slot, const Shadow *made, int guest_index) noexcept nogil
    cdef int _choose(self) noexcept nogil
    cdef void _release(self, int slot, int cause) noexcept nogil
    cdef void _forget(self, int slot) noexcept nogil
