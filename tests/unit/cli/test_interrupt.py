# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C in a real process: it stops cleanly, with the statistics so far."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.commands import environment
from tests.unit.cli.conftest import CONFIG

ROOT = Path(__file__).parents[3]
KVM = ROOT / "configs" / "examples" / "kvm_guest.py"
ENDLESS = ["--set", "system.core.length=0", "--set", "system.core.pause_us=2000"]


@contextmanager
def process(
    folder: Path, *arguments: str, python: Sequence[str] = (), before: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """`simobjects` in a process of its own, with an environment in which it finds this source tree."""
    command = [*before, sys.executable, *python, "-m", "simobjects", *arguments]
    made = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whatever the tests' own process inherited
    )
    late = threading.Timer(120, made.kill)  # so that who waits for what it prints does not wait for ever
    late.start()
    try:
        yield made
    finally:
        late.cancel()
        made.kill()
        made.communicate()


def wait_for(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def press_ctrl_c(running: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> None:
    """As a terminal does it, and a system that shuts down: every process of the group gets the signal, workers too."""
    os.killpg(running.pid, number)


both = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@both
def test_run_writes_the_statistics_so_far(tmp_path: Path, number: signal.Signals) -> None:
    trace = tmp_path / "trace.txt"
    arguments = ["run", str(CONFIG), *ENDLESS, "--debug", "system.core=misses", "--debug-file", str(trace)]
    with process(tmp_path, *arguments) as running:
        wait_for(lambda: trace.exists() and trace.stat().st_size > 0)
        press_ctrl_c(running, number)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "stopped by the user at cycle" in err
    assert "Traceback" not in err
    directory = tmp_path / out.strip()
    assert "system.core.references" in (directory / "stats.txt").read_text()
    assert '"kind": "USER_STOP"' in (directory / "events.jsonl").read_text()


@pytest.mark.parametrize(
    ("module", "script"),
    [
        ("simobjects.cli", CONFIG),
        ("argparse", CONFIG),
        ("simobjects.cli.arguments.shared", CONFIG),
        ("pydantic_core._pydantic_core", CONFIG),
        ("simobjects.cext.replay.replay_core", KVM),
        ("simobjects.framework", CONFIG),
        ("simobjects.study.config_script", CONFIG),
        ("simobjects.kvm.tables", KVM),
        ("simobjects.kvm.task", KVM),
    ],
)
def test_an_interrupt_while_the_program_starts_is_quiet(tmp_path: Path, module: str, script: Path) -> None:
    """Python says when it has imported a module; then comes Ctrl-C, while the next one is imported."""
    limits = ENDLESS if script == CONFIG else []
    with process(tmp_path, "run", str(script), *limits, python=["-X", "importtime"]) as starting:
        assert starting.stderr is not None
        for line in starting.stderr:
            if line.startswith("import time:") and line.rpartition("|")[2].strip() == module:
                break
        else:
            raise AssertionError(f"{module} is not imported at the start")
        press_ctrl_c(starting)
        out, err = starting.communicate(timeout=60)
    said = "".join(f"{line}\n" for line in err.splitlines() if not line.startswith("import time:"))
    assert starting.returncode == 130, said
    assert said.split() == ["simobjects:", "stopped"]
    assert out == ""


def test_who_ignores_ctrl_c_is_not_stopped_while_starting(tmp_path: Path) -> None:
    """As in a script that the shell runs in the background."""
    code = f"""\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path.insert(0, {str(ROOT)!r})
sys.meta_path.insert(0, type("Press", (), {{"find_spec": lambda *a: os.kill(os.getpid(), signal.SIGINT)}}))
from simobjects.cli import main
sys.exit(main(["--help"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: simobjects")


@both
def test_an_interrupt_of_a_script_that_does_not_come_to_an_end(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time\nprint('here', flush=True)\ntime.sleep(60)\n")
    with process(tmp_path, "run", str(script)) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "here\n"
        press_ctrl_c(running, number)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "simobjects: stopped" in err
    assert "Traceback" not in err


@both
def test_sweep_keeps_the_finished_points_and_goes_on_from_there(tmp_path: Path, number: signal.Signals) -> None:
    over = ["--over", "system.core.pages=8,16,24,32", "--over", "system.core.length=100,1000000"]
    arguments = ["sweep", str(CONFIG), *over, "--set", "system.core.pause_us=500", "--out", "out", "--jobs", "2"]
    out = tmp_path / "out"
    with process(tmp_path, *arguments) as running:
        # The second short point starts when the first has been reported.
        wait_for(lambda: len(list(out.glob("[0-9a-f]*/run.json"))) >= 2)
        press_ctrl_c(running, number)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "the same command goes on with the others" in err
    assert "Traceback" not in err
    assert not list(out.glob(".partial*"))
    with (out / "points.csv").open() as file:
        states = [line["status"] for line in csv.DictReader(file)]
    assert "done" in states
    assert "pending" in states


def test_an_early_interrupt_of_a_sweep_is_as_clean(tmp_path: Path) -> None:
    arguments = ["sweep", str(CONFIG), "--over", "system.core.pages=8,16", *ENDLESS, "--out", "out"]
    with process(tmp_path, *arguments) as running:
        wait_for((tmp_path / "out" / "logs").exists)
        press_ctrl_c(running)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err


@pytest.mark.parametrize("more", [(), ("--submit", "slurm"), ("--shard", "1/2")])
def test_an_interrupt_while_a_sweep_is_checked_begins_nothing(tmp_path: Path, more: tuple[str, ...]) -> None:
    """Nor is a job submitted whose values nobody has looked at."""
    script = tmp_path / "slow.py"
    script.write_text("import pathlib, time\npathlib.Path('here').touch()\ntime.sleep(60)\n")
    sbatch = tmp_path / "sbatch"
    sbatch.write_text("#!/bin/sh\ntouch submitted\necho 1\n")
    sbatch.chmod(0o755)
    path = f"PATH={tmp_path}:{os.environ['PATH']}"
    arguments = ["sweep", str(script), "--over", "system.core.pages=8,16", "--out", "out", *more]
    with process(tmp_path, *arguments, before=("env", path)) as running:
        wait_for((tmp_path / "here").exists)
        press_ctrl_c(running)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert err.splitlines()[-1] == "simobjects: stopped"
    assert not (tmp_path / "out" / "study.json").exists()
    assert not (tmp_path / "submitted").exists()


def test_no_worker_outlives_an_interrupted_sweep(tmp_path: Path) -> None:
    arguments = ["sweep", str(CONFIG), "--over", "system.core.pages=8,16", *ENDLESS, "--out", "out", "--jobs", "2"]
    with process(tmp_path, *arguments) as running:
        wait_for(lambda: len(list((tmp_path / "out" / "logs").glob("*.txt"))) == 2)
        press_ctrl_c(running)
        running.communicate(timeout=60)
        wait_for(lambda: not group_is_alive(running.pid), seconds=20)


def group_is_alive(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


@both
def test_an_interrupt_when_all_is_done_ends_what_a_script_has_left_running(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A thread that the interpreter waits for; to be interrupted at that it takes as an error of its own."""
    script = tmp_path / "threads.py"
    head = f"import sys, threading, time\nsys.path.insert(0, {str(CONFIG.parent)!r})\n"
    script.write_text(f"{head}threading.Thread(target=time.sleep, args=(60,)).start()\n{CONFIG.read_text()}")
    with process(tmp_path, "run", str(script), "--references", "10") as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("runs/")
        run.send_signal(number)
        said = run.communicate(timeout=60)[1]
        assert run.returncode == 130
        assert said.endswith("\nsimobjects: stopped\n") and "Traceback" not in said


def test_threads_of_a_pool_do_not_hold_the_end_up(tmp_path: Path) -> None:
    """They end only as the interpreter does, which so has to come first to that."""
    script = tmp_path / "pool.py"
    head = (
        f"import sys\nfrom concurrent.futures import ThreadPoolExecutor\nsys.path.insert(0, {str(CONFIG.parent)!r})\n"
    )
    script.write_text(f"{head}ThreadPoolExecutor().submit(int)\n{CONFIG.read_text()}")
    with process(tmp_path, "run", str(script), "--references", "10") as run:
        assert run.communicate(timeout=60)[1].endswith("look-ups/s\n")
        assert run.returncode == 0


def test_ctrl_c_in_code_that_is_executed_from_text(tmp_path: Path) -> None:
    """As in the making of a dataclass: Python would kill itself with the signal at its end, caught or not."""
    script = tmp_path / "config.py"
    script.write_text('exec("raise KeyboardInterrupt")\n')
    done = subprocess.run(
        [sys.executable, "-m", "simobjects", "run", str(script)],
        cwd=tmp_path,
        env=environment(),
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr.split()) == (130, ["simobjects:", "stopped"])
