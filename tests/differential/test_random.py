# SPDX-License-Identifier: BSD-3-Clause
"""Random sequences on the compiled core and on QEMU: the same registers and memory at every exception and every end.

DIFFERENTIAL_SEEDS=1000-1099 (or a single number) runs campaigns of those seeds instead of the one that is always run.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.differential import campaign, image, layout, records
from tests.differential.campaign import Campaign
from tests.differential.encode import NOP
from tests.differential.machines import qemu, run_core

WANTED = 10_000_000


def seeds() -> list[int]:
    first, _, last = os.environ.get("DIFFERENTIAL_SEEDS", "2").partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds())
def test_random_sequences_agree_with_qemu(seed: int, tmp_path: Path) -> None:
    """1024 sequences, each from 40 different states: more than ten million instructions of sequences.

    All code is translated when it is first arrived at; interpreted it leaves the same memory.
    """
    executed = 0

    def core(elf: Path, work: Path) -> np.ndarray:
        nonlocal executed
        memory = run_core(elf, translate_after=1).memory
        assert np.array_equal(memory, run_core(elf, translate_after=0).memory)
        executed = records.executed(memory, records.read(memory))
        return memory

    wanted = Campaign(seed, count=1024, rounds=40)
    found, log = campaign.run(wanted, core, qemu, tmp_path)
    print(f"seed {seed}: {executed:,} instructions in sequences, {len(log):,} records")
    if found is not None:
        culprit = campaign.bisect(wanted, found.run, core, qemu, tmp_path) if found.run >= 0 else None
        pytest.fail(f"seed {seed}: {found}\n{culprit or 'only the whole campaign shows it'}")
    assert executed > WANTED


def test_the_runtime_counts_the_instructions_of_sequences(tmp_path: Path) -> None:
    """Straight code without exceptions has as many instructions as words, and the jump and the sc of its end."""
    row = image.Row(layout.FIRST_EA, (NOP,) * 100, image.USER, 0, 1)
    elf = image.build(tmp_path / "straight.elf", [row, row, row], Campaign(1, 1).sets(), rounds=5)
    memory = run_core(elf).memory
    log = records.read(memory)
    assert len(log) == 15
    assert records.executed(memory, log) == 15 * 102
