# SPDX-License-Identifier: BSD-3-Clause
"""The rows of what is paid beside simulating: that they measure what they say, never how much."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cost import program, python, spent
from benchmarks.sections import misses
from benchmarks.sections.everyday import everyday_sections
from benchmarks.sections.linux import device_tree, linux_sections
from benchmarks.setting import Setting


def test_a_process_that_fails_is_no_measurement() -> None:
    assert python("sum(range(10**6))") > 0
    with pytest.raises(RuntimeError, match="no such thing"):
        python("raise SystemExit('no such thing')")


def test_children_count() -> None:
    busy = "import sys, subprocess; subprocess.run([sys.executable, '-c', 'sum(range(3 * 10**7))'])"
    assert python(busy) > 2 * spent(["true"]) + 0.1


def test_the_rows_are_those_of_the_goals(tmp_path: Path) -> None:
    goals = {
        f"{section.name}/{row.name}": str(row.goal)
        for section in everyday_sections(Setting(tmp_path))
        for row in section.rows
        if row.goal is not None
    }
    assert goals == {
        "start/--help": "<= 0.2", "start/--version": "<= 0.2", "start/run --references 1": "<= 0.5",
        "sweep/point": "<= 45", "sweep/row only": "<= 7", "capture/system's share": "<= 20",
    }  # fmt: skip
    assert program("--version") > 0


def test_sizes_are_run_as_a_researcher_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[int] = []

    def counted(*words: str) -> float:
        cost = program(*words)
        files.append(len([path for path in Path(words[-1]).glob("[0-9a-f]*") if path.is_dir() != ("--keep" in words)]))
        return cost

    monkeypatch.setattr(misses, "program", counted)
    monkeypatch.setattr(misses, "SIZES", range(16, 40, 8))
    _, sizes = misses.miss_sections(Setting(tmp_path, references=1000))
    assert {row.name: str(row.goal) for row in sizes.rows if row.goal} == {
        "3 sizes": ">= 0.1 x 64 entries", "sweep, 3 sizes": ">= 0.1 x run, 64 entries"
    }  # fmt: skip
    for name in ("run, 64 entries", "sweep, 3 sizes"):
        measure = sizes.row(name).measure
        assert measure is not None and measure().seconds > 0
    assert files == [1, 3]


def test_without_a_guest_or_a_recording_the_rows_say_how_to_get_one(tmp_path: Path) -> None:
    sections = [*linux_sections(Setting(tmp_path)), *everyday_sections(Setting(tmp_path))]
    missing = [row.missing for section in sections for row in section.rows if row.measure is None]
    assert any("simobjects guest build" in text for text in missing)
    assert any("--recording FILE" in text for text in missing)


def test_qemu_gets_the_board_of_our_machine(tmp_path: Path) -> None:
    from simobjects.programs.flat_tree import read_tree

    for name in ("vmlinux", "initramfs.cpio"):
        (tmp_path / name).write_bytes(Path("tests/data/baremetal/s2_thrash.elf").read_bytes())
    tree = read_tree(device_tree(tmp_path), "made")
    assert "amcc,bamboo" in repr(tree.properties["compatible"])
