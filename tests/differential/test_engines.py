# SPDX-License-Identifier: BSD-3-Clause
"""One campaign on every way in which the core can run: same log, same memory, same number of instructions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simobjects.framework.events import StopReason
from tests.differential import image, layout, records
from tests.differential.campaign import Campaign
from tests.differential.machines import run_core
from tests.helpers.bare_board import BareBoard

CAMPAIGN = Campaign(seed=3, count=96, hashed=512, hardware=True)


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines") / "campaign.elf"
    return image.build(path, CAMPAIGN.rows(), CAMPAIGN.sets(), hashed=CAMPAIGN.hashed)


@pytest.fixture(scope="module")
def plain(elf: Path) -> np.ndarray:
    memory = run_core(elf).memory
    assert len(records.read(memory)) > CAMPAIGN.count
    return memory


OPTIONS: dict[str, dict[str, Any]] = {
    "micro-TLBs": {"micro_inst": 4, "micro_data": 8},
    "micro-TLBs as the hardware keeps them": {"micro_inst": 4, "micro_data": 8, "faithful": True},
    "tiny micro-TLBs": {"micro_inst": 1, "micro_data": 1},
    "stores to code are watched": {"strict": True},
    "all is translated at once": {"translate_after": 1},
    "nothing is translated": {"translate_after": 0},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_do_not_change_what_a_program_does(name: str, elf: Path, plain: np.ndarray) -> None:
    memory = run_core(elf, **OPTIONS[name]).memory
    assert records.first_difference(records.read(memory), records.read(plain)) is None
    assert np.array_equal(memory, plain)


def steps(core: Any) -> tuple[int, Any]:
    reason, payload = core.step(7919)
    return reason, payload


def slices(core: Any) -> tuple[int, Any]:
    reason, payload = core.advance(4999, -1)
    return reason, payload


def with_a_breakpoint_elsewhere(core: Any) -> tuple[int, Any]:
    core.set_breakpoint(layout.CODE_EA + 0x10)
    reason, payload = core.advance(1 << 40, -1)
    return reason, payload


@pytest.mark.parametrize("way", [steps, slices, with_a_breakpoint_elsewhere])
def test_stepping_and_slices_do_not_change_what_a_program_does(
    way: Callable[[Any], tuple[int, Any]], elf: Path, plain: np.ndarray
) -> None:
    board = BareBoard(layout.MEMORY_MIB << 20)
    board.load_elf(elf)
    for _ in range(1_000_000):
        reason, payload = way(board.core)
        if reason != StopReason.PAUSED:
            break
    assert (reason, payload["reason"]) == (StopReason.END_OF_WORKLOAD, "reset")
    memory = np.frombuffer(board.memory.read(0, layout.MEMORY_MIB << 20), dtype=np.uint8)
    assert np.array_equal(memory, plain)
