# SPDX-License-Identifier: BSD-3-Clause
"""Changed numbers need a new results epoch, so that no run of before passes for one of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import Simulation
from simobjects.framework import config, config_hash
from simobjects.framework.checkpoint import CheckpointError, machine
from simobjects.framework.epoch import RESULTS_EPOCH
from tests.golden import small_results
from tests.golden.small_results import MACHINES, digest, recorded

SAY = (
    f"{{what}}. If that is meant, raise RESULTS_EPOCH in simobjects/framework/epoch.py from {RESULTS_EPOCH} to "
    f"{RESULTS_EPOCH + 1} and record the new digests: python -m tests.golden.small_results"
)


@pytest.mark.parametrize("name", MACHINES)
def test_the_numbers_of_this_epoch(name: str) -> None:
    known = recorded().get(str(RESULTS_EPOCH), {})
    assert digest(MACHINES[name]) == known.get(name), SAY.format(what=f"the machine {name!r} gives other numbers")


def test_epochs_are_recorded_one_after_the_other_and_differ() -> None:
    known = recorded()
    assert list(known) == [str(number) for number in range(1, RESULTS_EPOCH + 1)], SAY.format(what="not recorded")
    digests = [tuple(sorted(machines.items())) for machines in known.values()]
    assert len(set(digests)) == len(digests)


def test_no_two_machines_are_alike() -> None:
    known = recorded()[str(RESULTS_EPOCH)]
    assert len(set(known.values())) == len(MACHINES)


def test_an_epoch_cannot_be_recorded_again_with_other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_results, "MACHINES", {"native": MACHINES["native"]})
    before = small_results.RECORDED.read_bytes()
    monkeypatch.setattr(small_results, "recorded", lambda: {str(RESULTS_EPOCH): {"native": "0"}})
    with pytest.raises(SystemExit, match="first raise RESULTS_EPOCH"):
        small_results.record()
    assert small_results.RECORDED.read_bytes() == before


def test_the_epoch_names_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    system = MACHINES["native"]()
    before = config_hash(system)
    monkeypatch.setattr(config, "RESULTS_EPOCH", RESULTS_EPOCH + 1)
    assert config_hash(system) != before


def test_a_checkpoint_of_another_epoch_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    simulation = Simulation(MACHINES["native"]())
    list(simulation.run(references=1_000))
    monkeypatch.setattr(machine, "RESULTS_EPOCH", RESULTS_EPOCH - 1)
    simulation.save(tmp_path / "old")
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match=f"of results epoch {RESULTS_EPOCH - 1}; this one is of epoch"):
        Simulation(MACHINES["native"]()).restore(tmp_path / "old")
