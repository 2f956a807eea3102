# SPDX-License-Identifier: BSD-3-Clause
"""A small machine in plain Python: what the command line and the sweeps need of a machine, and nothing of PowerPC."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, ClassVar

from simobjects.framework import Peers, SimObject, child, param
from simobjects.framework.roles import CountsInstructions, KnowsLength
from simobjects.stats import conserve, counter, formula, histogram, vector


class FakeTLB(SimObject):
    """A fully associative buffer, replaced first in first out."""

    entries: int = param(16, "entries in the array", ge=1, le=4096)

    lookups = counter("look-ups", unit="lookup")
    hits = counter("look-ups that hit", unit="lookup")
    misses = counter("look-ups that miss", unit="lookup")
    kinds = vector("misses by kind", labels=("even", "odd"), unit="lookup")
    pages = histogram("pages that missed", unit="page")
    hit_rate = formula("share of look-ups that hit", lambda s: s.hits / s.lookups, unit="ratio")
    all_counted = conserve("hits + misses = look-ups", lambda s: s.hits + s.misses, lambda s: s.lookups)
    by_kind = conserve("misses = sum over kinds", lambda s: sum(s.kinds), lambda s: s.misses)

    def make_peer(self) -> object:
        return TLBPeer(self.entries)


class TLBPeer:
    """The running half of FakeTLB."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self.held: dict[int, None] = {}
        self.hits = self.lookups = 0
        self.kinds = [0, 0]
        self.bins = [0] * 8

    def look_up(self, page: int) -> bool:
        """Whether the page is held; it is afterwards."""
        self.lookups += 1
        if page in self.held:
            self.hits += 1
            return True
        self.kinds[page & 1] += 1
        self.bins[min(page.bit_length(), 7)] += 1
        if len(self.held) == self.entries:
            del self.held[next(iter(self.held))]
        self.held[page] = None
        return False

    def read_stats(self) -> dict[str, Any]:
        return {
            "lookups": self.lookups,
            "hits": self.hits,
            "misses": self.lookups - self.hits,
            "kinds": list(self.kinds),
            "pages": list(self.bins),
        }


class FakeCore(SimObject):
    """Looks up pseudo-random pages of a working set; can be told to misbehave."""

    is_engine: ClassVar[bool] = True
    debug_kinds: ClassVar[tuple[str, ...]] = ("misses", "hits")

    length: int = param(10_000, "references of the workload; 0 is endless", ge=0)
    pages: int = param(40, "pages of the working set", ge=1)
    mode: str = param("good", "good, or how to fail: watchdog, raise, die, kill")
    pause_us: int = param(0, "microseconds of real time that a slice takes", ge=0, identity=False)
    tlb: FakeTLB = child(FakeTLB, "where it looks up")

    references = counter("references", unit="lookup")
    cycles = counter("cycles", unit="cycle")

    def make_peer(self) -> object:
        return CorePeer(self.length, self.pages, self.mode, self.pause_us)

    def wire(self, peers: Peers) -> None:
        peers[self].tlb = peers[self.tlb]


class CorePeer(KnowsLength, CountsInstructions):
    """The running half of FakeCore: a hit is one cycle, a miss is ten."""

    def __init__(self, length: int, pages: int, mode: str, pause_us: int) -> None:
        self.length, self.pages, self.mode, self.pause_us = length, pages, mode, pause_us
        self.tlb: TLBPeer
        self.done = self.cycle = 0
        self.state = 1
        self.trace: list[tuple[int, str, str]] = []
        self.debug: tuple[set[str], int, int] = (set(), 0, -1)

    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]:
        """See the engine's protocol of the framework."""
        if self.pause_us:
            references = min(references, 100) if references >= 0 else 100
            time.sleep(self.pause_us / 1e6)
        budget = references
        while True:
            if self.length and self.done >= self.length:
                return self._end()
            if cycle_limit >= 0 and self.cycle >= cycle_limit:
                return 2, {}
            if budget == 0:
                return 0, {}
            budget -= 1
            self._step()

    def _step(self) -> None:
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        page = (self.state >> 8) % self.pages
        hit = self.tlb.look_up(page)
        kinds, start, stop = self.debug
        kind = "hits" if hit else "misses"
        if kind in kinds and self.cycle >= start and (stop < 0 or self.cycle < stop):
            self.trace.append((self.cycle, kind, f"page {page}"))
        self.cycle += 1 if hit else 10
        self.done += 1

    def _end(self) -> tuple[int, dict[str, Any]]:
        if self.mode == "raise":
            raise ValueError("the machine is made to fail")
        if self.mode == "die":
            os.abort()
        if self.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return (5, {"waited": 1000}) if self.mode == "watchdog" else (1, {})

    def now(self) -> int:
        return self.cycle

    def references(self) -> int:
        return self.done

    def total_references(self) -> int:
        return self.length or -1

    def instructions(self) -> int:
        return self.done // 2

    def read_stats(self) -> dict[str, Any]:
        return {"references": self.done, "cycles": self.cycle}

    def debug_enable(self, kinds: list[str], start: int, stop: int) -> None:
        self.debug = (set(kinds), start, stop)

    def debug_drain(self) -> list[tuple[int, str, str]]:
        drained, self.trace = self.trace, []
        return drained
