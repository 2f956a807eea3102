# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of executed programs: what it makes and how it reports; never a rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import emulator
from benchmarks.executing import ours, programs_markdown
from benchmarks.programs import BODY, large_elf, programs
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
    chosen = programs(tmp_path)
    assert [program.name for program in chosen] == ["s1", "s2", "s3", "large"]
    assert all(program.path.is_file() for program in chosen)
    _, instructions, misses = ours(chosen[1])
    assert (instructions, misses) == (204_091_690, 1_324_350)


@pytest.mark.skipif(not emulator.available(), reason=f"no QEMU: apt-get install {emulator.PACKAGE}")
def test_qemu_and_its_plugin_run_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "large.elf"
    file.write_bytes(large_elf(3))
    assert emulator.seconds(file) > 0
    plugin = emulator.compile_plugin(tmp_path)
    if plugin is None:
        pytest.skip("this QEMU takes no plugins")
    assert emulator.seconds(file, plugin) > 0


def test_the_table_says_what_is_missed_and_what_is_not_there() -> None:
    row = {
        "name": "s2",
        "about": "a",
        "bound": "b",
        "to_qemu": 10,
        "mips": 0,
        "instructions": 1000,
        "misses": 5,
        "core_mips": 300.4,
        "qemu_mips": 40.0,
        "plugin_mips": None,
        "ratio": 7.512,
        "ratio_plugin": None,
        "met": False,
    }
    found = {"qemu": "QEMU 7.2", "plugin": False, "rounds": 1, "rows": [row]}
    assert "| s2 | 1,000 | 5 | 300 | 40 | - | 7.51 | - | 10 x QEMU | no |" in programs_markdown(found)
    assert "it is not installed" in programs_markdown({**found, "qemu": None})
