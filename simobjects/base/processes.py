# SPDX-License-Identifier: BSD-3-Clause
"""Programs that the program starts: none of them outlives it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # prctl(2)


def start(arguments: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that is killed when this process, or the thread that calls, ends in whatever way.

    Raises OSError as subprocess.Popen.
    """
    return subprocess.Popen(arguments, preexec_fn=tied(), **options)


def tied() -> Callable[[], None]:
    """What a child of this process calls, forked by the same thread, to be killed when the two have ended."""
    prctl = _prctl()
    parent = os.getpid()

    def tie() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and all that it has started, and wait for it. Those that it has let go of, as daemons, live on."""
    below = descendants(process.pid)
    process.kill()
    for pid in below:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have, as far as the system tells."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            text = stat.read_text(encoding="utf-8", errors="replace")
            children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]


def _prctl() -> Any:
    """The system's function, before a fork: afterwards nothing may be imported. None where there is none."""
    try:
        return ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
