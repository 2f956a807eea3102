# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams: the machines against simulators that one writes first, on the columns of a trace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.fast import EVERYTHING, NAIVE
from benchmarks.machines import KINDS, PINNED, PYTHON_SCHEME, build, build_python_scheme, mixed, under
from benchmarks.row import Cost, Goal, Row, Section, timed
from benchmarks.sample import Sample
from benchmarks.setting import Setting
from simobjects import Simulation, System
from simobjects.boards import ENTRIES
from simobjects.kvm.schemes.family import historical, what_ifs

PAGES = "page-number scan"
READING = "reading the columns"
BARE = "native, no I/O"
PYTHON = "scheme in Python"
ABOUT = {
    "native": "the guest owns the TLB; 1 in 10^6 instructions is a system call that takes a slot for a device",
    "e3b": "KVM before the commit (E3b), live host: 250 Hz, a task every tenth tick",
    "e4": "KVM after the commit (E4), live host: configs/examples/kvm_guest.py",
}
RARE = 0.1
"""Misses of 1,000 look-ups below which a trace counts as one without many."""
GOALS = {"native": (500, 75), "e4": (250, 15), "e3b": (None, 9)}
"""Times the naive scan: where misses are rare, and elsewhere. On a trace of ten million look-ups or more."""
LONG = 10_000_000


def running(sample: Sample, make: Callable[[], System]) -> Callable[[], Cost]:
    """Making the machine is not timed, running it is, Python and all. The answer: misses of the user's look-ups."""

    def prepare() -> Callable[[], int]:
        simulation = Simulation(make())

        def run() -> int:
            simulation.run_all(references=sample.references, slice=EVERYTHING)
            return sum(simulation.stats.counts("system.core.misses").values())

        return run

    return timed(prepare)


def scans(setting: Setting, sample: Sample) -> list[Row]:
    """The naive simulators: a pinned entry and round robin over the others, as on the bare machine."""
    naive = setting.naive(sample)
    return [
        Row(
            NAIVE, f"C, {ENTRIES} structs: V, TS, TID, page size mask",
            timed(lambda: lambda: naive.textbook(ENTRIES, PINNED)), agrees=True,
        ),
        Row(
            PAGES, f"C, {ENTRIES} page numbers in a row",
            timed(lambda: lambda: naive.pages(ENTRIES, PINNED)), agrees=True,
        ),
        Row(READING, "C, the sum of all columns: no simulation", timed(lambda: naive.read)),
    ]  # fmt: skip


def stream_sections(setting: Setting) -> list[Section]:
    """A section for each trace; the first has every scheme."""
    return [_section(setting, trace, first=not number) for number, trace in enumerate(setting.traces)]


def _section(setting: Setting, trace: str, first: bool) -> Section:
    sample = setting.sample(trace)
    per_thousand = 1000 * setting.naive(sample).pages(ENTRIES, PINNED) / sample.references
    rows = scans(setting, sample)
    rows.append(
        Row(
            BARE, "its guest does no I/O: exactly the naive scan's misses",
            running(sample, lambda: build("native", trace, io_every=0)), agrees=True,
        )
    )  # fmt: skip
    for kind in KINDS:
        rows.append(Row(kind, ABOUT[kind], running(sample, partial(build, kind, trace))))
        goal = GOALS[kind][per_thousand >= RARE]
        if goal is not None and sample.references >= LONG:
            rows[-1].goal = Goal(least=goal, to=NAIVE)
    for kind in KINDS:
        about = f"{kind} with micro-TLBs of the 440's sizes"
        rows.append(Row(f"{kind}, micro-TLBs 4/8", about, running(sample, partial(build, kind, trace, micro=True))))
    if first:
        rows += _schemes(sample, trace)
    name = Path(trace).name.partition(".")[0]
    intro = (
        f"{sample.references:,} look-ups of {sample.instructions:,} instructions, {len(sample.columns.fetches):,} "
        f"records; {per_thousand:.3f} misses of 1,000 look-ups. CPU time of one thread. Rates count the workload's own "
        "look-ups only."
    )
    bases = (NAIVE, PAGES, READING)
    return Section(
        f"stream-{name}", f"The trace {name}", intro, rows, bases, sample.references / 1e6, "M look-ups",
    )  # fmt: skip


def _schemes(sample: Sample, trace: str) -> list[Row]:
    """Each scheme that is no row yet, one in Python, and machines of mixed entries."""
    rows = []
    for short, cls in {**historical(), **what_ifs()}.items():
        if short not in KINDS:
            what = f"{cls.__name__}, live host"
            rows.append(Row(short, what, running(sample, partial(under, short, trace))))
    rows.append(
        Row(
            PYTHON, f"the machine of e4, slots chosen in Python: {PYTHON_SCHEME}",
            running(sample, lambda: build_python_scheme(trace)),
        )
    )  # fmt: skip
    for name, (about, make) in mixed(trace).items():
        rows.append(Row(name, about, running(sample, make)))
    return rows
