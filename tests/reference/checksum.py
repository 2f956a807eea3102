# SPDX-License-Identifier: BSD-3-Clause
"""XXH64 in plain Python, written from its public specification (doc/xxhash_spec.md of the xxHash project)."""

from __future__ import annotations

from collections.abc import Iterator

P1, P2, P3, P4, P5 = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
    2870177450012600261,
)
MASK = (1 << 64) - 1


def _rotl(value: int, bits: int) -> int:
    value &= MASK
    return (value << bits | value >> (64 - bits)) & MASK


def _round(lane: int, word: int) -> int:
    return _rotl(lane + word * P2, 31) * P1 & MASK


def _pieces(data: bytes, size: int) -> Iterator[int]:
    for at in range(0, len(data) - size + 1, size):
        yield int.from_bytes(data[at : at + size], "little")


def xxh64(data: bytes) -> int:
    """The digest of `data` with seed 0."""
    whole = len(data) // 32 * 32
    total = P5
    if whole:
        lanes = [P1 + P2, P2, 0, -P1]
        for number, word in enumerate(_pieces(data[:whole], 8)):
            lanes[number % 4] = _round(lanes[number % 4], word)
        total = sum(_rotl(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            total = (total ^ _round(0, lane)) * P1 + P4 & MASK
    total = total + len(data) & MASK
    rest = data[whole:]
    for word in _pieces(rest, 8):
        total = _rotl(total ^ _round(0, word), 27) * P1 + P4 & MASK
    rest = rest[len(rest) // 8 * 8 :]
    if len(rest) >= 4:
        total = _rotl(total ^ int.from_bytes(rest[:4], "little") * P1 & MASK, 23) * P2 + P3 & MASK
        rest = rest[4:]
    for byte in rest:
        total = _rotl(total ^ byte * P5 & MASK, 11) * P1 & MASK
    total = (total ^ total >> 33) * P2 & MASK
    total = (total ^ total >> 29) * P3 & MASK
    return total ^ total >> 32
