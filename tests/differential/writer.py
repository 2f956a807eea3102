# SPDX-License-Identifier: BSD-3-Clause
"""A sequence while it is being made: groups of words, branches between groups, loops whose counter is left alone."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

BASES = tuple(range(14, 22))  # registers that hold data addresses and are seldom written
LONGEST = 256


@dataclass
class Group:
    """Words that belong together: nothing jumps into their middle.

    `fixes`: (index of a word, "relative" | "high" | "low" | "absolute", group jumped to).
    """

    words: list[int]
    fixes: list[tuple[int, str, int]] = field(default_factory=list)


class Writer:
    """Collects groups. Jumps go forward only, except a loop's own bdnz; nothing enters a loop but through its start."""

    def __init__(self, rng: random.Random, length: int, *, hardware: bool = False) -> None:
        self.rng = rng
        self.hardware = hardware
        """Also what QEMU does differently: for comparisons between models of the hardware."""
        self.length = length
        self.groups: list[Group] = []
        self.size = 0
        self.loops: list[tuple[int, int]] = []  # first group (it loads CTR), last group (its bdnz)
        self.loop_start: int | None = None
        self.loop_left = 0

    @property
    def full(self) -> bool:
        return self.size >= self.length

    @property
    def in_loop(self) -> bool:
        return self.loop_start is not None

    def add(self, words: list[int], *fixes: tuple[int, str, int]) -> None:
        self.groups.append(Group(words, list(fixes)))
        self.size += len(words)

    def ahead(self) -> int:
        """A group after the one that is about to be added, for a branch."""
        return len(self.groups) + 1 + self.rng.randrange(5)

    def target(self) -> int:
        """A register to write: seldom one of the bases."""
        while True:
            register = self.rng.randrange(32)
            if register not in BASES or self.rng.random() < 0.02:
                return register

    def source(self) -> int:
        return self.rng.randrange(32)

    def base(self) -> int:
        """A register for an address: mostly one that was loaded with an address."""
        return self.rng.choice(BASES) if self.rng.random() < 0.97 else self.rng.randrange(1, 32)

    def finish(self, origin: int) -> list[int]:
        """The words, with every branch resolved. `origin` is the effective address of the first one."""
        starts, at = [], 0
        for group in self.groups:
            starts.append(at)
            at += len(group.words)
        words: list[int] = []
        for index, group in enumerate(self.groups):
            resolved = list(group.words)
            for word, kind, wanted in group.fixes:
                goal = self._allowed(index, wanted)
                offset = 4 * (starts[goal] if goal < len(starts) else at)
                here = 4 * (starts[index] + word)
                resolved[word] |= _field(kind, here, offset, origin)
            words += resolved
        return words

    def _allowed(self, source: int, goal: int) -> int:
        """The goal of a jump, or the start of the loop that it would have entered in the middle."""
        for first, last in self.loops:
            if source < first < goal <= last:
                return first
        return goal


def _field(kind: str, here: int, offset: int, origin: int) -> int:
    if kind == "relative":
        return (offset - here) & 0x03FF_FFFC
    if kind == "relative14":
        return (offset - here) & 0xFFFC
    value = origin + offset
    if kind == "absolute":
        return value & 0x03FF_FFFC
    return value >> 16 if kind == "high" else value & 0xFFFF
