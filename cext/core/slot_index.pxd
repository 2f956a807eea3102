# SPDX-License-Identifier: BSD-3-Clause
"""Which entries of a TLB come into question for an address, so that most searches need not look at the whole array.

Nearly every entry of a running machine is a page of 4 KiB; those are chained by a hash of their page number. The
entries of other sizes are in a list. As long as that is short a chain and the list hold every entry that can match.
"""

from libc.stdint cimport int16_t, uint32_t
from libc.stdlib cimport calloc, free

cdef enum:
    CHAINS = 256
    SHORT_LIST = 6            # from here on looking at all entries, four at a time, is as fast
    PAGE_4K = 0xFFFFF000      # the mask of a chained entry
    END = -1

cdef struct SlotIndex:
    int16_t *next             # by slot: the next one of its chain
    int16_t *others           # slots whose entry is of another size
    int16_t *place            # by slot: where it is in `others`
    int n_others
    int16_t first[CHAINS]     # slot, or END


cdef inline bint index_make(SlotIndex *index, int entries) noexcept:
    """Room for so many entries, none of them valid; False when memory is out."""
    cdef int i
    index.next = <int16_t *>calloc(entries, sizeof(int16_t))
    index.others = <int16_t *>calloc(entries, sizeof(int16_t))
    index.place = <int16_t *>calloc(entries, sizeof(int16_t))
    for i in range(CHAINS):
        index.first[i] = END
    return index.next != NULL and index.others != NULL and index.place != NULL


cdef inline void index_free(SlotIndex *index) noexcept:
    free(index.next)
    free(index.others)
    free(index.place)


cdef inline uint32_t chain_of(uint32_t address) noexcept nogil:
    return (address >> 12 ^ address >> 20) & (CHAINS - 1)


cdef inline void index_add(SlotIndex *index, int slot, uint32_t key, uint32_t mask) noexcept nogil:
    """A slot has a valid entry now."""
    if mask == PAGE_4K:
        index.next[slot] = index.first[chain_of(key)]
        index.first[chain_of(key)] = <int16_t>slot
    else:
        index.place[slot] = <int16_t>index.n_others
        index.others[index.n_others] = <int16_t>slot
        index.n_others += 1


cdef inline void index_remove(SlotIndex *index, int slot, uint32_t key, uint32_t mask) noexcept nogil:
    """A slot loses the valid entry that it had."""
    cdef int16_t *link = &index.first[chain_of(key)]
    cdef int16_t last
    if mask == PAGE_4K:
        while link[0] != slot:
            link = &index.next[link[0]]
        link[0] = index.next[slot]
    else:
        index.n_others -= 1
        last = index.others[index.n_others]
        index.others[index.place[slot]] = last
        index.place[last] = index.place[slot]
