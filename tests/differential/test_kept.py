# SPDX-License-Identifier: BSD-3-Clause
"""Sequences that once showed a bug: the core agrees with its twin, and with QEMU where QEMU is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import cases, image, layout, records
from tests.differential.cases import Case
from tests.differential.machines import core, qemu, twin

KEPT = cases.all_cases()


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_kept_sequence(case: Case, tmp_path: Path) -> None:
    elf = image.build(tmp_path / "kept.elf", [case.row], [case.registers], hashed=64)
    others = [twin] if case.hardware else [twin, qemu]
    memory = core(elf, tmp_path)
    ours = records.comparable(records.read(memory), memory)
    assert len(ours)
    for other in others:
        theirs = other(elf, tmp_path)
        found = records.first_difference(ours, records.comparable(records.read(theirs), theirs))
        assert found is None, f"{case.name} ({case.found}), {other.__name__}: {found}"


def test_cases_are_small_and_named() -> None:
    assert KEPT
    for case in KEPT:
        assert len(case.row.words) <= 256
        assert case.row.ea >= layout.FIRST_EA
        assert len(case.registers) == 36
        assert case.found.startswith("seed ")
