# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that KVM never had (docs/model.md 6.4): E4 with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.reference.insertion import DirectInsertion
from tests.reference.schemes import GUEST_BASE, Bill, Mapping, shadow_entry
from tests.reference.tlb import Entry, size_field

LARGE_SIZES = (256 << 20, 16 << 20, 1 << 20, 256 << 10, 64 << 10, 16 << 10)


class SpareHost(DirectInsertion):
    """A map walks past the host's translations; a stale reference is dropped without touching them."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.position = 0

    def next_slot(self, bill: Bill) -> int:
        slots = self.settings.hwater + 1
        following = [(self.position + 1 + step) % slots for step in range(slots)]
        seen = following[: self.settings.patience]
        free_of_host = [slot for slot in seen if not self.is_hosts(slot)]
        chosen = free_of_host[0] if free_of_host else following[len(seen) % slots]
        looked = following.index(chosen) + 1 if free_of_host else len(seen)
        bill.instructions += looked * self.settings.costs.e6_visit
        self.position = chosen
        return chosen

    def is_hosts(self, slot: int) -> bool:
        return self.tlb.slots[slot].valid and self.tlb.slots[slot].space == 0

    def release(self, slot: int, bill: Bill) -> None:
        if self.refs[slot] is None:
            return
        bill.instructions += self.settings.costs.e6_visit
        if self.is_hosts(slot):
            self.drop_reference(slot, bill)
        else:
            super().release(slot, bill)


class LargePages(DirectInsertion):
    """The largest shadow that the guest's page, the place of guest memory in the host's, and its end allow."""

    def entry_for(self, wanted: Mapping) -> Entry:
        small = super().entry_for(wanted)
        for size in LARGE_SIZES:
            start = wanted.gpa // size * size
            fits = size <= wanted.guest.bytes and start + size <= self.settings.guest_memory
            fits = fits and size <= self.settings.largest
            if size > self.settings.host_page and fits and GUEST_BASE % size == 0:
                ea = wanted.ea // size * size
                w0 = ea | small.w0 & 0x300 | size_field(size)
                return replace(small, w0=w0, w1=GUEST_BASE + start)
        return small


class Tagged(DirectInsertion):
    """A hardware PID for each (PID, mode) of the guest that has run or been mapped for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.ids: dict[tuple[int, bool], int] = {}
        self.running = (1, True)
        self.number(self.running, Bill())

    def number(self, context: tuple[int, bool], bill: Bill) -> int:
        if context in self.ids:
            return self.ids[context]
        bill.instructions += self.settings.costs.scan_entry
        if len(self.ids) == self.settings.hardware_pids:
            bill.instructions += self.settings.costs.scan_entry * self.settings.n
            for slot in range(self.settings.n):
                self.release(slot, bill)
            self.exhausted()
            self.ids = {self.running: 1}
        return self.ids.setdefault(context, len(self.ids) + 1)

    def start(self, pid: int, user: bool) -> None:
        """The guest begins in this context."""
        self.running = (pid, user)
        self.number(self.running, Bill())

    def exhausted(self) -> None:
        """All shadows have just been dropped."""

    def entry_for(self, wanted: Mapping) -> Entry:
        return shadow_entry(replace(wanted, in_kernel=not self.context(wanted)[1]), self.settings.host_page)

    def context(self, wanted: Mapping) -> tuple[int, bool]:
        """Who will use it: who asked, or at a tlbwe the process of the TID, the guest's kernel for TID 0."""
        if not wanted.eager:
            return self.running
        return (wanted.guest.tid, True) if wanted.guest.tid else (self.running[0], False)

    def made(self, wanted: Mapping, bill: Bill) -> Entry:
        return replace(self.entry_for(wanted), tid=self.number(self.context(wanted), bill))

    def set_pid(self, bill: Bill, pid: int = 0) -> None:
        self.running = (pid, self.running[1])
        self.number(self.running, bill)

    def priv(self, user: bool, bill: Bill) -> None:
        self.running = (self.running[0], user)
        self.number(self.running, bill)

    def hardware_pid(self, guest_pid: int, user: bool) -> int:
        return self.ids[self.running]
