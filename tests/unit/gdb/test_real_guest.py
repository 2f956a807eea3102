# SPDX-License-Identifier: BSD-3-Clause
"""gdb-multiarch at a program that the core executes, started as a user starts it: `simobjects run --gdb`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Never

import pytest

from simobjects import EventKind, Simulation
from simobjects.framework import overriding
from simobjects.gdb.machine import NotDebuggable, SimulatedGuest
from simobjects.gdb.packets import LARGEST
from simobjects.gdb.session import Session
from simobjects.gdb.target import StopKind, WatchKind
from simobjects.study.config_script import load_system

from .test_gdb_session import GDB, gdb, needs_gdb

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "configs" / "examples" / "bare_metal.py"


def start(out: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", "simobjects", "run", str(SCRIPT), "--gdb", "--plain", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"target remote 127\.0\.0\.1:(\d+)", line):
            return process, int(found[1])
    raise AssertionError("the program did not wait for gdb")


@needs_gdb
def test_a_session_from_the_command_line(tmp_path: Path) -> None:
    assert GDB is not None
    process, port = start(tmp_path)
    text = gdb(
        port, "stepi 3", "printf \"at %x\\n\", $pc", "set var $r31 = 0x1234", "printf \"r31 %x\\n\", $r31",
        "monitor where", "x/1i $pc", "detach",
    )  # fmt: skip
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "r31 1234" in text
    assert "instruction 3" in text
    assert "gdb has left: the guest goes on" in told
    assert "end of workload" in told


@needs_gdb
def test_gdb_can_kill_a_run(tmp_path: Path) -> None:
    process, port = start(tmp_path)
    gdb(port, "stepi", "kill")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "stopped by the user" in told


def guest(program: str = "hello") -> tuple[Simulation, SimulatedGuest]:
    with overriding({"system.core.workload.elf": program, "system.board.uart0.console": "none"}):
        simulation = Simulation(load_system(SCRIPT))
    return simulation, SimulatedGuest(simulation)


def test_breakpoints_steps_and_the_end() -> None:
    simulation, target = guest()
    entry = target.read_register("pc")
    assert target.step().kind is StopKind.STEP
    assert target.read_register("pc") == entry + 4
    target.set_breakpoint(entry + 8)
    assert target.run(lambda: False).kind is StopKind.BREAKPOINT
    assert target.read_register("pc") == entry + 8
    assert simulation.engine.instructions() == 2
    target.clear_breakpoint(entry + 8)
    assert target.run(lambda: False).kind is StopKind.ENDED
    assert simulation.events[-1].kind is EventKind.END_OF_WORKLOAD


def test_an_interrupt_stops_a_guest_that_goes_on_afterwards() -> None:
    simulation, target = guest("refill")
    assert target.run(lambda: True).kind is StopKind.INTERRUPT
    before = simulation.engine.instructions()
    assert target.step().kind is StopKind.STEP
    assert simulation.engine.instructions() == before + 1


def first_store(target: SimulatedGuest) -> tuple[int, int]:
    """Step to the first stw or stwu; its address and that of its operand."""
    for _ in range(10_000):
        pc = target.read_register("pc")
        word = int.from_bytes(target.read_memory(pc, 4), "big")
        if word >> 26 in (36, 37):
            base = target.read_register(f"r{word >> 16 & 31}") if word >> 16 & 31 else 0
            return pc, (base + (word & 0x7FFF) - (word & 0x8000)) % (1 << 32)
        target.step()
    raise AssertionError("the program stores nothing")


def test_a_watchpoint_stops_before_the_store_and_lets_it_pass() -> None:
    """As gdb's PowerPC expects: it lets the instruction pass itself, and looks at the value then."""
    pc, operand = first_store(guest()[1])
    _, target = guest()
    target.set_watchpoint(operand, 4, WatchKind.WRITE)
    stop = target.run(lambda: False)
    assert (stop.kind, stop.address) == (StopKind.WATCHPOINT, operand)
    assert target.read_register("pc") == pc
    assert target.step().kind is StopKind.STEP
    assert target.read_register("pc") == pc + 4


def test_a_request_that_fails_is_answered_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics that are not there, devices that are no memory, and any error at all of the machine."""
    simulation, target = guest()
    said: list[str] = []
    made = Session(target, lambda: False, said.append)

    def monitor(line: str) -> str:
        return bytes.fromhex(made.handle(b"qRcmd," + line.encode().hex().encode()).payload.decode()).decode()

    assert "no statistic is called 'system.nothing'" in monitor("stats system.nothing")
    assert "monitor where" in monitor("reset") == monitor("") == monitor("help")
    text = monitor("stats")
    assert "system.board.bus.reads" in "".join(said) + text
    said.clear()
    assert made.handle(b"mef600300,4").payload == b"E0e"
    assert made.handle(b"Mef600300,4:00000000").payload == b"E0e"

    def broken(*_: object, **__: object) -> Never:
        raise RuntimeError("the machine is broken")

    with monkeypatch.context() as patch:
        patch.setattr(simulation, "run", broken)
        patch.setattr(simulation, "step", broken)
        patch.setattr(target, "read_register", broken)
        patch.setattr(target, "set_breakpoint", broken)
        requests = (b"c", b"s", b"vCont;c", b"g", b"p0", b"Z0,100,4")
        assert [made.handle(request).payload for request in requests] == [b"E05"] * 6
    assert said == ["RuntimeError: the machine is broken\n"] * 3
    assert made.handle(b"s").payload == b"T05thread:1;"
    assert made.handle(b"c").payload == b"W00"


def test_every_answer_of_monitor_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text longer than a packet comes in several."""
    _, target = guest()
    said: list[str] = []
    made = Session(target, lambda: False, said.append)
    text = "".join(f"line {number}\n" for number in range(5000))
    monkeypatch.setattr(target, "command", lambda line: text)
    last = bytes.fromhex(made.handle(b"qRcmd,61").payload.decode()).decode()
    assert "".join(said) + last == text
    assert all(2 * len(part) < LARGEST for part in (*said, last))


def test_a_reference_stream_has_no_debugger() -> None:
    simulation = Simulation(load_system(ROOT / "configs" / "examples" / "native.py"))
    with pytest.raises(NotDebuggable, match="needs a core that executes a program"):
        SimulatedGuest(simulation)
