# SPDX-License-Identifier: BSD-3-Clause
"""A program and the person before the screen: typing into it, and stopping it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simobjects import EventKind, Simulation
from tests.differential.encode import i_form
from tests.helpers.commands import simobjects
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import ECHO, elf_file, end_with, machine, say, spend

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


@pytest.mark.parametrize("under", ["native", "e4"])
def test_a_paced_guest_prints_when_hardware_would(tmp_path: Path, under: str) -> None:
    """Between two letters are some 130,000 cycles, a third of a millisecond: a fifth of a second at a pace of 600."""
    elf = elf_file(tmp_path / "p.elf", [*say("a"), *spend(32_000), *spend(32_000), *say("b"), *end_with(0)])
    ran, heard = [], dict[str, float]()
    for pace in (None, 600):
        system = machine(elf) if under == "native" else guest_system(elf, under)
        system.pace, system.board.uart0.console = pace, "terminal"
        sim = Simulation(system)
        sim.outlets.terminal = lambda text: heard.update(dict.fromkeys(text, time.monotonic()))
        sim.run_all()
        ran.append((sim.cycle, sim.stats.table(), sim.config_hash, sim.peers[system.board.uart0].sent_bytes))
    assert ran[0] == ran[1]
    assert heard["b"] - heard["a"] > 0.1


def test_a_paced_run_can_be_stopped_at_once(tmp_path: Path) -> None:
    """At a pace of 1000 its 4 G cycles would take three hours; without the wish to stop, 10 s."""
    system = machine(elf_file(tmp_path / "p.elf", FOR_EVER))
    system.pace = 1000
    sim = Simulation(system)
    threading.Timer(0.3, sim.stop).start()
    assert sim.run_all(cycles=4_000_000).kind is EventKind.USER_STOP
    assert 0 < sim.cycle < 2_000_000


@pytest.mark.parametrize(("pace", "slept"), [(None, 0.1), (1.0, 0.1), (0.5, 0.05), (0.0, None)])
def test_waiting_at_a_terminal_takes_the_time_of_the_pace(
    tmp_path: Path, pace: float | None, slept: float | None
) -> None:
    """A tenth of a second of the guest's; of its own time the guest gets back what has passed."""
    system = machine(elf_file(tmp_path / "p.elf", FOR_EVER))
    system.pace, system.board.uart0.input_from = pace, "terminal"
    port = Simulation(system).peers[system.board.uart0]
    waits: list[float] = []

    class Typist:
        open = True

        def wait(self, seconds: float) -> float:
            waits.append(seconds)
            return seconds

    port.keyboard = Typist()
    assert port.pause(0.1) == pytest.approx(0.1)
    assert waits == ([] if slept is None else [pytest.approx(slept)])
