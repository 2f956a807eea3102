# SPDX-License-Identifier: BSD-3-Clause
"""Records of usual blocks, one by one, with the misses of pages that were refilled before."""

from libc.stdint cimport int64_t

from simobjects.cext.core.stays cimport Stays
from simobjects.cext.core.supervisor cimport LOAD, STORE, Refills
from simobjects.cext.traces.stream cimport Cursor

cdef int64_t walk_records(const Cursor *at, Stays *stays, Refills *refills, int64_t i, int64_t end) noexcept nogil


cdef inline void count_waiting(const Cursor *at, Stays *stays, Refills *refills) noexcept nogil:
    """The kinds of data misses, which by now are near."""
    cdef int64_t stores = 0
    cdef int k
    for k in range(stays.waiting):
        stores += at.kind[stays.record[k]]      # 0 load, 1 store
    refills.missed[STORE] += stores
    refills.missed[LOAD] += stays.waiting - stores
    stays.waiting = 0


cdef inline void end_waiting(const Cursor *at, Stays *stays, Refills *refills) noexcept nogil:
    """What was put off. Of refills of one sort only the last may have no fetch behind it."""
    cdef int64_t i = stays.last[0]
    cdef int64_t trailing = refills.trailing
    count_waiting(at, stays, refills)
    if i > trailing and at.fetches[i] == 1:
        trailing = i
    i = stays.last[1]
    if i > trailing and at.accesses[i] == 1:
        trailing = i
    i = stays.last[2]
    if i > trailing and at.fetches[i] - at.fetches[i] // at.accesses[i] == 1:
        trailing = i
    refills.trailing = trailing
