# SPDX-License-Identifier: BSD-3-Clause
"""The TLB of docs/model.md section 2, as plainly as it can be written: an array and a linear search.

Twin of the hardware TLB and of the guest's TLB.  Nothing is remembered but the four fields of each slot and what they
spell out (an entry never changes, it is replaced), and until the next write what was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

EPN = 0xFFFFFC00
VALID = 0x200
SPACE = 0x100
SIZE = 0xF0
RPN = 0xFFFFFC00
UX, UW, UR, SX, SW, SR = 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
GUARDED = 0x100
COHERENT = 0x200

SIZE_CODES = (0, 1, 2, 3, 4, 5, 7, 9)
"""SIZE values that the core supports; an entry with any other matches nothing."""

NOWHERE = -1


@dataclass(slots=True)
class Entry:
    """One slot: three words in the 440's layout and the TID beside them. Nobody changes one; what the words say is read
    far more often than an entry is made, so it is worked out once."""

    w0: int = 0
    w1: int = 0
    w2: int = 0
    tid: int = 0
    origin: Any = field(default=None, compare=False)
    """What a guest's entry was made from; whoever only reads or matches entries does not see it."""
    valid: bool = field(init=False, compare=False)
    space: int = field(init=False, compare=False)
    code: int = field(init=False, compare=False)
    bytes: int = field(init=False, compare=False)
    """Page size in bytes."""
    start: int = field(init=False, compare=False)
    """First effective address of the page."""

    def __post_init__(self) -> None:
        w0 = self.w0
        self.valid = bool(w0 & VALID)
        self.space = 1 if w0 & SPACE else 0
        self.code = (w0 & SIZE) >> 4
        self.bytes = 1024 << (2 * self.code)
        self.start = (w0 & EPN) // self.bytes * self.bytes

    @property
    def physical(self) -> int:
        """Real address of the first byte of the page."""
        return (self.w1 & RPN) // self.bytes * self.bytes


def size_field(page_bytes: int) -> int:
    """The SIZE field of word 0 for a page of so many bytes."""
    for code in SIZE_CODES:
        if 1024 << (2 * code) == page_bytes:
            return code << 4
    raise ValueError(f"no SIZE for pages of {page_bytes} bytes; use 1, 4, 16, 64, 256 KiB, 1, 16 or 256 MiB")


@dataclass(frozen=True)
class Range:
    """What an entry matches: addresses start <= ea < end in one address space, for one TID (0: for all)."""

    start: int
    end: int
    space: int
    tid: int

    def meets(self, other: Range) -> bool:
        """Whether some look-up matches both."""
        same_tid = self.tid == other.tid or self.tid == 0 or other.tid == 0
        return self.space == other.space and same_tid and self.start < other.end and other.start < self.end


def matched_range(entry: Entry) -> Range | None:
    """The range of an entry, None when it can match nothing."""
    return _range(entry.w0, entry.tid)


@lru_cache(4096)  # the same few entries are written again and again
def _range(w0: int, tid: int) -> Range | None:
    entry = Entry(w0, tid=tid)
    if not entry.valid or entry.code not in SIZE_CODES:
        return None
    return Range(entry.start, entry.start + entry.bytes, entry.space, tid)


class TLB:
    """An array of entries with a linear search; the lowest matching index wins."""

    def __init__(self, entries: int) -> None:
        self.slots = [Entry()] * entries
        self.ranges: list[Range | None] = [None] * entries
        self.found: dict[tuple[int, int, int], int] = {}
        """What look-ups found since a slot was last filled."""
        self.lookups = 0
        self.hits = 0
        self.misses = 0
        self.tlbwe = 0
        self.overlapping_writes = 0
        self.changes = 0
        """How often a slot has been filled; who looks at all of them need not look again before the next time."""

    def find(self, space: int, pid: int, ea: int) -> int:
        """Index of the lowest matching entry, NOWHERE when none matches; counts nothing."""
        wanted = (space, pid, ea)
        if wanted not in self.found:
            self.found[wanted] = self.search(space, pid, ea)
        return self.found[wanted]

    def search(self, space: int, pid: int, ea: int) -> int:
        for index, r in enumerate(self.ranges):
            if r is not None and r.start <= ea < r.end and r.space == space and (r.tid == 0 or r.tid == pid):
                return index
        return NOWHERE

    def lookup(self, space: int, pid: int, ea: int) -> int:
        """A counted `find`."""
        index = self.find(space, pid, ea)
        self.lookups += 1
        if index == NOWHERE:
            self.misses += 1
        else:
            self.hits += 1
        return index

    def place(self, index: int, entry: Entry) -> None:
        """Put an entry there without counting anything (the state at boot)."""
        self.changes += 1
        self.found.clear()
        self.slots[index] = entry
        self.ranges[index] = matched_range(entry)

    def write(self, index: int, entry: Entry) -> None:
        """Write all three words at once: three tlbwe, judged once."""
        self.tlbwe += 3
        self._store(index, entry)

    def write_word(self, index: int, word: int, value: int, tid: int) -> None:
        """Write one word; word 0 takes the TID along."""
        old = self.slots[index]
        if word == 0:
            entry = Entry(value, old.w1, old.w2, tid)
        elif word == 1:
            entry = Entry(old.w0, value, old.w2, old.tid)
        else:
            entry = Entry(old.w0, old.w1, value, old.tid)
        self.tlbwe += 1
        self._store(index, entry)

    def sweep(self, last: int, writes: int) -> None:
        """Make slots 0..last invalid, at the price of so many tlbwe."""
        self.tlbwe += writes
        for index in range(last + 1):
            self.place(index, Entry())

    def _store(self, index: int, entry: Entry) -> None:
        self.place(index, entry)
        mine = self.ranges[index]
        if mine is None:
            return
        for other, theirs in enumerate(self.ranges):
            if other != index and theirs is not None and mine.meets(theirs):
                self.overlapping_writes += 1
                return
