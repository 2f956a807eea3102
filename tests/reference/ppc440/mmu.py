# SPDX-License-Identifier: BSD-3-Clause
"""Translation: the array of 64 entries and the two micro-TLBs in front of it (section 1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from tests.reference.ppc440.interrupts import DATA_MISS, DSI, INSTRUCTION_MISS, ISI, Interrupt
from tests.reference.ppc440.state import ESR_ST, MSR_DS, MSR_IS, MSR_PR, Registers

EPN, VALID, SPACE, SIZE = 0xFFFFFC00, 0x200, 0x100, 0xF0
IMPLEMENTED = (0xFFFFFFF0, 0xFFFFFC0F, 0x0000FFBF)
"""By word: what tlbwe stores. The parity bits are read only; the reserved ones read as 0."""
WRITE_THROUGH, INHIBITED, GUARDED, LITTLE = 0x800, 0x400, 0x100, 0x80
UX, UW, UR, SX, SW, SR = 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
SIZE_CODES = (0, 1, 2, 3, 4, 5, 7, 9)
FETCH, LOAD, STORE = "fetch", "load", "store"
NEEDED = {FETCH: (SX, UX), LOAD: (SR, UR), STORE: (SW, UW)}


@dataclass(frozen=True)
class Entry:
    w0: int = 0
    w1: int = 0
    w2: int = 0
    tid: int = 0

    @cached_property
    def bytes(self) -> int:
        return 1024 << 2 * (self.w0 >> 4 & 15)

    @cached_property
    def pages(self) -> range:
        """The effective addresses of the page; none where V is 0. The EPN's bits below the page size do not matter."""
        first = (self.w0 & EPN) // self.bytes * self.bytes
        return range(first, first + self.bytes) if self.w0 & VALID and self.supported else range(0)

    @property
    def supported(self) -> bool:
        return (self.w0 >> 4 & 15) in SIZE_CODES

    def holds(self, ea: int, space: int) -> bool:
        """Whether the page of this entry has that address."""
        return ea in self.pages and bool(self.w0 & SPACE) == bool(space)

    def matches(self, ea: int, space: int, pid: int) -> bool:
        return self.holds(ea, space) and self.tid in (0, pid & 0xFF)

    def physical(self, ea: int) -> int:
        """36 bits."""
        base = (self.w1 & 15) << 32 | (self.w1 & 0xFFFFFC00)
        return base // self.bytes * self.bytes + ea % self.bytes


def meet(a: Entry, b: Entry) -> bool:
    """Whether some access matches both."""
    same_tid = a.tid == b.tid or a.tid == 0 or b.tid == 0
    same_space = a.w0 & SPACE == b.w0 & SPACE
    first, second = a.pages, b.pages
    return same_tid and same_space and max(first.start, second.start) < min(first.stop, second.stop)


EMPTY = (-1, Entry())
"""A place in a micro-TLB whose entry was taken back."""


class Mmu:
    """`micro` is the number of entries of the micro-TLBs for fetches and for data, 0 for none.

    In the functional mode a micro-TLB never says anything else than the array. In the faithful mode it keeps what it
    took from the array until the next context synchronisation.
    """

    def __init__(self, entries: int, micro: dict[str, int], faithful: bool, diagnostics: Counter[str]) -> None:
        self.entries = [Entry()] * entries
        self.micro_size = micro
        self.micro: dict[str, list[tuple[int, Entry]]] = {"inst": [], "data": []}
        self.oldest = {"inst": 0, "data": 0}
        self.faithful = faithful
        self.diagnostics = diagnostics
        self.micro_misses = Counter[str]()

    def write(self, index: int, word: int, value: int, tid: int) -> None:
        """tlbwe."""
        if not self.faithful:
            for kept in self.micro.values():
                kept[:] = [EMPTY if slot == index else (slot, entry) for slot, entry in kept]
        old = self.entries[index]
        words = [old.w0, old.w1, old.w2]
        words[word] = value & IMPLEMENTED[word]
        self.entries[index] = Entry(words[0], words[1], words[2], tid if word == 0 else old.tid)
        new = self.entries[index]
        if word == 0 and value & VALID and not new.supported:
            self.diagnostics["unsupported_page_size"] += 1
        if word == 2 and value & WRITE_THROUGH and value & INHIBITED:
            self.diagnostics["write_through_inhibited"] += 1
        if any(meet(new, other) for place, other in enumerate(self.entries) if place != index):
            self.diagnostics["overlapping_entries"] += 1

    def synchronise(self) -> None:
        """A context synchronisation: both micro-TLBs are empty."""
        self.micro["inst"].clear()
        self.micro["data"].clear()
        self.oldest = {"inst": 0, "data": 0}

    def search(self, ea: int, space: int, pid: int) -> int | None:
        """Index of the lowest matching entry. More than one is undefined; the lowest is this model's choice."""
        found = [index for index, entry in enumerate(self.entries) if entry.matches(ea, space, pid)]
        return found[0] if found else None

    def find(self, r: Registers, ea: int, side: str, space: int) -> Entry | None:
        """The translation that the core uses, from the micro-TLB of that side or from the array."""
        kept = self.micro[side]
        index = self.search(ea, space, r.pid)
        if self.faithful:
            for slot, entry in kept:
                if entry.holds(ea, space):
                    if self.entries[slot] != entry or entry.tid not in (0, r.pid):
                        self.diagnostics["stale_micro_hit"] += 1
                    return entry
        if index is None:
            return None
        entry = self.entries[index]
        if self.micro_size[side] and (index, entry) not in kept:
            self.micro_misses[side] += 1
            self.keep(side, (index, entry))
        return entry

    def keep(self, side: str, found: tuple[int, Entry]) -> None:
        """Round robin: the oldest goes."""
        kept, place = self.micro[side], self.oldest[side]
        kept[place : place + 1] = [found]
        self.oldest[side] = (place + 1) % self.micro_size[side]

    def translate(self, r: Registers, ea: int, access: str, *, protected: bool = True) -> tuple[int, Entry]:
        """Physical address and entry, or the interrupt. Without `protected` only a missing entry interrupts."""
        fetch = access == FETCH
        space = r.msr & (MSR_IS if fetch else MSR_DS)
        entry = self.find(r, ea, "inst" if fetch else "data", space)
        store = ESR_ST if access == STORE else 0
        if entry is None:
            raise Interrupt(INSTRUCTION_MISS) if fetch else Interrupt(DATA_MISS, esr=store, dear=ea)
        supervisor, user = NEEDED[access]
        if protected and not entry.w2 & (user if r.msr & MSR_PR else supervisor):
            raise Interrupt(ISI, esr=0) if fetch else Interrupt(DSI, esr=store, dear=ea)
        return entry.physical(ea), entry
