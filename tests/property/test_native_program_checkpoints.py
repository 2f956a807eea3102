# SPDX-License-Identifier: BSD-3-Clause
"""A program on the bare machine: saved anywhere, restored and run on, nothing differs; saved again, neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simobjects import Bamboo, Core440, ElfProgram, HardwareTLB, MicroTLB, Simulation, System
from simobjects.framework.checkpoint import read
from tests.helpers.small_programs import console

PROGRAMS = Path(__file__).parents[1] / "data" / "baremetal"
NAMES = ("t04_perm", "t05_miss", "t06_refill", "t09_irq", "t10_dev", "s2_thrash")
"""Permissions, every kind of miss, a refill handler, timers and interrupts in mid-count, devices, a storm of misses."""
MORE = 150_000
MICRO = {"itlb": {"entries": 4}, "dtlb": {"entries": 8}}
CORES: dict[str, dict[str, Any]] = {"array": {}, "micro": MICRO, "faithful": {**MICRO, "faithful": True}}


def made(program: str, core: dict[str, Any]) -> Simulation:
    system = System(clock="400MHz", memory="128MiB")
    parts = {name: MicroTLB(**value) if isinstance(value, dict) else value for name, value in core.items()}
    system.core = Core440(workload=ElfProgram(str(PROGRAMS / f"{program}.elf")), **parts)
    system.tlb = HardwareTLB(entries=64)
    system.board = Bamboo()
    system.board.uart0.console = "none"
    system.core.translation = system.tlb.core_side
    system.core.memory = system.board.ram.port
    system.core.devices = system.board.bus.core_side
    system.core.exceptions = system.core.workload.vectors
    return Simulation(system)


def state(simulation: Simulation) -> dict[Any, Any]:
    rows = {(row.window, row.path, row.stat, row.index): row.value for row in simulation.stats.rows()}
    return {"digest": simulation.engine.digest(), "console": console(simulation), **rows}


def reached(simulation: Simulation, instructions: int) -> bool:
    """Whether the program is still at work there."""
    list(simulation.run_to(instructions))
    return int(simulation.engine.instructions()) >= instructions


@pytest.mark.parametrize("mode", CORES)
def test_save_restore_run_equals_run(mode: str, tmp_path: Path) -> None:
    compared = 0

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(NAMES), st.lists(st.integers(1, 30_000), min_size=1, max_size=3))
    def check(program: str, cuts: list[int]) -> None:
        nonlocal compared
        whole, parts = made(program, CORES[mode]), made(program, CORES[mode])
        place = 0
        for number, cut in enumerate(cuts):
            place += cut
            if not reached(whole, place):
                break
            list(parts.run_to(place))
            parts.save(tmp_path / f"{number}")
            parts = made(program, CORES[mode])
            parts.restore(tmp_path / f"{number}")
            assert state(parts) == state(whole)
            parts.save(tmp_path / "again")
            assert read(tmp_path / "again") == read(tmp_path / f"{number}"), "nothing is lost or added"
            compared += 1
        for simulation in (whole, parts):
            list(simulation.run(references=MORE))
        assert state(parts) == state(whole)

    check()
    assert compared > 6, "cuts within the programs"
