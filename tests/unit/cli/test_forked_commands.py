# SPDX-License-Identifier: BSD-3-Clause
"""Tests start many commands through `tests.helpers.fork_server`: each is as in an interpreter of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import environment, python

LOOK = """\
import json, os, sys
print(json.dumps([sys.argv, os.getcwd(), dict(os.environ), sys.path, sys.stdin.read(), __name__]))
print(globals().get("__file__"))
print("to the other", file=sys.stderr)
"""
ENDS = {
    "falls off its end": ("pass", 0),
    "a status": ("raise SystemExit(7)", 7),
    "a sentence": ("raise SystemExit('no')", 1),
    "an error": ("1 / 0", 1),
    "a signal": ("import os; os.kill(os.getpid(), 9)", -9),
    "a Ctrl-C": ("import os; os.kill(os.getpid(), 2)", -2),
    "at its end": ("import atexit; atexit.register(print, 'last'); print('first')", 0),
    "a full pipe": ("print('x' * 200_000)", 0),
}
OWN = [sys.executable]


def both(folder: Path, *arguments: str, text: str = "", **variables: str) -> list[tuple[int, str, str]]:
    """What a command gives by way of the server, and in an interpreter that is started for it."""
    return [
        (done.returncode, done.stdout, done.stderr)
        for done in (
            subprocess.run(
                [*command, *arguments],
                cwd=folder,
                env={**environment(), **variables},
                input=text,
                capture_output=True,
                text=True,
                timeout=60,
            )
            for command in (python(), OWN)
        )
    ]


@pytest.mark.parametrize("form", ["-c", "-", "script", "-m"])
def test_a_command_sees_what_it_was_given(form: str, tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(LOOK)
    arguments = {"-c": ["-c", LOOK], "-": ["-"], "script": ["look.py"], "-m": ["-m", "look"]}[form]
    text = LOOK if form == "-" else "typed"
    forked, own = both(tmp_path, *arguments, "--a", "b c", text=text, PATH="/nowhere")
    assert forked == own
    assert "/nowhere" in forked[1]
    assert forked[2] == "to the other\n"


@pytest.mark.parametrize("end", ENDS)
def test_a_command_ends_as_it_ends(end: str, tmp_path: Path) -> None:
    code, status = ENDS[end]
    forked, own = both(tmp_path, "-c", code)
    assert forked[:2] == own[:2]
    assert forked[0] == status
    assert forked[2].splitlines()[-1:] == own[2].splitlines()[-1:]  # a traceback begins further out


def test_the_program_itself(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("system = 1\n")
    for arguments, status in ((["--version"], 0), (["run", "wrong.py"], 2), (["rum"], 2)):
        forked, own = both(tmp_path, "-m", "simobjects", *arguments)
        assert forked == own
        assert forked[0] == status


def test_what_only_a_new_interpreter_can_do_gets_one(tmp_path: Path) -> None:
    code = "import sys; print(sys.flags.hash_randomization, hash('a'))"
    forked, own = both(tmp_path, "-c", code, PYTHONHASHSEED="7")
    assert forked == own
    assert both(tmp_path, "-X", "utf8", "-c", "import sys; print(sys.flags.utf8_mode)")[0][1] == "1\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def told(number, frame): sys.exit(number + 40)\n"
        f"signal.signal({int(number)}, told); print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([*python(), "-c", code], env=environment(), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stdout.readline() == "ready\n"
        running.send_signal(number)
        assert running.wait(60) == number + 40


def test_a_command_whose_client_is_killed_ends_too(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen([*python(), "-c", code], env=environment(), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        ended = os.pidfd_open(int(running.stdout.readline()))
        running.kill()
        assert running.stdout.read() == "", "its end of the pipe is closed"
        os.close(ended)


def test_two_commands_at_a_time(tmp_path: Path) -> None:
    with subprocess.Popen([*python(), "-c", "input()"], env=environment(), stdin=subprocess.PIPE) as first:
        assert both(tmp_path, "-c", "print(1)")[0] == (0, "1\n", "")
        assert first.poll() is None
        first.communicate(b"\n", timeout=60)
        assert first.returncode == 0
