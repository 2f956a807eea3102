# SPDX-License-Identifier: BSD-3-Clause
"""The harness itself: QEMU agrees with itself, and a misread instruction is found, to the instruction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.differential import campaign, layout, records
from tests.differential.campaign import Campaign
from tests.differential.machines import misreading, qemu
from tests.differential.records import COLUMN

CAMPAIGN = Campaign(seed=7, count=40, rounds=2)


def opcode(word: int) -> tuple[int, int]:
    return word >> 26, word >> 1 & 1023


def test_a_log_has_an_end_per_run_and_every_kind_of_exception(tmp_path: Path) -> None:
    found, log = campaign.run(CAMPAIGN, qemu, qemu, tmp_path)
    assert found is None
    vectors = log[:, COLUMN["vector"]]
    ends = (vectors == records.SYSTEM_CALL) & (log[:, COLUMN["srr0"]] == layout.END_EA + 4)
    runs = log[ends, COLUMN["run"]]
    assert len(np.unique(log[:, COLUMN["run"]])) == CAMPAIGN.count * CAMPAIGN.rounds
    assert len(runs) > 0.9 * CAMPAIGN.count * CAMPAIGN.rounds  # the others had too many exceptions
    assert {records.DSI, records.ISI, records.PROGRAM, records.DTLB, records.ITLB} <= set(vectors.tolist())
    assert len(np.unique(log[:, COLUMN["hash"]])) > len(log) // 4


# Carry where there should be none, a wrong condition, a neighbour's displacement, a signed load: by (primary, xo).
PLANTED: dict[str, tuple[tuple[int, int | None], Callable[[int], int]]] = {
    "addc for add": ((31, 266), lambda word: word & ~(1023 << 1) | 10 << 1),
    "lhz for lha": ((42, None), lambda word: word & ~(63 << 26) | 40 << 26),
    "cmpl for cmp": ((31, 0), lambda word: word | 32 << 1),
    "srw for sraw": ((31, 792), lambda word: word & ~(1023 << 1) | 536 << 1),
    "mulhhw for mullhwu": ((4, 392), lambda word: word & ~(1023 << 1) | 40 << 1),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_misread_instruction_is_found(name: str, tmp_path: Path) -> None:
    (primary, xo), change = PLANTED[name]

    def hit(word: int) -> bool:
        return word >> 26 == primary and xo in (None, opcode(word)[1])

    wrong = misreading(lambda word: change(word) if hit(word) else word)
    found, _ = campaign.run(CAMPAIGN, wrong, qemu, tmp_path)
    assert found is not None
    culprit = campaign.bisect(CAMPAIGN, found.run, wrong, qemu, tmp_path)
    assert culprit is not None
    assert hit(culprit.word), str(culprit)
    assert f"seed {CAMPAIGN.seed}, sequence" in str(culprit)
    assert f"{culprit.word:#010x}" in str(culprit)


def test_a_difference_in_memory_alone_is_found(tmp_path: Path) -> None:
    def leaky(elf: Path, work: Path) -> np.ndarray:
        memory = qemu(elf, work).copy()
        memory[layout.DATA + layout.DATA_BYTES + 20] ^= 1
        return memory

    found, _ = campaign.run(Campaign(seed=8, count=2), leaky, qemu, tmp_path)
    assert found is not None
    assert "memory at 0x102014" in str(found)
