# SPDX-License-Identifier: BSD-3-Clause
"""CPU time of processes, user and system, with the children that they have waited for."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMEOUT = 900


def spent(command: Sequence[str], folder: Path = ROOT, **variables: str) -> float:
    """CPU seconds of a process and its children. RuntimeError when it fails."""
    return told(command, folder, **variables)[0]


def told(command: Sequence[str], folder: Path = ROOT, **variables: str) -> tuple[float, str, str]:
    """The same with its standard output and its messages."""
    # As an installed program: Python keeps the compiled modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = _children()
    done = subprocess.run(
        command, cwd=folder, env={**environment, **variables}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=TIMEOUT,
    )  # fmt: skip
    seconds = _children() - before
    messages = done.stderr.decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {messages[-500:]}")
    return seconds, done.stdout.decode(errors="replace"), messages


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def python(code: str, *arguments: str) -> float:
    """CPU seconds of a Python program."""
    return spent([sys.executable, "-c", code, *arguments])


def program(*arguments: str) -> float:
    """CPU seconds of a command of ours."""
    return spent([sys.executable, "-m", "simobjects", *arguments])
