# SPDX-License-Identifier: BSD-3-Clause
"""The schemes before and after those of the commit (docs/model.md 6.4): E3, E2, E1, E0, and E6, E5.

Each is written, as the page has it, as a difference from its neighbour.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.schemes import GUEST_BASE, Bill, Counts, DirectInsertion, HostIndex, Mapping, Scheme, ShadowArray
from tests.reference.settings import Settings
from tests.reference.tlb import SPACE, SR, SW, SX, TLB, VALID, Entry, size_field

SMALL_PAGE = 4096
USER_ATTRIBUTES = 0xF000
STORAGE_ATTRIBUTES = 0xF80
"""W I M G E."""
PERMISSIONS = 0x3F


class LazyPidArray(ShadowArray):
    """E3: a new PID is only noted; the next privilege change drops every shadow."""

    def __init__(self, settings: Settings, tlb: TLB, counts: Counts) -> None:
        super().__init__(settings, tlb, counts)
        self.pid_changed = False

    def set_pid(self, bill: Bill) -> None:
        self.pid_changed = True

    def priv(self, user: bool, bill: Bill) -> None:
        if self.pid_changed:
            self.pid_changed = False
            self._flush(bill)

    def _flush(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.scan_entry * (self.last + 1)
        self._drop_all(bill)

    def _entry_for(self, wanted: Mapping) -> Entry:
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
        )


class GuestTidArray(LazyPidArray):
    """E2: the guest's own TIDs and PID are the hardware's; every privilege change drops every shadow."""

    def set_pid(self, bill: Bill) -> None:
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
                self.tlb.write(slot, entry)

    def _charge_entry(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e1_entry + self.settings.costs.e1_slot * self.last


class SavingArray(ReloadedArray):
    """E0: every entry reads the host's slots out before that."""

    def _charge_entry(self, bill: Bill) -> None:
        bill.instructions += self.settings.costs.e0_entry + self.settings.costs.e0_slot * self.last


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
                self.tlb.write(slot, entry)

    def _is_guests(self, entry: Entry) -> bool:
        return entry.valid and entry.space == 1


class SweptInsertion(SavedInsertion):
    """E5: a surplus sweep comes before that, so nothing is left to read back."""

    def put(self, sweep: Callable[[Bill], None], bill: Bill) -> None:
        sweep(bill)
        super().put(sweep, bill)


ARRAYS: dict[str, type[ShadowArray]] = {
    "e0": SavingArray,
    "e1": ReloadedArray,
    "e2": GuestTidArray,
    "e3": LazyPidArray,
    "e3b": ShadowArray,
}
INSERTIONS: dict[str, type[DirectInsertion]] = {"e4": DirectInsertion, "e5": SweptInsertion, "e6": SavedInsertion}


def make_scheme(settings: Settings, tlb: TLB, counter: HostIndex, counts: Counts) -> Scheme:
    """The scheme that the settings name."""
    if settings.mode in ARRAYS:
        return ARRAYS[settings.mode](settings, tlb, counts)
    return INSERTIONS[settings.mode](settings, tlb, counter, counts)
