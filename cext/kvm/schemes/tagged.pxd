# SPDX-License-Identifier: BSD-3-Clause
"""What if each context of the guest had a hardware PID of its own? Direct insertion with tags."""

from libc.stdint cimport uint8_t

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef class Tagged(DirectInsertion):
    cdef uint8_t ids[2][256]     # hardware PID of a guest's (PR, PID); 0: none yet
    cdef int most_ids
    cdef int last_id
    cdef bint eager
    cdef int _id(self, int pid, bint user) noexcept nogil
    cdef void _forget_all(self) noexcept nogil
