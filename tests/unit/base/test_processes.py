# SPDX-License-Identifier: BSD-3-Clause
"""Programs that are started are ended with all that they start; folders of processes that are gone go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simobjects.base.processes import descendants, kill_all, start
from simobjects.base.scratch import PREFIX, Scratch
from tests.helpers.commands import environment


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_program_is_killed_with_its_children() -> None:
    process = start(["sh", "-c", "sleep 300 & sleep 300"])
    while len(below := descendants(process.pid)) < 2:
        time.sleep(0.02)
    kill_all(process)
    assert process.returncode == -9
    for _ in range(100):
        if not any(map(alive, below)):
            break
        time.sleep(0.02)
    assert not any(map(alive, below))


def test_a_program_dies_with_the_process_that_started_it() -> None:
    code = """\
import os
from simobjects.base.processes import start
print(start(["sleep", "300"], stdout=-3).pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    pid = int(done.stdout)
    for _ in range(100):
        if not alive(pid):
            break
        time.sleep(0.02)
    assert not alive(pid)


def test_folders_of_processes_that_are_gone_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Scratch() as ours:
        left, old, young, other = (
            tmp_path / name for name in (f"{PREFIX}left", f".{PREFIX}old", f".{PREFIX}young", f"{PREFIX}other")
        )
        for folder in (left, old, young):
            folder.mkdir()
            (folder / "file").write_bytes(b"")
        other.symlink_to(tmp_path)
        for folder in (old, ours.path):  # ours is old as well, but its process lives
            os.utime(folder, (0, 0))
        with Scratch():
            assert ours.path.exists()
            assert not left.exists() and not old.exists()
            assert young.exists(), "its process is about to lock it"
            assert other.is_symlink()
    assert not ours.path.exists()


def test_a_forked_child_that_is_tied_ends_with_its_parent() -> None:
    code = """
import os, time
from simobjects.base.processes import tied
tie = tied()
reader, writer = os.pipe()
if (pid := os.fork()) == 0:
    tie()
    os.write(writer, b".")
    os.close(1)
    time.sleep(300)
os.read(reader, 1)
print(pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60, env=environment()
    )
    pid = int(done.stdout)
    for _ in range(100):
        if not alive(pid):
            break
        time.sleep(0.02)
    assert not alive(pid)
