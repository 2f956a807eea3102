# SPDX-License-Identifier: BSD-3-Clause
"""The core of docs/model.md section 3: time, micro-TLBs, and one reference until it hits."""

from __future__ import annotations

from typing import Protocol

from tests.reference.settings import Settings
from tests.reference.stream import FETCH
from tests.reference.tlb import NOWHERE, TLB

CYCLE_KINDS = ("guest_user", "guest_kernel", "exits", "tick", "vmm", "switch", "tasks", "idle")


class Watchdog(Exception):
    """One reference missed too many times in a row."""


class Supervisor(Protocol):
    """Who gets the exceptions: the guest itself (native) or KVM."""

    def tick_due(self) -> bool: ...

    def tick(self) -> None: ...

    def until_tick(self) -> int | None:
        """Time until a tick is due, in mc; None: never."""
        ...

    def interrupt(self, vector: int) -> None: ...

    def miss(self, kind: int, ea: int) -> bool:
        """Act on a miss; True when the access was done by somebody else and is not to be looked up again."""
        ...

    def mtspr(self, name: str, value: int) -> None: ...

    def mfspr(self, name: str) -> None: ...

    def mtmsr(self) -> None: ...

    def mfmsr(self) -> None: ...

    def wrtee(self) -> None: ...

    def wait(self) -> None:
        """mtmsr with MSR[WE]: nothing until `wake`."""
        ...

    def tlbsx(self, ea: int) -> int:
        """The guest entry that translates ea for the search ID, or NOWHERE."""
        ...

    def tlbwe(self, index: int, word: int, value: int) -> None: ...

    def rfi(self, to_user: bool) -> None: ...

    def device_access(self) -> None:
        """A data reference hit the device's page in hardware."""
        ...


class MicroTLB:
    """A few address ranges, oldest first; 0 entries: off."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self.ranges: list[tuple[int, int]] = []
        self.misses = 0

    def holds(self, ea: int) -> bool:
        for start, end in self.ranges:
            if start <= ea < end:
                return True
        return False

    def insert(self, start: int, end: int) -> None:
        """Put a range in for the oldest one."""
        if len(self.ranges) == self.entries:
            del self.ranges[0]
        self.ranges.append((start, end))

    def clear(self) -> None:
        self.ranges.clear()


class Core:
    """Looks up, counts, and keeps the time (mc: thousandths of a cycle)."""

    by_runs = True
    """Whether fetches of one address in a row are done at once: most of a handler's are."""

    def __init__(self, settings: Settings, tlb: TLB) -> None:
        self.costs = settings.costs
        self.watchdog = settings.watchdog
        self.tlb = tlb
        self.inst = MicroTLB(settings.micro_i)
        self.data = MicroTLB(settings.micro_d)
        self.supervisor: Supervisor
        # What the running context shows to the TLB; the supervisor sets them.
        self.space = 0
        self.pid = 0
        self.in_kernel = False
        self.now = 0
        self.wake = 0
        self.cycles = dict.fromkeys(CYCLE_KINDS, 0)
        self.completed = [0, 0, 0]
        self.missed = [0, 0, 0]
        self.kernel_instructions = 0
        self.kernel_lookups = 0
        self.kernel_misses = 0

    def charge(self, kind: str, mc: int) -> None:
        """Let time pass."""
        self.cycles[kind] += mc
        self.now += mc

    def charge_guest(self, mc: int) -> None:
        """Let time pass in the guest, in the mode that it is in."""
        self.charge("guest_kernel" if self.in_kernel else "guest_user", mc)

    def synchronise(self) -> None:
        """What every exception, entry and rfi does to the micro-TLBs."""
        self.inst.clear()
        self.data.clear()

    def take_ticks(self) -> None:
        """The boundary before each fetch."""
        while self.supervisor.tick_due():
            self.supervisor.tick()

    def reference(self, kind: int, ea: int) -> None:
        """One reference of the stream or, in the kernel, of a handler."""
        self.touch(kind, ea)
        if kind == FETCH:
            self.charge_guest(self.costs.guest_cpi_milli)
        if not self.in_kernel:
            self.completed[kind] += 1
        elif kind == FETCH:
            self.kernel_instructions += 1

    def run(self, ea: int, instructions: int) -> None:
        """So many instructions in a row at one address, each with its boundary."""
        while instructions > 0:
            self.take_ticks()
            self.reference(FETCH, ea)
            instructions -= 1
            if self.by_runs and instructions:
                instructions -= self._same_again(ea, instructions)

    def _same_again(self, ea: int, most: int) -> int:
        """Fetches that follow one of the same address: they hit, so up to the next tick only counts and time change."""
        cpi, quiet = self.costs.guest_cpi_milli, self.supervisor.until_tick()
        count = most if quiet is None else min(most, max(0, -(-quiet // cpi)))
        if not self.inst.entries:
            self.tlb.lookups += count
            self.tlb.hits += count
            if self.in_kernel:
                self.kernel_lookups += count
        self.charge_guest(count * cpi)
        if self.in_kernel:
            self.kernel_instructions += count
        else:
            self.completed[FETCH] += count
        return count

    def touch(self, kind: int, ea: int) -> None:
        """Look up until it hits."""
        misses = 0
        while not self._translate(kind, ea):
            misses += 1
            if self.in_kernel:
                self.kernel_misses += 1
            else:
                self.missed[kind] += 1
            if misses > self.watchdog:
                raise Watchdog
            if self.supervisor.miss(kind, ea):
                break

    def _translate(self, kind: int, ea: int) -> bool:
        micro = self.inst if kind == FETCH else self.data
        if micro.ranges and micro.holds(ea):
            return True
        if self.in_kernel:
            self.kernel_lookups += 1
        index = self.tlb.lookup(self.space, self.pid, ea)
        if index == NOWHERE:
            return False
        if micro.entries:
            entry = self.tlb.slots[index]
            micro.insert(entry.start, entry.start + entry.bytes)
            micro.misses += 1
            self.charge_guest(self.costs.micro_miss * 1000)
        return True

    def stats(self) -> dict[str, int | list[int]]:
        """Raw counts; cycles in mc."""
        fetches, loads, stores = self.completed
        return {
            "references": sum(self.completed),
            "fetches": fetches,
            "loads": loads,
            "stores": stores,
            "instructions": fetches,
            "kernel_instructions": self.kernel_instructions,
            "misses": list(self.missed),
            "kernel_lookups": self.kernel_lookups,
            "kernel_misses": self.kernel_misses,
            "micro_misses": [self.inst.misses, self.data.misses],
            "cycles": list(self.cycles.values()),
        }
