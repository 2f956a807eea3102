# SPDX-License-Identifier: BSD-3-Clause
"""A checksum over whole arrays at the speed of memory: XXH64, as its public specification defines it.

The specification is "xxHash fast digest algorithm" (doc/xxhash_spec.md of the xxHash project). It tells damage, not a
forger: nothing is signed with it.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    void __builtin_prefetch(const void *address) noexcept nogil

cdef enum:
    STRIPE = 32
    AHEAD = 1024  # bytes: asking memory early halves the time on a slow one; beyond the end a prefetch does nothing

cdef uint64_t PRIME_1 = 0x9E3779B185EBCA87U
cdef uint64_t PRIME_2 = 0xC2B2AE3D27D4EB4FU
cdef uint64_t PRIME_3 = 0x165667B19E3779F9U
cdef uint64_t PRIME_4 = 0x85EBCA77C2B2AE63U
cdef uint64_t PRIME_5 = 0x27D4EB2F165667C5U


cdef inline uint64_t rotated(uint64_t value, int bits) noexcept nogil:
    return value << bits | value >> (64 - bits)


cdef inline uint64_t turn(uint64_t lane, uint64_t word) noexcept nogil:
    return rotated(lane + word * PRIME_2, 31) * PRIME_1


cdef inline uint64_t merged(uint64_t total, uint64_t lane) noexcept nogil:
    return (total ^ turn(0, lane)) * PRIME_1 + PRIME_4


cdef inline uint64_t word_at(const uint8_t *at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef uint64_t digest(const uint8_t *at, uint64_t size) noexcept nogil:
    cdef uint64_t total = PRIME_5
    cdef uint64_t left = size
    cdef uint64_t a, b, c, d
    cdef uint32_t half
    if size >= STRIPE:
        a = PRIME_1 + PRIME_2
        b = PRIME_2
        c = 0
        d = 0 - PRIME_1
        while left >= STRIPE:
            __builtin_prefetch(at + AHEAD)
            a = turn(a, word_at(at))
            b = turn(b, word_at(at + 8))
            c = turn(c, word_at(at + 16))
            d = turn(d, word_at(at + 24))
            at += STRIPE
            left -= STRIPE
        total = rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)
        total = merged(merged(merged(merged(total, a), b), c), d)
    total += size
    while left >= 8:
        total = rotated(total ^ turn(0, word_at(at)), 27) * PRIME_1 + PRIME_4
        at += 8
        left -= 8
    if left >= 4:
        memcpy(&half, at, 4)
        total = rotated(total ^ half * PRIME_1, 23) * PRIME_2 + PRIME_3
        at += 4
        left -= 4
    while left:
        total = rotated(total ^ at[0] * PRIME_5, 11) * PRIME_1
        at += 1
        left -= 1
    total = (total ^ total >> 33) * PRIME_2
    total = (total ^ total >> 29) * PRIME_3
    return total ^ total >> 32


def checksum(const uint8_t[::1] data not None):
    """XXH64 of `data`, seed 0 (words are read in the order of bytes of the computer: little-endian by definition)."""
    cdef uint64_t size = data.shape[0]
    cdef const uint8_t *at = &data[0] if size else NULL
    cdef uint64_t found
    with nogil:
        found = digest(at, size)
    return found
