# SPDX-License-Identifier: BSD-3-Clause
"""The whole machine in plain Python: `TwinMachine`, written from docs/model.md alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tests.reference.core import Core, Watchdog
from tests.reference.guest import EVENTS, GuestKernel
from tests.reference.host import Host
from tests.reference.native import NativeSupervisor
from tests.reference.settings import Settings
from tests.reference.stream import FETCH, Cursor, Record
from tests.reference.tlb import TLB

Stop = Literal["limit", "end", "watchdog", "failed"]
Stats = dict[str, dict[str, int | list[int]]]


class TwinMachine:
    """A native or virtual machine over one stream of references per process of the guest."""

    def __init__(
        self,
        params: Mapping[str, Any],
        streams: Sequence[Sequence[Record]],
        vmm_stream: Sequence[Record] = (),
        task_streams: Sequence[Sequence[Record]] = (),
    ) -> None:
        self.settings = Settings.of(params)
        self.tlb = TLB(self.settings.n)
        self.core = Core(self.settings, self.tlb)
        self.guest = GuestKernel(self.settings, self.core)
        self.host: Host | None = None
        if self.settings.native:
            native = NativeSupervisor(self.core)
            native.guest = self.guest
            self.core.supervisor = native
        else:
            self.host = Host(self.settings, self.core, vmm_stream, task_streams)
            self.host.guest = self.guest
            self.core.supervisor = self.host
        self.cursors = [Cursor(stream) for stream in streams]
        self.next_switch = self.settings.quantum
        self.next_event = {name: getattr(self.settings, f"{name}_every") for name in EVENTS}
        self.watchdog_bit = False

    def run(self, references: int | None = None) -> Stop:
        """Go on for so many references of the streams (None: to the end); says why it stopped."""
        if self.watchdog_bit:
            return "watchdog"
        end = None if references is None else sum(self.core.completed) + references
        try:
            return self._run(end)
        except Watchdog:
            self.watchdog_bit = True
            return "watchdog"

    def _run(self, end: int | None) -> Stop:
        core = self.core
        while True:
            if self._stopped():
                return "failed"
            if end is not None and sum(core.completed) >= end:
                return "limit"
            cursor = self.cursors[self.guest.process]
            if cursor.current is None:
                following = self._next_living()
                if following is None:
                    return "end"
                self.guest.switch(following)
                continue
            kind, ea = cursor.current
            if kind == FETCH:
                core.take_ticks()
                if self._stopped() or self._take_event():
                    continue
            core.reference(kind, ea)
            cursor.advance()

    def _stopped(self) -> bool:
        return self.host is not None and self.host.counts.stopped

    def _next_living(self) -> int | None:
        """The next process in turn, other than the running one, whose stream goes on."""
        count = len(self.cursors)
        for step in range(1, count):
            process = (self.guest.process + step) % count
            if self.cursors[process].current is not None:
                return process
        return None

    def _take_event(self) -> bool:
        """Take one event of the guest, the switch first; False when none is due."""
        instructions = self.core.completed[FETCH]
        if self.settings.quantum and instructions >= self.next_switch:
            self.next_switch += self.settings.quantum
            following = self._next_living()
            if following is not None:
                self.guest.switch(following)
            return True
        for name, due in self.next_event.items():
            if due and instructions >= due:
                self.next_event[name] += getattr(self.settings, f"{name}_every")
                record = self.cursors[self.guest.process].record
                assert record is not None
                self.guest.event(name, record[1] << 12)
                return True
        return False

    def stats(self) -> Stats:
        """Raw statistics by part; cycles in mc."""
        tlb = self.tlb
        stats: Stats = {
            "tlb": {
                "lookups": tlb.lookups,
                "hits": tlb.hits,
                "misses": tlb.misses,
                "tlbwe": tlb.tlbwe,
                "overlapping_writes": tlb.overlapping_writes,
            },
            "core": self.core.stats(),
            "guest": self.guest.stats(),
        }
        if self.host is not None:
            stats["host"] = self.host.stats()
        return stats
