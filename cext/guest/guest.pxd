# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: its processes and what happens to them."""

cimport cython
from libc.stdint cimport int64_t

from simobjects.cext.guest.handlers cimport SCRIPTS, HandlerPlayer
from simobjects.cext.core.core cimport Core
from simobjects.cext.core.supervisor cimport GuestSoftware
from simobjects.cext.core.tlb cimport TLB

@cython.final
cdef class Guest(GuestSoftware):
    cdef Core core
    cdef HandlerPlayer handlers   # page tables, the running process, what the handlers count
    cdef TLB managed              # the TLB that the guest manages: hardware natively, its own under KVM
    cdef bint ended[256]          # by process
    cdef int alive
    cdef int64_t quantum, next_switch
    cdef int64_t every[SCRIPTS]   # user instructions between events, 0: none
    cdef int64_t due[SCRIPTS]
    cdef int pinned_before        # slot of the pinned page in the TLB of a checkpoint

    cdef int _check_due(self, str name, int64_t due, int64_t every) except -1
    cdef void event(self, int which) noexcept nogil
    cdef void switch_to(self, int process) noexcept nogil
    cdef void plan(self) noexcept nogil
    cdef int following(self) noexcept nogil
    cdef void _raise(self, int vector) noexcept nogil
