# SPDX-License-Identifier: BSD-3-Clause
"""Bugs planted into the core are found: by random sequences, and where only a count is wrong by the C programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.differential import campaign, compiled, planted
from tests.differential.campaign import Campaign
from tests.differential.machines import qemu
from tests.differential.planted import BUGS, PlantedCore
from tests.helpers import qemu as emulator

CAMPAIGN = Campaign(seed=44, count=256, rounds=2)
ONLY_COUNTS = 2
IN_SEQUENCES = [number for number in range(1, len(BUGS) + 1) if number != ONLY_COUNTS]


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlantedCore]:
    started = PlantedCore(planted.build(tmp_path_factory.mktemp("planted")))
    yield started
    started.close()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, Path], np.ndarray]:
    """QEMU, which runs each image once."""
    known: dict[bytes, np.ndarray] = {}

    def machine(elf: Path, work: Path) -> np.ndarray:
        key = elf.read_bytes()
        if key not in known:
            known[key] = qemu(elf, work)
        return known[key]

    return machine


def with_bug(core: PlantedCore, number: int) -> Callable[[Path, Path], np.ndarray]:
    return lambda elf, work: core.run(number, elf, work)


def test_without_a_bug_the_planted_core_agrees(core: PlantedCore, theirs: campaign.Machine, tmp_path: Path) -> None:
    found, _ = campaign.run(CAMPAIGN, with_bug(core, 0), theirs, tmp_path)
    assert found is None


@pytest.mark.slow
@pytest.mark.parametrize("number", IN_SEQUENCES, ids=lambda n: BUGS[n - 1].name)
def test_a_planted_bug_is_found(number: int, core: PlantedCore, theirs: campaign.Machine, tmp_path: Path) -> None:
    assert BUGS[number - 1].has_a_place, f"the core was changed: plant bug {number} anew in planted.py"
    found, _ = campaign.run(CAMPAIGN, with_bug(core, number), theirs, tmp_path)
    assert found is not None
    print(BUGS[number - 1].name, found)


@pytest.mark.slow
def test_a_wrong_count_at_a_fault_is_found_by_the_programs(core: PlantedCore, tmp_path: Path) -> None:
    elf = compiled.build("-O1", tmp_path)
    theirs = compiled.times(emulator.run(elf, tmp_path, memory_mib=compiled.MEMORY_MIB, icount=0).memory)
    good, bad = (compiled.times(core.run(n, elf, tmp_path)) for n in (0, ONLY_COUNTS))
    assert all(abs(ticks / 0.4 - count) <= 5 for ticks, count in zip(theirs, good, strict=True))
    assert any(abs(ticks / 0.4 - count) > 5 for ticks, count in zip(theirs, bad, strict=True))
