# SPDX-License-Identifier: BSD-3-Clause
"""Records of usual blocks, one by one, with the misses of pages that were refilled before.

Of each record only its two pages and their numbers (`stays.pxd`) are read: the other columns are far, and what they say
about misses can wait. What a miss changes is in registers until the walk ends, and each of a record's pages has a branch
of its own: nearly all that a miss costs is that nobody can foretell it, so that is to happen once. It is a kernel of its
own because it needs all of the registers.
"""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.core.stays cimport MOST_WAITING, Stays
from simobjects.cext.core.supervisor cimport FETCH, Refills
from simobjects.cext.traces.stream cimport Cursor

cdef extern from *:
    void prefetch "__builtin_prefetch"(const void *at) noexcept nogil
    long expect "__builtin_expect"(long found, long usual) noexcept nogil

cdef enum:
    AHEAD = 256               # records: measured
    NEAR = 32                 # records: where misses come often, the next ones need their accesses

cdef struct Walk:
    const uint32_t *code      # columns
    const uint32_t *data
    int64_t *until
    int64_t done              # as in Stays and Refills
    int64_t known             # a page whose number is not above it may never have been refilled
    int64_t turns
    int slot, last
    int waiting


cdef inline void take(Walk *walk, Stays *stays, Refills *refills, uint32_t page, bint code) noexcept nogil:
    """The refill of a page that misses."""
    if walk.slot < walk.last:
        walk.slot += 1
    else:
        walk.slot = 0
        refills.wrapped[code] += 1
    walk.done += 1
    walk.until[page] = walk.done + walk.turns
    stays.taken[walk.slot] = page


cdef inline bint walk_record(const Cursor *at, Walk *walk, Stays *stays, Refills *refills, int64_t i) noexcept nogil:
    """A record; False: nothing is done, because too little is known of a page."""
    cdef uint32_t code = walk.code[i]
    cdef uint32_t data = walk.data[i]
    if expect(walk.done >= walk.until[code], False):
        if walk.until[code] <= walk.known or walk.until[data] <= walk.known:
            return False
        take(walk, stays, refills, code, True)
        refills.missed[FETCH] += 1
        stays.last[0] = i
    if expect(walk.done >= walk.until[data], False):
        if walk.until[code] <= walk.known or walk.until[data] <= walk.known:
            return False
        take(walk, stays, refills, data, False)
        stays.last[1] = i
        prefetch(&at.kind[i])
        prefetch(&at.accesses[i + NEAR])
        stays.record[walk.waiting] = i
        walk.waiting += 1
        if walk.waiting == MOST_WAITING:
            stays.waiting = MOST_WAITING
            count_waiting(at, stays, refills)
            walk.waiting = 0
        if walk.done >= walk.until[code] and at.accesses[i] > 1:
            take(walk, stays, refills, code, True)
            refills.missed[FETCH] += 1
            stays.last[2] = i
    return True


cdef int64_t walk_records(const Cursor *at, Stays *stays, Refills *refills, int64_t i, int64_t end) noexcept nogil:
    """Record by record, to `end` or to one with a page of which too little is known.

    They begin with a fetch, name no page of data that they do not access, and refer not to page 0 (`blocks.pxd`).
    """
    cdef Walk walk = Walk(at.fetch_page, at.data_page, &stays.until[0], stays.done, stays.start + stays.turns, stays.turns,
                          refills.slot, refills.last, stays.waiting)
    while i + 1 < end:
        prefetch(&walk.code[i + AHEAD])
        prefetch(&walk.data[i + AHEAD])
        if not walk_record(at, &walk, stays, refills, i):
            break
        i += 1
        if not walk_record(at, &walk, stays, refills, i):
            break
        i += 1
    if i + 1 == end and walk_record(at, &walk, stays, refills, i):
        i += 1
    stays.done = walk.done
    stays.waiting = walk.waiting
    refills.slot = walk.slot
    return i
