# SPDX-License-Identifier: BSD-3-Clause
"""A program that executes as KVM guest: saved at any instruction, restored and run on, nothing differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simobjects import Simulation
from simobjects.framework.checkpoint import CheckpointError
from simobjects.study.config_script import load_system
from tests.golden.test_bare_metal_programs import PROGRAMS
from tests.helpers.kvm_guests import guest_system

MORE = 200_000


def state(simulation: Simulation) -> dict[Any, Any]:
    rows: dict[Any, Any] = {(row.window, row.path, row.stat, row.index): row.value for row in simulation.stats.rows()}
    return {"digest": simulation.engine.digest(), "instructions": simulation.engine.instructions(), **rows}


@pytest.mark.parametrize("scheme", ["e0", "e3", "e3b", "e4", "e6", "spare_host", "tagged"])
def test_save_restore_run_equals_run(scheme: str, tmp_path: Path) -> None:
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(1, 60_000), st.sampled_from(["s2_thrash", "t02_pid"]))
    def check(place: int, program: str) -> None:
        first = Simulation(guest_system(PROGRAMS / f"{program}.elf", scheme))
        list(first.run_to(place))
        first.save(tmp_path / "c")
        second = Simulation(guest_system(PROGRAMS / f"{program}.elf", scheme))
        second.restore(tmp_path / "c")
        assert second.engine.digest() == first.engine.digest()
        for simulation in (first, second):
            list(simulation.run(references=MORE))
        before, after = state(first), state(second)
        assert {name: (before[name], after.get(name)) for name in before if before[name] != after.get(name)} == {}

    check()


def test_another_scheme_is_refused_and_a_larger_tlb_goes_on(tmp_path: Path) -> None:
    first = Simulation(guest_system(PROGRAMS / "s2_thrash.elf", "e4"))
    list(first.run_to(100_000))
    first.save(tmp_path / "c")
    with pytest.raises(CheckpointError, match=r"system\.host\.scheme is 'e3b', but 'e4' in the checkpoint"):
        Simulation(guest_system(PROGRAMS / "s2_thrash.elf", "e3b")).restore(tmp_path / "c")
    larger = guest_system(PROGRAMS / "s2_thrash.elf", "e4")
    larger.tlb.entries = 128
    second = Simulation(larger)
    second.restore(tmp_path / "c")
    list(second.run(references=MORE))
    assert second.stats.count("system.core.references") >= MORE


def test_a_scheme_in_plain_python_has_no_checkpoints(tmp_path: Path) -> None:
    simulation = Simulation(load_system(Path(__file__).parents[2] / "configs" / "examples" / "python_scheme.py"))
    with pytest.raises(CheckpointError, match=r"system\.host has no checkpoints: a scheme in plain Python"):
        simulation.save(tmp_path / "c")
