# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that write hardware at once (docs/model.md 6.2 to 6.4): E4, and as differences from it E6 and E5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reference.schemes import GUEST_BASE, Bill, Counts, HostIndex, Mapping, Scheme, shadow_entry
from tests.reference.settings import Settings
from tests.reference.tlb import TLB, UW, Entry


@dataclass(frozen=True)
class Ref:
    """A page that E4 holds for a slot."""

    page: int
    index: int
    writeable: bool
    tid: int


class DirectInsertion(Scheme):
    """E4: hardware is written at map time; only page references are remembered."""

    def __init__(self, settings: Settings, tlb: TLB, counter: HostIndex, counts: Counts) -> None:
        self.settings = settings
        self.tlb = tlb
        self.counter = counter
        self.counts = counts
        self.refs: list[Ref | None] = [None] * settings.n

    def map(self, wanted: Mapping, bill: Bill) -> None:
        bill.instructions += self.settings.costs.c_map + 6
        bill.tlbwe += 3
        slot = self.next_slot(bill)
        entry = self.made(wanted, bill)
        self.counts.maps += 1
        self.counts.pages_taken += 1
        self.release(slot, bill)
        page = (entry.physical - GUEST_BASE) // self.settings.host_page
        self.refs[slot] = Ref(page, wanted.guest_index, bool(entry.w2 & UW), entry.tid)
        self.write_shadow(slot, entry)

    def next_slot(self, bill: Bill) -> int:
        """Where the next shadow goes."""
        return self.counter.next()

    def made(self, wanted: Mapping, bill: Bill) -> Entry:
        """The shadow, whatever else making it takes."""
        return self.entry_for(wanted)

    def entry_for(self, wanted: Mapping) -> Entry:
        return shadow_entry(wanted, self.settings.host_page)

    def copies(self) -> list[Any]:
        return [entry.origin for entry in self.tlb.slots if entry.valid and entry.origin is not None]

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * self.settings.n
        for slot, ref in enumerate(self.refs):
            if ref is not None and ref.index == index:
                self.release(slot, bill)

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        bill.instructions += self.settings.costs.scan_entry * self.settings.n
        for slot, ref in enumerate(self.refs):
            if ref is not None and ref.tid == 0:
                self.release(slot, bill)

    def enter(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e4_entry

    def teardown(self, bill: Bill) -> None:
        for slot in range(self.settings.hwater + 1):
            self.release(slot, bill)

    def held(self) -> list[int]:
        return [ref.page for ref in self.refs if ref is not None]

    def release(self, slot: int, bill: Bill) -> None:
        ref = self.refs[slot]
        if ref is None:
            return
        there = self.tlb.slots[slot]
        if there.valid and there.space == 0:
            self.counts.host_killed += 1
        self.tlb.write_word(slot, 0, 0, 0)
        bill.tlbwe += 1
        bill.instructions += 1
        self.drop_reference(slot, bill)

    def drop_reference(self, slot: int, bill: Bill) -> None:
        ref = self.refs[slot]
        assert ref is not None
        bill.instructions += self.settings.costs.c_release
        if ref.writeable:
            self.counts.pages_dirty += 1
        else:
            self.counts.pages_clean += 1
        self.refs[slot] = None


class SavedInsertion(DirectInsertion):
    """E6: a put reads the guest's entries back and takes them out, a load writes them again."""

    def __init__(self, settings: Settings, tlb: TLB, counter: HostIndex, counts: Counts) -> None:
        super().__init__(settings, tlb, counter, counts)
        self.mapped_once = [False] * (settings.hwater + 1)
        self.copy = [Entry()] * (settings.hwater + 1)

    def map(self, wanted: Mapping, bill: Bill) -> None:
        super().map(wanted, bill)
        self.mapped_once[self.counter.value] = True

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        costs = self.settings.costs
        for slot, mapped in enumerate(self.mapped_once):
            bill.instructions += costs.e6_visit
            if not mapped:
                continue
            bill.instructions += costs.e6_save
            self.copy[slot] = self.tlb.slots[slot]
            if self._is_guests(self.copy[slot]):
                bill.instructions += costs.release_write
                bill.tlbwe += 1
                self.tlb.write_word(slot, 0, 0, 0)

    def load(self, bill: Bill) -> None:
        costs = self.settings.costs
        for slot, entry in enumerate(self.copy):
            bill.instructions += costs.e6_visit
            if self._is_guests(entry):
                bill.instructions += costs.write_entry
                bill.tlbwe += 3
                self.write_shadow(slot, entry)

    def _is_guests(self, entry: Entry) -> bool:
        return entry.valid and entry.space == 1


class SweptInsertion(SavedInsertion):
    """E5: a surplus sweep comes before that, so nothing is left to read back."""

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        sweep(bill)
        super().put(sweep, bill)
