# SPDX-License-Identifier: BSD-3-Clause
"""Command lines of this project's sources: processes that a test starts, without waiting for the imports of each."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import simobjects as package

ROOT = Path(__file__).resolve().parents[2]
SOURCES = os.pathsep.join(dict.fromkeys((str(Path(package.__file__).parents[1]), str(ROOT))))
"""PYTHONPATH: the package that the tests themselves have, which is a copy under the sanitizers, and the tests."""
LONGEST_PATH = 90
"""Bytes of a folder's path, with which that of a socket in it fits into its 108."""
_servers: list[int] = []


@cache
def python() -> list[str]:
    """What stands for `python` before its arguments: a client of a server that this process starts once."""
    folder = tempfile.mkdtemp(prefix="fork")
    if len(os.fsencode(folder)) > LONGEST_PATH:  # of TMPDIR
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="fork", dir="/tmp")
    path = f"{folder}/socket"
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.helpers.fork_server", path],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None and server.stdout is not None

    def end() -> None:
        try:
            server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    _servers.append(server.pid)
    assert server.stdout.readline() == "ready\n", "the fork server did not start; its reason is on standard error"
    return [sys.executable, "-IS", str(ROOT / "tests" / "helpers" / "fork_client.py"), path]


def server_seconds() -> float:
    """Processor seconds of that server and of the commands that it has carried out."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split() for pid in _servers]
    return sum(sum(map(int, each[11:15])) for each in fields) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """The tests' own, in which Python finds these sources."""
    return {**os.environ, "PYTHONPATH": SOURCES}


def simobjects(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Carry out `simobjects ARGUMENTS` in a folder; its exit code and output, which the caller looks at."""
    command = [*python(), "-m", "simobjects", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False, **options)
