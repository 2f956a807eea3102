# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that KVM on the 440 never had, each a step from direct insertion (E4)."""

from libc.stdint cimport uint8_t

from simobjects.cext.kvm.schemes.insertion cimport DirectInsertion

cdef class FlushOnce(DirectInsertion):
    pass

cdef class SpareHost(DirectInsertion):
    cdef int position            # KVM's own FIFO

cdef class LargePages(DirectInsertion):
    pass

cdef class Tagged(DirectInsertion):
    cdef uint8_t ids[2][256]     # hardware PID of a guest's (PR, PID); 0: none yet
    cdef int most_ids
    cdef int last_id
    cdef bint eager
    cdef int _id(self, int pid, bint user) noexcept nogil
    cdef void _forget_all(self) noexcept nogil

cdef class MagicPage(DirectInsertion):
    pass
