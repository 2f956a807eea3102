# SPDX-License-Identifier: BSD-3-Clause
"""What the page on running programs shows is what comes out; its commands are run with those of the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simobjects import Simulation, StartEntry
from simobjects.programs.start import start_state
from tests.helpers.small_programs import elf_file, machine, run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "programs.md").read_text(encoding="utf-8")


def test_the_windows_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"```python\n(.*?)```\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    exec(compile(shown[1], "docs/programs.md", "exec"), {})
    assert shown[2] in capsys.readouterr().out


def test_the_report_of_the_page(tmp_path: Path) -> None:
    shown = re.search(r"```text\n(the guest cannot.*?)\n(program exception at pc 0x00010000)", PAGE)
    assert shown is not None
    _, events = run(machine(elf_file(tmp_path / "p.elf", [0])))
    first, second, *_ = str(events[-1]).splitlines()
    assert first == shown[1]
    assert second.startswith(shown[2])


def test_the_starts_of_the_page() -> None:
    board, kvm = (start_state(kind, 0x1000, 0, {}, []) for kind in ("board", "kvm"))
    assert dict(board.registers) == {"pc": 0x1000, "msr": 0, "r1": (16 << 20) - 8}
    assert dict(kvm.registers) == {**board.registers, "ivpr": 0x5555_0000}
    assert board.entries == ((0, 0x290, 0, 7, 0), (1, 0xEF600210, 0xEF600000, 0x507, 0))
    assert kvm.entries == ((0, 0x270, 0, 7, 0), board.entries[1])


def test_the_entry_of_the_page() -> None:
    entry = StartEntry(slot=63, ea=0xC0000000, pa=0, size="256MiB")
    assert entry.words() == (63, 0xC0000290, 0, 7, 0)


def test_the_trace_of_the_page() -> None:
    shown = re.search(r"```text\n(50 .*?)```", PAGE, re.DOTALL)
    assert shown is not None
    lines: list[str] = []
    sim = Simulation(machine("refill"))
    sim.trace_instructions(lines.append, 50, 51)
    list(sim.run())
    assert lines[1:] == shown[1].splitlines()
