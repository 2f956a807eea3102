# SPDX-License-Identifier: BSD-3-Clause
"""A file with a machine function, as a study imports it, and processes that tests end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simobjects.study.executors.local import LocalProcesses
from simobjects.study.plan import Sweep
from simobjects.study.space import parse_space
from tests.helpers.commands import environment

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "fake_config.py"
TABLES = ("points.csv", "sweep.csv", "sweep.parquet", "sweep.svg")

STUDY = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from fake_machine import FakeCore, FakeTLB
from simobjects.framework import System
from simobjects.study import Study, grid, replicates

def machine(entries: int, pages=40):
    system = System()
    system.core = FakeCore(length=500, pages=pages)
    system.core.tlb = FakeTLB(entries=entries)
    return system

study = Study(machine, grid(entries=[8, 16], pages="30..60:+30"), out="out")
"""


KEPT = pytest.mark.parametrize("keep", [(), ("system.core.*",)], ids=["whole", "rows"])
"""With run directories, and with rows."""


def sizes(out: Path, spec: str = "8..64:x2", **fixed: str) -> Sweep:
    """A sweep of the fake machine over sizes of its TLB."""
    values = {"system.core.length": "500", **{f"system.core.{name}": value for name, value in fixed.items()}}
    return Sweep(CONFIG, parse_space([f"system.core.tlb.entries={spec}"]), out, fixed=values)


def tables(out: Path) -> list[bytes]:
    """The files that two sweeps of the same points have alike."""
    return [(out / name).read_bytes() for name in TABLES]


def one() -> LocalProcesses:
    """One point at a time."""
    return LocalProcesses(1)


@contextmanager
def command(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`simobjects` in a session of its own."""
    made = subprocess.Popen(
        [sys.executable, "-m", "simobjects", *arguments],
        cwd=folder,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield made
    finally:
        made.kill()
        made.communicate()


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def runs(pid: int) -> bool:
    """Whether it does. A process without a parent that asks for its status stays, where nobody takes its place."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """As `kill -9` does it."""
    os.kill(pid, signal.SIGKILL)


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
