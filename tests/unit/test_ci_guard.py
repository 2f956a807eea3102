# SPDX-License-Identifier: BSD-3-Clause
"""What CI has beside the tests ends a run that stands still, says where it stood, and lets a stopped one go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

GUARD = Path(__file__).parents[2] / ".ci" / "guard"


def guarded(folder: Path, script: str, stall: float, most: float) -> tuple[str, int, str]:
    """What the guard prints, how a shell script ends below it, and what the script prints."""
    log = folder / "log"
    with log.open("w") as file:
        running = subprocess.Popen(["sh", "-c", script], stdout=file, cwd=folder)
    try:
        command = [sys.executable, str(GUARD), str(log), str(running.pid), str(stall), str(most)]
        guard = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            status = running.wait(60)  # it is gone for the guard only when its parent knows
            said, _ = guard.communicate(timeout=60)
        finally:
            guard.kill()
    finally:
        running.kill()
    return said, status, log.read_text()


def test_what_stands_still_is_shown_and_ended(tmp_path: Path) -> None:
    said, status, printed = guarded(tmp_path, "echo begun; sleep 61; echo no", 0.5, 60)
    assert "guard: nothing was printed for" in said
    assert "sleep 61" in said
    assert "guard: all is ended:" in said
    assert (status, printed) == (0, "begun\nno\n"), "what the command has started is ended, not the command"


def test_what_was_stopped_goes_on(tmp_path: Path) -> None:
    said, status, printed = guarded(tmp_path, "sh -c 'kill -STOP $$; echo again'; sleep 0.3", 0.5, 60)
    assert "guard: nothing was printed for" in said
    assert "is ended" not in said
    assert (status, printed) == (0, "again\n")


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    said, _, _ = guarded(tmp_path, "while echo on; do sleep 0.1; done & sleep 61", 1, 2)
    assert "guard: the time is over; all is ended:" in said
    assert time.monotonic() - start < 50


def test_tests_are_ended_by_name_first(tmp_path: Path) -> None:
    """Processes of tests, then those that run tests."""
    worker = "import sys, subprocess; exec(eval(sys.stdin.readline()))"
    line = "compile('subprocess.run([\"sleep\", \"62\"]); print(\"a test failed\", flush=True)', '', 'exec')"
    (tmp_path / "first").write_text(line + "\n")
    said, status, printed = guarded(tmp_path, f"{sys.executable} -c '{worker}' < first", 1, 60)
    assert (status, printed) == (0, "a test failed\n")
    assert "what tests have started is ended:" in said
    assert "what runs tests" not in said


def test_a_short_run_is_left_alone(tmp_path: Path) -> None:
    assert guarded(tmp_path, "echo done", 30, 60) == ("", 0, "done\n")


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="there is no /proc here")
def test_memory_is_looked_at(tmp_path: Path) -> None:
    text = GUARD.read_text().replace("LITTLE = 700 << 20", "LITTLE = 1 << 60")
    (tmp_path / "guard").write_text(text)
    log = tmp_path / "log"
    log.touch()
    running = subprocess.Popen(["sh", "-c", "sleep 63; exit 4"])
    guard = [sys.executable, str(tmp_path / "guard"), str(log), str(running.pid), "30", "60"]
    looking = subprocess.Popen(guard, stdout=subprocess.PIPE, text=True)
    assert running.wait(30) == 4
    said, _ = looking.communicate(timeout=30)
    assert "guard: there is hardly any memory left; this process is ended:" in said
    assert "sleep 63" in said


@pytest.mark.parametrize(
    ("bytes_status", "tests_status", "libasan", "status", "said"),
    [
        (0, 0, "/lib/libasan.so", 0, ["=== 3 passed in 1 s ===", "everything passed"]),
        (1, 0, "/lib/libasan.so", 1, ["make bytes: failed, see above", "=== 3 passed in 1 s ===", "failed (status 1)"]),
        (0, 2, "/lib/libasan.so", 2, ["=== 3 passed in 1 s ===", "failed (status 2)"]),
        (1, 0, "libasan.so", 0, ["make bytes: left out, gcc has no libasan", "=== 3 passed in 1 s ===",
                                 "everything passed"]),
    ],
)  # fmt: skip
def test_ci_fails_with_what_fails_and_ends_with_the_tests_line(
    tmp_path: Path, bytes_status: int, tests_status: int, libasan: str, status: int, said: list[str]
) -> None:
    """With programs that stand for make, gcc and id; without a libasan the mutants are left out, and it says so."""
    shutil.copytree(GUARD.parent, tmp_path / ".ci")
    passed = said[-2]
    programs = {
        "make": f'case "$*" in *bytes) exit {bytes_status} ;; esac\necho "{passed}"\nexit {tests_status}',
        "gcc": f"echo {libasan}",
        "id": "echo 1000",  # nobody who may install what is missing
    }
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [str(tmp_path / ".ci" / "run")],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert done.stdout.splitlines()[-len(said) :] == said
