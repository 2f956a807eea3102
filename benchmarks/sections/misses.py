# SPDX-License-Identifier: BSD-3-Clause
"""What a miss costs, by what it is: streams of which nearly every access misses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.fast import MISSES, SIZES, STORMS, ready
from benchmarks.machines import build
from benchmarks.row import Goal, Row, Section, timed
from benchmarks.setting import Setting
from simobjects import System

GOALS = {
    "native miss, its refill included": 120,
    "real miss under E4, all its exits included": 500,
    "virt miss under E4": 120,
}
MOST_SIZES = 10
"""Runs with one size in whose time all sizes are to be done."""


def miss_sections(setting: Setting) -> list[Section]:
    """Misses one by one; and many sizes of the TLB against one."""
    rows = [
        Row(name, "", timed(ready(make)), unit="ns", scale=1e9 / MISSES,
            goal=Goal(most=GOALS[name]) if name in GOALS else None)
        for name, make in STORMS.items()
    ]  # fmt: skip
    storms = Section("misses", "A miss", f"{MISSES:,} accesses that miss; what one of them takes.", rows)
    return [storms, _sizes(setting)]


def _sizes(setting: Setting) -> Section:
    trace = setting.traces[0]

    def sized(entries: int) -> System:
        machine = build("native", trace)
        machine.tlb.entries = entries
        return machine

    def all_of_them() -> Callable[[], int]:
        runs = [ready(partial(sized, entries))() for entries in SIZES]
        return lambda: sum(run() for run in runs)

    one, many = "64 entries", f"{len(SIZES)} sizes"
    rows = [
        Row(one, "one run", timed(ready(lambda: sized(64)))),
        Row(many, f"{SIZES[0]} to {SIZES[-1]} entries, each in a run of its own", timed(all_of_them),
            goal=Goal(least=1 / MOST_SIZES, to=one)),
    ]  # fmt: skip
    return Section("sizes", "Sizes of the TLB", f"The trace {trace} on the bare machine.", rows, (one,))
