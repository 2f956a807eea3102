# SPDX-License-Identifier: BSD-3-Clause
"""Bytes that are nearly right, the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

BYTES = (0, 1, 2, 9, 10, 0x20, 0x2D, 0x30, 0x7F, 0x80, 0xFE, 0xFF)
WORDS = (0, 1, 2, 0x7F, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
NUMBERS = (b"0", b"-1", b"1e9", b"9223372036854775807", b"-9223372036854775808", b"18446744073709551616", b"nan", b"[]")
LARGEST = 1 << 20
_DIGITS = re.compile(rb"-?\d+")


def mutant(seeds: Sequence[bytes], number: int) -> bytes:
    """The mutant with this number."""
    chance = random.Random(number)
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        chance.choice(MUTATIONS)(data, chance, seeds)
    return bytes(data[:LARGEST])


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, but often near the beginning, where the headers are."""
    return chance.randrange(min(len(data), chance.choice((64, 512, len(data) or 1))) or 1)


def _flip(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _byte(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[_place(data, chance)] = chance.choice(BYTES)


def _word(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = _place(data, chance) & ~3
    order = chance.choice(("big", "little"))
    size = chance.choice((2, 4, 8))
    data[at : at + size] = (chance.choice(WORDS) & (1 << 8 * size) - 1).to_bytes(size, order)  # type: ignore[arg-type]


def _cut(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _remove(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = _place(data, chance)
    del data[at : at + chance.randrange(1, 64)]


def _repeat(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    at = _place(data, chance)
    data[at:at] = data[at : at + chance.randrange(1, 64)] * chance.choice((1, 2, 50))


def _splice(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    other = chance.choice(seeds)
    at = chance.randrange(len(other) + 1)
    data[_place(data, chance) :] = other[at:]


def _number(data: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    """Of text: another number in the place of one."""
    found = list(_DIGITS.finditer(data))
    if found:
        one = chance.choice(found)
        data[one.start() : one.end()] = chance.choice(NUMBERS)


MUTATIONS = (_flip, _byte, _word, _cut, _remove, _repeat, _splice, _number)
