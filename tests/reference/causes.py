# SPDX-License-Identifier: BSD-3-Clause
"""Causes of virt misses (docs/model.md 6.7), from the definition: compare what is there before and after each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from tests.reference.schemes import Bill, Mapping, Scheme
from tests.reference.tlb import Entry

CAUSES = (
    "first_touch", "own_map", "host_miss", "put_sweep", "pid_change", "guest_tlbwe", "host_flush", "page_cut",
    "lost_slot", "duplicate", "privilege",
)  # fmt: skip
OF_THE_HOST = ("host_miss", "put_sweep", "host_flush")


class Origin(NamedTuple):
    """Where a shadow comes from: the guest entry, the how manieth that was written there, and the page of it."""

    slot: int
    serial: int
    page: int


class Ledger:
    """All that ever happened to every (guest entry, page), and who is there now."""

    def __init__(self) -> None:
        self.copies: Callable[[], list[Origin]] = list
        """The origins of all that the hardware holds, or will from the next entry on."""
        self.stamp: Callable[[], object] = object
        """Equal to what it was before: they are what they were."""
        self.seen: object = None
        self.before: set[Origin] = set()
        self.serials: Counter[int] = Counter()
        self.mapped: list[Origin] = []
        self.ends: dict[Origin, tuple[str, bool]] = {}
        """What ended the last copy of it, and whether the guest was servicing a real miss then."""
        self.misses = dict.fromkeys(CAUSES, 0)
        self.later_misses = dict.fromkeys(CAUSES, 0)
        self.interrupts: list[bool] = []
        self.from_refill = False
        """The exit in progress is from the guest's refill handler."""

    # --- what happens

    def exit(self, host_timer: bool = False) -> bool:
        """An exit begins; whether it is the doing of a refill handler."""
        self.from_refill = self.in_refill() and not host_timer
        return self.from_refill

    def happened(self, cause: str) -> None:
        """Something that can take copies away has just been done."""
        stamp = self.stamp()
        if stamp == self.seen:
            return
        self.seen = stamp
        now = set(self.copies())
        for origin in self.before - now:
            self.ends[origin] = (cause, self.in_refill() and cause not in OF_THE_HOST)
        self.before = now

    def map(self, origin: Origin) -> None:
        """It has been mapped."""
        self.mapped.append(origin)
        self.happened("own_map")
        if origin not in self.before:
            self.ends[origin] = ("lost_slot", self.in_refill())

    def written(self, index: int) -> None:
        """The guest has written a word of an entry."""
        self.serials[index] += 1

    def delivered(self, real_miss: bool) -> None:
        self.interrupts.append(real_miss)

    def returned(self) -> None:
        if self.interrupts:
            self.interrupts.pop()

    # --- what is asked

    def in_refill(self) -> bool:
        return bool(self.interrupts) and self.interrupts[-1]

    def origin(self, index: int, page: int) -> Origin:
        return Origin(index, self.serials[index], page)

    def miss(self, index: int, page: int) -> str:
        """Count a virt miss and say why it happened."""
        origin = self.origin(index, page)
        cause, in_refill = "first_touch", False
        if origin in self.before:
            cause = "duplicate"
        elif origin in self.ends:
            cause, in_refill = self.ends[origin]
        elif any(o.slot == index and o.serial == origin.serial for o in self.mapped):
            cause = "page_cut"
        self.misses[cause] += 1
        if in_refill and not self.in_refill():
            self.later_misses[cause] += 1
        return cause


class LedgeredScheme(Scheme):
    """Put before a scheme among a class's bases: every step of the scheme is an event in its ledger."""

    ledger: Ledger
    privilege_cause: str
    cause = "own_map"

    def resolve_duplicate(self, slot: int) -> None:
        self.ledger.happened(self.cause)
        super().resolve_duplicate(slot)
        self.ledger.happened("duplicate")

    def map(self, wanted: Mapping, bill: Bill) -> None:
        origin = self.ledger.origin(wanted.guest_index, self.entry_for(wanted).start)
        super().map(replace(wanted, origin=origin), bill)
        self.ledger.map(origin)

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        super().invalidate(index, old, bill)
        self.ledger.happened("guest_tlbwe")

    def exhausted(self) -> None:
        self.ledger.happened("pid_change")

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        super().set_pid(bill, pid)
        self.ledger.happened("pid_change")

    def priv(self, user: bool, bill: Bill) -> None:
        super().priv(user, bill)
        self.ledger.happened(self.privilege_cause)

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        super().put(sweep, bill)
        self.ledger.happened("put_sweep")

    def load(self, bill: Bill) -> None:
        self.cause = "put_sweep"
        super().load(bill)
        self.ledger.happened("put_sweep")
        self.cause = "own_map"

    def enter(self, bill: Bill) -> None:
        super().enter(bill)
        self.ledger.happened("duplicate")
