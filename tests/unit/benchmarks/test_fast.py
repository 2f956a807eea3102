# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of reference streams, on small streams: its machines run, and what is named a miss is one."""

from __future__ import annotations

import time

import pytest

from benchmarks import fast
from simobjects import Simulation

MISSES = 3000


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "MISSES", MISSES)


@pytest.mark.parametrize("row", fast.ROWS)
def test_every_row_is_a_machine_of_its_name(row: str) -> None:
    simulation = Simulation(fast.system_of(row, "sqlite"))
    simulation.run_all(references=2000)
    path = simulation.path["references"]
    assert ("one by one" in path) == ("plain path" in row)


@pytest.mark.parametrize(("name", "make"), fast.STORMS.items())
def test_a_storm_is_of_the_misses_that_it_is_named_for(name: str, make: fast.Make) -> None:
    simulation = Simulation(make())
    simulation.run_all()
    missed = simulation.stats.counts("system.core.misses")
    assert missed["load"] + missed["store"] == pytest.approx(MISSES, rel=0.15)
    if not name.startswith("native"):
        real = simulation.stats.counts("system.host.exits_by_kind")["dtlb_r"]
        assert real < 200 if name.startswith("virt") else real == pytest.approx(MISSES, rel=0.15)


def seconds(row: str, *, plain: bool) -> float:
    """What two million references take on one path."""
    machine = fast.system_of(row, "sqlite")
    machine.core.fast = not plain
    simulation = Simulation(machine)
    simulation.run_all(references=1000)
    begin = time.thread_time()
    simulation.run_all(references=2_000_000, slice=fast.EVERYTHING)
    return time.thread_time() - begin


@pytest.mark.parametrize(("row", "least"), [("native", 12.0), ("e4", 3.5), ("native, micro-TLBs 4/8", 3.0)])
def test_the_fast_path_is_worth_its_lines(row: str, least: float) -> None:
    """Against the plain path of the same machine, next to it in one process: a third of what it is, so that only a loss
    fails; one turn of three is enough, on a computer with more to do than it has processors."""
    assert any(seconds(row, plain=True) > least * seconds(row, plain=False) for _ in range(3))
