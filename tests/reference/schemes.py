# SPDX-License-Identifier: BSD-3-Clause
"""The schemes of the commit, docs/model.md 6.2 and 6.4: the shadow array (E3b) and direct insertion (E4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tests.reference.settings import Settings
from tests.reference.tlb import COHERENT, SPACE, SR, SW, SX, TLB, UW, VALID, Entry, size_field

GUEST_BASE = 0x01000000
"""Host physical address of guest physical 0."""


@dataclass
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


@dataclass(frozen=True)
class Mapping:
    """What KVM is asked to map: a guest entry, and the page of it that is wanted."""

    ea: int
    gpa: int
    guest: Entry
    guest_index: int
    in_kernel: bool
    """The guest's virtual PR is 0."""


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
    )


class Scheme(Protocol):
    """How KVM keeps the guest's translations in hardware."""

    def map(self, wanted: Mapping, bill: Bill) -> None: ...

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        """Drop what comes from a valid guest entry that is about to be overwritten."""
        ...

    def set_pid(self, bill: Bill) -> None:
        """Drop what belongs to the previous process of the guest."""
        ...

    def priv(self, user: bool, bill: Bill) -> None:
        """The guest's virtual PR is about to change."""
        ...

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        """The hardware PID that the guest runs with."""
        ...

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        """vcpu_put; `sweep` makes slots 0..H invalid."""
        ...

    def load(self, bill: Bill) -> None:
        """vcpu_load."""
        ...

    def enter(self, bill: Bill) -> None:
        """The last steps before the guest."""
        ...

    def teardown(self, bill: Bill) -> None:
        """Drop every page that is held."""
        ...


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


@dataclass(frozen=True)
class Ref:
    """A page that E4 holds for a slot."""

    page: int
    index: int
    writeable: bool
    tid: int


class DirectInsertion:
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
        slot = self.counter.next()
        self.counts.maps += 1
        self.counts.pages_taken += 1
        self._release(slot, bill)
        entry = shadow_entry(wanted, self.settings.host_page)
        page = wanted.gpa // self.settings.host_page
        self.refs[slot] = Ref(page, wanted.guest_index, bool(entry.w2 & UW), entry.tid)
        self.tlb.write(slot, entry)

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * self.settings.n
        for slot, ref in enumerate(self.refs):
            if ref is not None and ref.index == index:
                self._release(slot, bill)

    def set_pid(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * self.settings.n
        for slot, ref in enumerate(self.refs):
            if ref is not None and ref.tid == 0:
                self._release(slot, bill)

    def priv(self, user: bool, bill: Bill) -> None:
        """Nothing but the hardware PID changes."""

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        return 0 if user else 1

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        sweep(bill)

    def load(self, bill: Bill) -> None:
        """Nothing: the guest faults its entries in again."""

    def enter(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e4_entry

    def teardown(self, bill: Bill) -> None:
        for slot in range(self.settings.hwater + 1):
            self._release(slot, bill)

    def _release(self, slot: int, bill: Bill) -> None:
        ref = self.refs[slot]
        if ref is None:
            return
        there = self.tlb.slots[slot]
        if there.valid and there.space == 0:
            self.counts.host_killed += 1
        self.tlb.write_word(slot, 0, 0, 0)
        bill.tlbwe += 1
        bill.instructions += 1 + self.settings.costs.c_release
        if ref.writeable:
            self.counts.pages_dirty += 1
        else:
            self.counts.pages_clean += 1
        self.refs[slot] = None


class ShadowArray:
    """E3b: a shadow of every slot; what was modified is written to hardware at the next entry."""

    def __init__(self, settings: Settings, tlb: TLB, counts: Counts) -> None:
        self.settings = settings
        self.tlb = tlb
        self.counts = counts
        self.last = settings.hwater
        self.position = 0
        self.shadow = [Entry()] * (self.last + 1)
        self.modified = [False] * (self.last + 1)

    def map(self, wanted: Mapping, bill: Bill) -> None:
        bill.instructions += self.settings.costs.c_map
        slot = self.position
        self.position = 0 if slot == self.last else slot + 1
        self.counts.maps += 1
        self.counts.pages_taken += 1
        if self.shadow[slot].valid:
            self._drop(slot, bill)
        self.shadow[slot] = self._entry_for(wanted)
        self.modified[slot] = True

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * (self.last + 1)
        tid = self._shadow_tid(old.tid)
        for slot, entry in enumerate(self.shadow):
            meets = entry.start < old.start + old.bytes and old.start < entry.start + entry.bytes
            if entry.valid and meets and entry.tid in (0, tid):
                self._drop(slot, bill)

    def set_pid(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * self.settings.n
        for slot, entry in enumerate(self.shadow):
            if entry.valid and entry.tid == 0:
                self._drop(slot, bill)

    def priv(self, user: bool, bill: Bill) -> None:
        """Nothing but the hardware PID changes."""

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        return 0 if user else 1

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        sweep(bill)

    def load(self, bill: Bill) -> None:
        """Everything is to be written again."""
        self.modified = [True] * (self.last + 1)

    def enter(self, bill: Bill) -> None:
        costs = self.settings.costs
        bill.instructions += costs.e3b_entry + costs.e3b_visit * self.last
        self.counts.slots_visited += self.last
        # Slot H is mapped and dropped like the others but never reaches the hardware.
        for slot in range(self.last):
            if self.modified[slot]:
                bill.instructions += costs.e3b_write
                bill.tlbwe += 3
                self.counts.slots_written += 1
                self.tlb.write(slot, self.shadow[slot])
        self.modified = [False] * (self.last + 1)

    def teardown(self, bill: Bill) -> None:
        self._drop_all(bill)

    def _entry_for(self, wanted: Mapping) -> Entry:
        return shadow_entry(wanted, self.settings.host_page)

    def _shadow_tid(self, guest_tid: int) -> int:
        return 1 if guest_tid == 0 else 0

    def _drop_all(self, bill: Bill) -> None:
        for slot, entry in enumerate(self.shadow):
            if entry.valid:
                self._drop(slot, bill)

    def _drop(self, slot: int, bill: Bill) -> None:
        bill.instructions += self.settings.costs.c_release
        self.counts.pages_dirty += 1
        self.shadow[slot] = Entry()
        self.modified[slot] = True
