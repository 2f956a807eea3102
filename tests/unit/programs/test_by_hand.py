# SPDX-License-Identifier: BSD-3-Clause
"""A program and the person before the screen: typing into it, and stopping it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

from simobjects import EventKind, Simulation
from tests.differential.encode import i_form
from tests.helpers.commands import simobjects
from tests.helpers.small_programs import ECHO, elf_file, machine, say

ROOT = Path(__file__).parents[3]
EXAMPLE = str(ROOT / "configs" / "examples" / "bare_metal.py")
FOR_EVER = [0x60000000, i_form(-4, 0, 0)]


def test_what_is_typed_comes_in(tmp_path: Path) -> None:
    elf_file(tmp_path / "echo.elf", ECHO)
    done = simobjects(
        *("run", EXAMPLE, "--set", "system.core.workload.elf=echo.elf"),
        *("--set", "system.board.uart0.input_from=terminal"),
        cwd=tmp_path,
        input="by hand!",
    )
    done.check_returncode()
    assert done.stdout.startswith("by hand!")


def test_without_a_standard_input_nothing_is_typed(tmp_path: Path) -> None:
    elf = elf_file(tmp_path / "p.elf", [*say("x"), *FOR_EVER])
    done = simobjects(
        *("run", EXAMPLE, "--set", f"system.core.workload.elf={elf}", "--references", "5M"),
        *("--set", "system.board.uart0.input_from=terminal"),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
    )
    done.check_returncode()
    assert done.stdout.startswith("x")


def test_a_program_can_be_stopped(tmp_path: Path) -> None:
    sim = Simulation(machine(elf_file(tmp_path / "p.elf", FOR_EVER)))
    threading.Timer(0.3, sim.stop).start()
    assert [event.kind for event in sim.run()] == [EventKind.USER_STOP]
    assert sim.stats["system.core.instructions"] != 0


def test_ctrl_c_writes_the_statistics(tmp_path: Path) -> None:
    elf_file(tmp_path / "p.elf", [*say("ready\n"), *FOR_EVER])
    with subprocess.Popen(
        [sys.executable, "-m", "simobjects", "run", EXAMPLE, "--set", "system.core.workload.elf=p.elf"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the console is passed on while it runs"
        process.send_signal(signal.SIGINT)
        directory = process.communicate(timeout=120)[0].splitlines()[-1]
    assert process.returncode == 130
    assert (tmp_path / directory / "stats.json").is_file()
