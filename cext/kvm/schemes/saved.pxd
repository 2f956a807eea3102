# SPDX-License-Identifier: BSD-3-Clause
"""Direct insertion that is saved and restored when the vcpu is put and loaded."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef struct Saved:               # a hardware entry read back
    uint32_t word0
    uint32_t word1
    uint32_t word2
    int tid

cdef class SavedInsertion(DirectInsertion):
    cdef Saved *saved
    cdef uint8_t *mapped         # slots that KVM has ever written
    cdef bint flush_first
