# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of executed programs: what it makes and how it reports; never a rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import qemu, unicorn_run
from benchmarks.programs import BODY, large_elf, programs
from benchmarks.sections.programs import ours, program_sections
from benchmarks.setting import Setting
from tests.helpers.bare_board import BareBoard


def test_the_large_program_is_straight_code_that_ends(tmp_path: Path) -> None:
    """Each round executes at most its whole body; a short branch may skip a little of it."""
    counts = []
    for loops in (1, 2, 3):
        file = tmp_path / f"{loops}.elf"
        file.write_bytes(large_elf(loops))
        board = BareBoard()
        board.load_elf(file)
        _, payload = board.core.advance(-1, -1)
        assert payload["reason"] == "reset"
        counts.append(board.core.instructions())
    assert 0.8 * BODY < counts[1] - counts[0] <= BODY + 12
    assert 0.8 * BODY < counts[2] - counts[1] <= BODY + 12


def test_every_program_is_there_and_one_runs_whole(tmp_path: Path) -> None:
    sections = program_sections(Setting(tmp_path))
    assert [section.name for section in sections] == ["program-s1", "program-s2", "program-s3", "program-large"]
    assert [row.name for row in sections[0].rows] == ["core", "QEMU", "QEMU -icount", "QEMU, plugin", "Unicorn"]
    chosen = programs(tmp_path)
    assert all(program.path.is_file() for program in chosen)
    cost = ours(chosen[1])
    assert (cost.amount, cost.answer) == (chosen[1].instructions / 1e6, 1_324_350)


def test_the_large_program_has_as_many_instructions_as_it_says(tmp_path: Path) -> None:
    large = programs(tmp_path)[3]
    assert ours(large).amount == large.instructions / 1e6


@pytest.mark.skipif(not qemu.available(), reason=f"no QEMU: {qemu.MISSING}")
def test_qemu_and_its_plugin_run_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "large.elf"
    file.write_bytes(large_elf(3))
    assert qemu.seconds(file) > 0
    assert qemu.seconds(file, *qemu.ICOUNT) > 0
    plugin = qemu.compile_plugin(tmp_path)
    if plugin is None:
        pytest.skip("this QEMU takes no plugins")
    assert qemu.seconds(file, *qemu.plugin_options(plugin)) > 0


@pytest.mark.skipif(not unicorn_run.available(), reason="no Unicorn: pip install unicorn")
def test_unicorn_says_how_far_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unicorn_run, "MICROSECONDS", 300_000)
    cost = unicorn_run.measure(programs(tmp_path)[0])()
    assert cost.amount is not None and 1 < cost.amount < programs(tmp_path)[0].instructions / 1e6
