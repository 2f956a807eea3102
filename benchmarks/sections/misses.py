# SPDX-License-Identifier: BSD-3-Clause
"""What a miss costs, by what it is: streams of which nearly every access misses; and many sizes of the TLB."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial

from benchmarks.cost import ROOT, program
from benchmarks.fast import MISSES, SIZES, STORMS, ready
from benchmarks.machines import build
from benchmarks.row import Cost, Goal, Row, Section, timed
from benchmarks.setting import Setting
from simobjects import System

GOALS = {
    "native miss, its refill included": 120,
    "real miss under E4, all its exits included": 500,
    "virt miss under E4": 120,
}
MOST_SIZES = 10
"""Runs with one size in whose time all sizes are to be done."""

NATIVE = ROOT / "configs" / "examples" / "native.py"


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

    def command(*words: str) -> Cost:
        """Of the same machine: the micro-TLBs of the script are left out."""
        fixed = {"workload.trace": trace, "itlb.entries": "0", "dtlb.entries": "0"}
        given = [text for name, value in fixed.items() for text in ("--set", f"system.core.{name}={value}")]
        if setting.references is not None:
            given += ["--references", str(setting.references)]
        with tempfile.TemporaryDirectory(dir=setting.folder) as out:
            return Cost(program(words[0], str(NATIVE), *words[1:], *given, "--out", out))

    over = f"system.tlb.entries={SIZES[0]}..{SIZES[-1]}:+{SIZES.step}"
    one, many = "64 entries", f"{len(SIZES)} sizes"
    run, sweep = f"run, {one}", f"sweep, {many}"
    rows = [
        Row(one, "one run", timed(ready(lambda: sized(64)))),
        Row(many, f"{SIZES[0]} to {SIZES[-1]} entries, each in a run of its own", timed(all_of_them),
            goal=Goal(least=1 / MOST_SIZES, to=one)),
        Row(run, "`simobjects run configs/examples/native.py`, the whole command", lambda: command("run")),
        Row(sweep, "`simobjects sweep`, a row for each size, its tables and figure",
            lambda: command("sweep", "--over", over, "--keep", "system.core.*"),
            goal=Goal(least=1 / MOST_SIZES, to=run)),
    ]  # fmt: skip
    return Section("sizes", "Sizes of the TLB", f"The trace {trace} on the bare machine.", rows, (one, run))
