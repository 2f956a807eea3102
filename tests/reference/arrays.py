# SPDX-License-Identifier: BSD-3-Clause
"""Schemes with a shadow of every slot (docs/model.md 6.2 to 6.4): E3b, and as differences from it E3, E2, E1, E0."""

from __future__ import annotations

from typing import Any

from tests.reference.schemes import GUEST_BASE, Bill, Counts, Mapping, Scheme, shadow_entry
from tests.reference.settings import Settings
from tests.reference.tlb import SIZE_CODES, SPACE, SR, SW, SX, TLB, VALID, Entry, size_field

SMALL_PAGE = 4096
USER_ATTRIBUTES = 0xF000
STORAGE_ATTRIBUTES = 0xF80
"""W I M G E."""
PERMISSIONS = 0x3F


class ShadowArray(Scheme):
    """E3b: a shadow of every slot; what was modified is written to hardware at the next entry."""

    def __init__(self, settings: Settings, tlb: TLB, counts: Counts) -> None:
        self.settings = settings
        self.tlb = tlb
        self.counts = counts
        self.last = settings.hwater
        self.position = 0
        self.shadow = [Entry()] * (self.last + 1)
        self.shadow_changes = 0
        self.modified = [False] * (self.last + 1)
        self.when_mapped: list[Entry | None] = [None] * (self.last + 1)
        """What the hardware slot held when a shadow was made that waits for the next entry."""

    def map(self, wanted: Mapping, bill: Bill) -> None:
        bill.instructions += self.settings.costs.c_map
        slot = self.position
        self.position = 0 if slot == self.last else slot + 1
        self.counts.maps += 1
        self.counts.pages_taken += 1
        if self.shadow[slot].valid:
            self._drop(slot, bill)
        self.shadow[slot] = self.entry_for(wanted)
        self.shadow_changes += 1
        self.modified[slot] = True
        self.when_mapped[slot] = self.tlb.slots[slot]

    def invalidate(self, index: int, old: Entry, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_shadow * (self.last + 1)
        if old.code not in SIZE_CODES:  # it matched nothing, so nothing is its shadow
            return
        tid = self._shadow_tid(old.tid)
        for slot, entry in enumerate(self.shadow):
            if not entry.valid or entry.tid not in (0, tid):
                continue
            if entry.start < old.start + old.bytes and old.start < entry.start + entry.bytes:
                self._drop(slot, bill)

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        bill.instructions += self.settings.costs.scan_shadow * self.settings.n
        for slot, entry in enumerate(self.shadow):
            if entry.valid and entry.tid == 0:
                self._drop(slot, bill)

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
                self.write_shadow(slot, self.shadow[slot])
        self.modified = [False] * (self.last + 1)

    def teardown(self, bill: Bill) -> None:
        self._drop_all(bill)

    def held(self) -> list[int]:
        return [(entry.physical - GUEST_BASE) // self.settings.host_page for entry in self.shadow if entry.valid]

    def copies(self) -> list[Any]:
        """Shadows that the hardware holds, and those that wait for the entry after their map (slot H waits forever)."""
        found = []
        for slot, entry in enumerate(self.shadow[: self.last]):
            there = self.tlb.slots[slot]
            waits = there is self.when_mapped[slot]
            if entry.valid and (waits or there.origin == entry.origin):
                found.append(entry.origin)
        return found

    def stamp(self) -> object:
        return self.tlb.changes, self.shadow_changes

    def entry_for(self, wanted: Mapping) -> Entry:
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
        self.shadow_changes += 1
        self.modified[slot] = True


class LazyPidArray(ShadowArray):
    """E3: a new PID is only noted; the next privilege change drops every shadow."""

    def __init__(self, settings: Settings, tlb: TLB, counts: Counts) -> None:
        super().__init__(settings, tlb, counts)
        self.pid_changed = False

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        self.pid_changed = True

    def priv(self, user: bool, bill: Bill) -> None:
        if self.pid_changed:
            self.pid_changed = False
            self._flush(bill)

    def _flush(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_shadow * (self.last + 1)
        self._drop_all(bill)

    def entry_for(self, wanted: Mapping) -> Entry:
        guest = wanted.guest
        w2 = guest.w2 & (USER_ATTRIBUTES | STORAGE_ATTRIBUTES | PERMISSIONS)
        if wanted.in_kernel:
            supervisor = w2 & (SX | SW | SR)
            w2 = w2 & (USER_ATTRIBUTES | STORAGE_ATTRIBUTES) | supervisor << 3
        return Entry(
            w0=wanted.ea // SMALL_PAGE * SMALL_PAGE | VALID | SPACE | size_field(SMALL_PAGE),
            w1=GUEST_BASE + wanted.gpa // SMALL_PAGE * SMALL_PAGE,
            w2=w2 | SX | SW | SR,
            tid=self._shadow_tid(guest.tid),
            origin=wanted.origin,
        )


class GuestTidArray(LazyPidArray):
    """E2: the guest's own TIDs and PID are the hardware's; every privilege change drops every shadow."""

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        """Nothing: the shadows of other processes have other TIDs."""

    def priv(self, user: bool, bill: Bill) -> None:
        self._flush(bill)

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        return guest_pid

    def _shadow_tid(self, guest_tid: int) -> int:
        return guest_tid


class ReloadedArray(GuestTidArray):
    """E1: every entry writes slots 0..H-1, whatever has changed."""

    def load(self, bill: Bill) -> None:
        """Nothing: the next entry writes everything anyway."""

    def enter(self, bill: Bill) -> None:
        self._charge_entry(bill)
        self.counts.slots_visited += self.last
        self.counts.slots_written += self.last
        bill.tlbwe += 3 * self.last
        for slot, entry in enumerate(self.shadow[: self.last]):
            if self.tlb.slots[slot] == entry:
                self.tlb.tlbwe += 3  # counted as a write but never an overlap
            else:
                self.write_shadow(slot, entry)

    def _charge_entry(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e1_entry + self.settings.costs.e1_slot * self.last


class SavingArray(ReloadedArray):
    """E0: every entry reads the host's slots out before that."""

    def _charge_entry(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e0_entry + self.settings.costs.e0_slot * self.last
