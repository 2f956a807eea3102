# SPDX-License-Identifier: BSD-3-Clause
"""A guard on speed: ratios of pairs that run next to each other in this process. A limit is a third of what is
measured, or less, so that only what became several times slower fails; the best of three turns counts."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import fast
from benchmarks.machines import PINNED
from benchmarks.naive import compiler
from benchmarks.programs import programs
from benchmarks.sections.programs import machine
from benchmarks.setting import Setting
from simobjects import Simulation
from simobjects.boards import ENTRIES
from simobjects.traces.columns import Columns
from simobjects.traces.tracefile import open_trace
from simobjects.traces.writer import TraceWriter

REFERENCES = 3_000_000
TURNS = 3


def ratio(first: Callable[[], object], second: Callable[[], object]) -> float:
    """How many times as long the second takes; of the turns, the one that is best for the first."""
    return max(taken(second) / taken(first) for _ in range(TURNS))


def taken(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


@pytest.mark.skipif(shutil.which(compiler()[0]) is None, reason="no C compiler to build the naive scan with")
@pytest.mark.parametrize(("row", "least"), [("native, no I/O", 12), ("e4", 3.5), ("e3b", 2.5)])
def test_machines_are_many_times_as_fast_as_a_naive_scan(row: str, least: float, tmp_path: Path) -> None:
    setting = Setting(tmp_path, references=REFERENCES)
    naive = setting.naive(setting.sample("sqlite"))
    simulations = [Simulation(fast.system_of(row, "sqlite")) for _ in range(TURNS)]
    for simulation in simulations:
        simulation.run_all(references=1000)
    waiting = iter(simulations)
    machines = ratio(
        lambda: next(waiting).run_all(references=REFERENCES, slice=fast.EVERYTHING),
        lambda: naive.textbook(ENTRIES, PINNED),
    )
    assert machines > least


def test_a_program_that_hits_is_faster_than_one_that_misses(tmp_path: Path) -> None:
    """By instruction: s3 fits into the TLB, s2 does not; measured 1.7, more with translated code."""
    _, s2, s3, _ = programs(tmp_path)
    hits, misses = ([machine(program.path) for _ in range(TURNS)] for program in (s3, s2))
    steps = 20_000_000
    waiting, others = iter(hits), iter(misses)
    assert ratio(lambda: next(waiting).run_all(references=steps), lambda: next(others).run_all(references=steps)) > 0.9


def test_writing_a_trace_takes_few_times_its_hash(tmp_path: Path) -> None:
    """Compressed, checked, summarised and hashed: some twice the hash alone."""
    columns = Columns._make(column[: 1 << 20] for column in open_trace("sqlite").columns)

    def write() -> None:
        with TraceWriter(tmp_path / "out.arrow", source="", importer="", architecture="") as writer:
            writer.append(columns)
            writer.close(instructions=int(columns.fetches.sum()), loads=int(columns.accesses.sum()), stores=0)

    def hash_() -> None:
        for column in columns:
            hashlib.sha256(column.data).digest()

    assert ratio(write, hash_) > 1 / 8
