# SPDX-License-Identifier: BSD-3-Clause
"""RAM at physical address 0: one zeroed anonymous mapping, in the guest's byte order."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from simobjects.cext.arch.state cimport State, Stateful

# Told that somebody other than the core wrote `count` bytes at `pa` (a loader, a debugger): decoded code may be stale.
ctypedef void (*Written)(void *watcher, uint64_t pa, uint64_t count) noexcept nogil

cdef class Memory(Stateful):
    cdef uint8_t *ram             # where a large page of the computer begins
    cdef void *mapping
    cdef readonly uint64_t size
    cdef Written written
    cdef void *watcher

    cdef int _check(self, uint64_t pa, uint64_t count) except -1
    cdef int _told(self, uint64_t pa, uint64_t count) except -1
    cdef void watch(self, Written written, void *watcher) noexcept nogil
