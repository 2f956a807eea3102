# SPDX-License-Identifier: BSD-3-Clause
"""A scheme whose decisions are taken in Python."""

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef enum:                       # hooks, by their place in HOOKS
    CHOOSE = 0
    INVALIDATE = 1
    SET_PID = 2
    PRIVILEGE = 3
    PUT = 4
    LOAD = 5
    ENTER = 6
    HOOK_COUNT = 7

cdef class RunningScheme(DirectInsertion):
    cdef readonly object config
    cdef int hooks               # bits of those that the class has; 0 after one has raised
    cdef object raised
    cdef int guest_index         # of the map in progress
    cdef object ea
    cdef int cause               # of what is released now
    cdef int _call(self, int hook, int argument) noexcept
    cdef int _checked(self, int slot) except -1
    cdef int _slot_of(self, object answer) except -1
