# SPDX-License-Identifier: BSD-3-Clause
"""Sessions at the console of a shipped program: scripted natively and as guest, saved at a prompt, and by hand."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simobjects import ElfProgram, EventKind, Simulation
from simobjects.boards import bamboo
from tests.helpers.commands import simobjects
from tests.helpers.small_programs import console

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "configs" / "examples"
TALK = [("> ", "hello\n"), ("you said: hello\n> ", "twice\n"), ("you said: twice", ""), "> "]
SAID = "> hello\nyou said: hello\n> twice\nyou said: twice\n> "


def talking(script: list[Any], *, virtual: bool = False, **uart: Any) -> Simulation:
    """A machine whose program is `echo`."""
    system = bamboo(ElfProgram("echo"), "e4" if virtual else "native")
    system.board.uart0.script = script
    for name, value in uart.items():
        setattr(system.board.uart0, name, value)
    return Simulation(system)


@pytest.mark.parametrize("virtual", [False, True])
def test_a_session_is_played_to_its_last_step(virtual: bool) -> None:
    sim = talking(TALK, virtual=virtual)
    events = list(sim.run())
    assert [event.kind for event in events] == [EventKind.STEP] * 4 + [EventKind.END_OF_WORKLOAD]
    assert [event.payload["step"] for event in events] == [1, 2, 3, 4, 4]
    assert events[-1].payload["reason"] == "script"
    assert console(sim) == SAID
    again = talking(TALK, virtual=virtual)
    assert [(event.kind, event.cycle) for event in again.run()] == [(event.kind, event.cycle) for event in events]


def test_a_last_step_that_types_lets_the_program_end_itself() -> None:
    sim = talking([("> ", "bye\n")])
    assert [event.kind for event in sim.run()] == [EventKind.STEP, EventKind.END_OF_WORKLOAD]
    assert sim.events[-1].payload["reason"] == "reset"
    assert console(sim) == "> bye\n"


@pytest.mark.parametrize("virtual", [False, True])
def test_a_text_that_does_not_come_ends_the_run_with_a_report(virtual: bool) -> None:
    script = [("> ", "hello\n"), {"expect": "goodbye", "name": "answer", "timeout": "2ms"}]
    sim = talking(script, virtual=virtual)
    last = sim.run_all()
    assert last.kind is EventKind.UNMET
    assert last.kind.final
    assert last.kind.bad
    assert last.payload["step"] == 2
    shown = "".join(f"\n  | {line}" for line in ["> hello", "you said: hello", "> "])
    assert last.payload["message"] == (
        "system.board.uart0: step 2 (answer) waits for 'goodbye': it did not come within 0.002 s of simulated time; "
        f"the last lines were{shown}"
    )
    begun = sim.events[0].cycle
    assert begun + 800_000 <= last.cycle <= begun + 810_000


def test_a_run_that_ends_before_the_last_step_has_failed() -> None:
    last = talking([("> ", "bye\n"), "never"]).run_all()
    assert last.kind is EventKind.UNMET
    assert last.payload["reason"] == "reset"
    assert "the run ended after" in last.payload["message"]


def test_output_goes_to_a_file_while_a_script_types(tmp_path: Path) -> None:
    talking(TALK, console=str(tmp_path / "said.txt")).run_all()
    assert (tmp_path / "said.txt").read_text() == SAID


@pytest.mark.parametrize("virtual", [False, True])
def test_saved_at_a_step_it_goes_on_with_this_script_or_another(tmp_path: Path, virtual: bool) -> None:
    whole = talking(TALK, virtual=virtual)
    whole.run_all()
    first = talking(TALK, virtual=virtual)
    steps = (event for event in first.run() if event.kind is EventKind.STEP and event.payload["step"] == 2)
    next(steps)
    first.save(tmp_path / "prompt.ckpt")

    same = talking(TALK, virtual=virtual)
    same.restore(tmp_path / "prompt.ckpt")
    same.run_all()
    assert list(same.stats.rows()) == list(whole.stats.rows())
    assert (same.cycle, console(same)) == (whole.cycle, SAID)

    other = talking([("", "other\n"), ("said: other\n> ", "bye\n")], virtual=virtual, input_interval=1)
    other.restore(tmp_path / "prompt.ckpt")
    other.run_all(references=5000)
    assert console(other) == "> hello\nyou said: hello\n> other\nyou said: other\n> bye\n"


def command(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """`simobjects` with these arguments."""
    done = simobjects(*arguments, cwd=cwd)
    assert done.returncode == code, done.stderr
    return done


ECHO = ("--set", "system.core.workload.elf=echo", "--set", "system.board.uart0.script=talk.toml")


def test_the_command_line_saves_at_a_named_step_and_sweeps_from_there(tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text('[[step]]\nexpect = "> "\nname = "prompt"\n')
    example = str(EXAMPLES / "bare_metal.py")
    command("run", example, *ECHO, "--checkpoint", "p.ckpt", "--at-step", "prompt", cwd=tmp_path)
    for word in ("one", "two"):
        (tmp_path / f"{word}.toml").write_text(f'[[step]]\nsend = "{word}\\n"\n[[step]]\nexpect = "said: {word}"\n')
    done = command("sweep", example, "--set", "system.core.workload.elf=echo", "--from", "p.ckpt", "--out", "sweep",
                   "--over", "system.board.uart0.script=one.toml,two.toml", cwd=tmp_path)  # fmt: skip
    assert "failed" not in done.stderr
    said = sorted(file.read_text() for file in tmp_path.glob("sweep/**/system.board.uart0.txt"))
    assert said == [f"> {word}\nyou said: {word}" for word in ("one", "two")]
    refused = command("run", example, *ECHO, "--restore", "p.ckpt", "--set", "system.tlb.entries=32",
                      cwd=tmp_path, code=3)  # fmt: skip
    assert "system.tlb.entries is 32, and 64 in the checkpoint: it may be larger, not smaller" in refused.stderr


def test_the_example_session_is_played_to_its_end(tmp_path: Path) -> None:
    script = EXAMPLES / "echo_session.toml"
    done = command("run", str(EXAMPLES / "bare_metal.py"), "--set", "system.core.workload.elf=echo",
                   "--set", f"system.board.uart0.script={script}", cwd=tmp_path)  # fmt: skip
    assert done.stdout.startswith("> hello\nyou said: hello\n> bye\n")
    assert [line.split()[0] for line in done.stderr.splitlines()[:4]] == ["console", "console", "console", "end"]


def test_a_place_that_is_none_is_refused_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text('[[step]]\nexpect = "> "\nname = "prompt"\n')
    example = str(EXAMPLES / "bare_metal.py")
    done = command("run", example, *ECHO, "--checkpoint", "p", "--at-step", "promt", cwd=tmp_path, code=2)
    assert "--at-step promt: there is no such step (there are: prompt)" in done.stderr
    done = command("run", example, *ECHO, "--checkpoint", "p", "--at-step", "1", "--at", "5", cwd=tmp_path, code=2)
    assert "--at N and --at-step STEP are two places" in done.stderr
    assert not (tmp_path / "p").exists()


def test_an_expectation_in_vain_ends_the_command_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text('timeout = "1ms"\n[[step]]\nexpect = "$ "\n')
    done = command("run", str(EXAMPLES / "bare_metal.py"), *ECHO, cwd=tmp_path, code=1)
    assert "step 1 waits for '$ ': it did not come within 0.001 s of simulated time" in done.stderr
    events = (tmp_path / done.stdout.splitlines()[-1] / "events.jsonl").read_text().splitlines()
    assert json.loads(events[-1])["kind"] == "UNMET"


WAITED = 2.0
"""Real seconds at the prompt."""


@pytest.mark.parametrize("script", ["bare_metal.py", "program_guest.py"])
def test_a_guest_that_waits_for_a_person_costs_nothing(tmp_path: Path, script: str) -> None:
    """At a pseudoterminal: prompt, a wait in which the process sleeps, a typed line, and its answer."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "simobjects", "run", str(EXAMPLES / script), "--set", "system.core.workload.elf=echo",
         "--set", "system.board.uart0.input_from=terminal"],
        cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            seen = read_until(ours, "> ")
            time.sleep(0.5)
            before = cpu_seconds(process.pid)
            time.sleep(WAITED)
            used = cpu_seconds(process.pid) - before
            os.write(ours, b"by hand\n")
            seen += read_until(ours, "said: by hand\r\n> ")
            os.write(ours, b"bye\n")
            seen += read_until(ours, "bye")
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            os.close(ours)
    assert seen.startswith("> by hand\r\nyou said: by hand\r\n> bye")
    assert used < 0.05 * WAITED, f"{used} s of CPU time while the guest waited for {WAITED} s"


def read_until(descriptor: int, text: str) -> str:
    """What the terminal shows, up to a text."""
    seen = ""
    end = time.monotonic() + 60
    while text not in seen:
        readable, _, _ = select.select([descriptor], [], [], max(0, end - time.monotonic()))
        assert readable, f"{text!r} did not come; the terminal shows {seen!r}"
        seen += os.read(descriptor, 4096).decode()
    return seen


def cpu_seconds(process: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
