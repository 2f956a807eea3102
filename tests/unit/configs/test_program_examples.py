# SPDX-License-Identifier: BSD-3-Clause
"""The example script and the shipped programs run out of the box: by themselves, on the command line, in sweeps."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.programs.elf_program import program_file, shipped_programs
from tests.helpers.commands import simobjects
from tests.helpers.cross import needed
from tests.helpers.small_programs import RESET, console, elf_file, machine, run, say

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "configs" / "examples" / "bare_metal.py"
REFILL = {8: 560, 32: 9920, 62: 37820, 63: 39060, 128: 162560}
"""Sums of the numbers of so many pages, 20 times."""


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return simobjects(*arguments, cwd=folder)


def test_the_script_runs_by_itself(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Hello from a PowerPC 440\nend of workload at cycle ")


def test_any_program_on_the_command_line(tmp_path: Path) -> None:
    elf_file(tmp_path / "prog.elf", [*say("mine\n"), *RESET])
    done = command(tmp_path, "run", str(EXAMPLE), "--set", "system.core.workload.elf=prog.elf")
    assert (done.returncode, done.stderr.count("reason system reset")) == (0, 1)
    text, directory = done.stdout.splitlines()
    assert text == "mine"
    assert (tmp_path / directory / "system.board.uart0.txt").read_text() == "mine\n"
    assert json.loads((tmp_path / directory / "events.jsonl").read_text())["payload"]["reason"] == "reset"


def test_a_sweep_over_a_program(tmp_path: Path) -> None:
    done = command(
        tmp_path,
        *("sweep", str(EXAMPLE), "--set", "system.core.workload.elf=refill"),
        *("--over", "system.tlb.entries=64,128", "--jobs", "1", "--out", "out"),
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*/stats.json")) or list((tmp_path / "out").rglob("stats.json"))) == 2


def test_the_windows_of_the_refill_example(tmp_path: Path) -> None:
    sim, _ = run(machine("refill"))
    assert console(sim) == "".join(f"{pages} pages: sum {total}\n" for pages, total in REFILL.items())
    by_walk = [window.counts("system.core.interrupts")["data TLB miss"] for window in sim.stats.windows()[1:]]
    # 62 entries, round robin: a walk finds what the one before left; what does not fit misses always.
    assert by_walk == [8, 32 - 8, 62 - 32, 1 + 19 * 63, 20 * 128]
    sim.write(tmp_path)
    with (tmp_path / "system.board.marker.values.csv").open() as file:
        assert [int(row["value"]) for row in csv.DictReader(file)] == list(REFILL.values())


def test_a_name_that_no_program_has(tmp_path: Path) -> None:
    done = command(tmp_path, "run", str(EXAMPLE), "--set", "system.core.workload.elf=helo")
    assert done.returncode == 3
    assert "system.core.workload.elf = 'helo'" in done.stderr
    assert "a shipped program (echo, hello, refill)" in done.stderr


def test_the_shipped_programs_are_built_from_their_sources(tmp_path: Path) -> None:
    needed()
    subprocess.run([str(ROOT / "configs" / "programs" / "build.sh"), str(tmp_path)], check=True)
    for name in shipped_programs():
        before, again = (run(machine(str(path)))[0] for path in (program_file(name), tmp_path / f"{name}.elf"))
        assert console(before) == console(again) != ""


@pytest.mark.parametrize("name", ["hello", "refill"])
def test_shipped_programs_are_known_by_name(name: str) -> None:
    assert name in shipped_programs()
