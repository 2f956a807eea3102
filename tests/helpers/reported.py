# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps of a small machine whose time is made of estimates, and their reports."""

from __future__ import annotations

from pathlib import Path

from simobjects.study.executors.local import LocalProcesses
from simobjects.study.plan import Sweep
from simobjects.study.space import parse_space
from simobjects.study.sweep import run_sweep


def machine(length: int = 400) -> str:
    """A script: its machine has a statistic `time` that depends on the way and on estimates."""
    return f'''# SPDX-License-Identifier: BSD-3-Clause
import sys

sys.path.insert(0, {str(Path(__file__).parent)!r})
from typing import Any, ClassVar

from fake_machine import CorePeer, FakeCore, FakeTLB

from simobjects.framework import Citation, System, estimate, param
from simobjects.stats import counter


class TimedPeer(CorePeer):
    """A core whose time is that of its misses, or that of its look-ups."""

    cost = (0, 0)

    def read_stats(self) -> dict[str, Any]:
        misses = self.tlb.read_stats()["misses"]
        return {{**super().read_stats(), "time": misses * self.cost[0] + self.done * self.cost[1]}}


class Timed(FakeCore):
    """One way pays for each miss, the other for each look-up: which is better hangs on what a miss costs."""

    citation: ClassVar[tuple[Citation, ...]] = (Citation("doe99", "Two ways", ("Doe, Jane",), 1999),)

    scheme: str = param("misses", "what is paid for: misses or lookups")
    miss: int = estimate(10, "cycles of a miss", 1, 60)
    look: int = estimate(9, "cycles of a look-up", 8, 10)
    idle: int = estimate(7, "cycles of what never happens", 1, 9)

    time = counter("time of all look-ups", unit="cycle")

    def make_peer(self) -> object:
        peer = TimedPeer(self.length, self.pages, self.mode, self.pause_us)
        peer.cost = (self.miss, 0) if self.scheme == "misses" else (0, self.look)
        return peer

    def provenance(self) -> dict[str, str]:
        return {{"source": "<made up>"}}


system = System()
system.core = Timed(length={length})
system.core.tlb = FakeTLB(entries=16)
'''


def swept(folder: Path, *overs: str, question: str = "", length: int = 400) -> Path:
    """The folder of a sweep of that machine, run here; its script lies beside it."""
    script = folder / "timed.py"
    script.write_text(machine(length))
    out = folder / "study"
    run_sweep(Sweep(script, parse_space(overs), out, folder=folder, question=question), executor=LocalProcesses(1))
    return out


BOTH = "system.core.scheme=misses,lookups"
SIZES = "system.core.tlb.entries=8..32:x2"
PAGES = "system.core.pages=20,60"
