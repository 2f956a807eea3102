# SPDX-License-Identifier: BSD-3-Clause
"""What every scheme has (docs/model.md 6.2): what it is asked, what it counts, the entry that E3b and later make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reference.settings import Settings
from tests.reference.tlb import COHERENT, SPACE, SR, SW, SX, TLB, VALID, Entry, size_field

GUEST_BASE = 0x01000000
"""Host physical address of guest physical 0."""


@dataclass(slots=True)
class Bill:
    """What one stretch of host work comes to."""

    instructions: int = 0
    tlbwe: int = 0
    latency: int = 0
    """Further cycles."""


@dataclass
class Counts:
    """What the schemes and the host count."""

    maps: int = 0
    pages_taken: int = 0
    pages_dirty: int = 0
    pages_clean: int = 0
    host_killed: int = 0
    slots_visited: int = 0
    slots_written: int = 0
    duplicates_written: int = 0
    duplicates_dropped: int = 0
    stopped: bool = False
    """The run ends because of a duplicate."""


@dataclass(frozen=True)
class Mapping:
    """What KVM is asked to map: a guest entry, and the page of it that is wanted."""

    ea: int
    gpa: int
    guest: Entry
    guest_index: int
    in_kernel: bool
    """The guest's virtual PR is 0."""
    origin: Any = None
    eager: bool = False
    """Made at a tlbwe of the guest, before anybody asked."""


def shadow_entry(wanted: Mapping, host_page: int) -> Entry:
    """The hardware entry for it."""
    page = host_page if wanted.guest.bytes >= host_page else 4096
    w2 = wanted.guest.w2 & 0xF03F
    if wanted.in_kernel:
        w2 = w2 & ~0x38 | (w2 & 0x07) << 3
    return Entry(
        w0=wanted.ea // page * page | VALID | SPACE | size_field(page),
        w1=GUEST_BASE + wanted.gpa // page * page,
        w2=w2 | SX | SW | SR | COHERENT,
        tid=1 if wanted.guest.tid == 0 else 0,
        origin=wanted.origin,
    )


class Scheme:
    """How KVM keeps the guest's translations in hardware."""

    settings: Settings
    tlb: TLB
    counts: Counts

    def write_shadow(self, slot: int, entry: Entry) -> None:
        """Write the hardware; a valid entry that then meets another is a duplicate."""
        before = self.tlb.overlapping_writes
        self.tlb.write(slot, entry)
        if self.tlb.overlapping_writes > before:
            self.counts.duplicates_written += 1
            self.resolve_duplicate(slot)

    def resolve_duplicate(self, slot: int) -> None:
        """What the hardware does about it; the lowest index wins without doing anything."""
        mine = self.tlb.ranges[slot]
        assert mine is not None
        for other in range(self.settings.hwater + 1):
            theirs = self.tlb.ranges[other]
            if other == slot or theirs is None or not mine.meets(theirs):
                continue
            if self.settings.duplicates == "stop":
                self.counts.stopped = True
            if self.settings.duplicates == "drop_older":
                self.counts.duplicates_dropped += 1
                self.tlb.place(other, Entry())

    def entry_for(self, wanted: Mapping) -> Entry:
        """The hardware entry that a map makes."""
        raise NotImplementedError

    def map(self, wanted: Mapping, bill: Bill) -> None:
        raise NotImplementedError

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        """Drop what comes from a valid guest entry that is about to be overwritten."""
        raise NotImplementedError

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        """Drop what belongs to the previous process of the guest."""
        raise NotImplementedError

    def priv(self, user: bool, bill: Bill) -> None:
        """The guest's virtual PR is about to change. Most schemes change the hardware PID only."""

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        """The hardware PID that the guest runs with."""
        return 0 if user else 1

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        """vcpu_put; `sweep` makes slots 0..H invalid."""
        sweep(bill)

    def load(self, bill: Bill) -> None:
        """vcpu_load."""

    def enter(self, bill: Bill) -> None:
        """The last steps before the guest."""
        raise NotImplementedError

    def teardown(self, bill: Bill) -> None:
        """Drop every page that is held."""
        raise NotImplementedError

    def held(self) -> list[int]:
        """The host pages of guest memory that are held, once for each slot that names them."""
        raise NotImplementedError

    def copies(self) -> list[Any]:
        """The origins of the guest's entries that are in hardware, or will be from the next entry on."""
        raise NotImplementedError

    def stamp(self) -> object:
        """Another one whenever `copies` may be others."""
        return self.tlb.changes


class HostIndex:
    """The kernel's round-robin counter `tlb_44x_index`."""

    def __init__(self, hwater: int) -> None:
        self.hwater = hwater
        self.value = 0

    def next(self) -> int:
        """Step on; the new value is the slot."""
        self.value += 1
        if self.value > self.hwater:
            self.value = 0
        return self.value
