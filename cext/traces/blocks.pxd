# SPDX-License-Identifier: BSD-3-Clause
"""What whole blocks of a stream's records come to: how many references, on which pages."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    LEVELS = 3               # blocks, blocks of blocks, blocks of those
    PAGE = 0xFFFFF           # every page number is below 2^20: a damaged one cannot lead out of a map
    FETCHED = 1 << 30        # beside a block's page: it is fetched from, accessed
    ACCESSED = 1 << 29
    FETCH_FIRST = 1 << 28    # its first reference is a fetch, a store
    STORE_FIRST = 1 << 27
    LATE = 1 << 26           # its first reference is the block's last fetch or comes behind that
    ODD = 1 << 25            # beside the first page of a block: it has an odd record, see `is_odd`

cdef struct Block:           # sums that stop at 2^32 - 1
    uint32_t fetches
    uint32_t accesses
    uint32_t stores
    uint32_t first           # of its pages; they end where the next block's begin

cdef struct Level:
    int64_t blocks           # whole ones; the records behind the last are in none
    const Block *block       # one more than there are
    const uint32_t *pages    # the different ones of each block, as they come first, with what is done to them

cdef struct Summary:
    int levels               # 0: there is none
    int shift                # a block is of 2^shift records, on the next level of 2^(2 shift)
    Level level[LEVELS]

cdef struct Place:           # of a walk over the blocks
    int level
    int64_t block            # of that level


cdef inline bint is_odd(uint32_t n, uint32_t m, uint32_t data_page) noexcept nogil:
    """Whether a record does not begin with a fetch, or names a page of data that it does not access."""
    return (n > m) | ((n == 0) & (data_page != 0))


cdef inline Place first_place(const Summary *summary, int64_t record) noexcept nogil:
    """Where a walk begins at a record that begins a block: among the smallest."""
    return Place(0, record >> summary.shift)


cdef inline bint next_place(const Summary *summary, Place *place, bint passed) noexcept nogil:
    """Behind a block that was passed, up where a larger one begins; else its first part. False: it has none."""
    if passed:
        place.block += 1
        if place.level < summary.levels - 1 and place.block & ((1 << summary.shift) - 1) == 0:
            place.block >>= summary.shift
            place.level += 1
    elif place.level == 0:
        return False
    else:
        place.block <<= summary.shift
        place.level -= 1
    return True


cdef class Blocks:
    cdef Summary summary
    cdef readonly int64_t records
    cdef const uint32_t[::1] words
    cdef int _view(self) except -1
