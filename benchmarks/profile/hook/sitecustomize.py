# SPDX-License-Identifier: BSD-3-Clause
"""Samples the Python program that is started with this folder on PYTHONPATH, and its children.

The system interrupts at each tick of CPU time. Python gets to it when it is between two instructions of its own, and a
sample has the CPU time since the one before: what a call into C took is its caller's. `SIMOBJECTS_SAMPLES` names the
file that gets a line for each sample: milliseconds, a tab, the frames from the outermost inwards as `file:function`.
"""

from __future__ import annotations

import atexit
import os
import signal
import time
from types import FrameType

TICK = 0.001
"""Seconds of CPU time; systems give what their clock has, mostly 1 or 4 ms."""

_file = os.open(os.environ["SIMOBJECTS_SAMPLES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
_before = 0


def _take(stack: str) -> None:
    """One sample. Written at once: a process may be ended without a word."""
    global _before
    now = time.process_time_ns()
    os.write(_file, f"{(now - _before) / 1e6:.3f}\t{stack}\n".encode(errors="replace"))
    _before = now


def _sample(number: int, frame: FrameType | None) -> None:
    frames = []
    while frame is not None:
        frames.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        frame = frame.f_back
    _take(";".join(reversed(frames)))


def _begin() -> None:
    """From here on; a child's time begins with it."""
    global _before
    _before = 0
    signal.setitimer(signal.ITIMER_PROF, TICK, TICK)


def _end() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    _take("interpreter:end")


_take("interpreter:start")
signal.signal(signal.SIGPROF, _sample)
signal.setitimer(signal.ITIMER_PROF, TICK, TICK)
os.register_at_fork(after_in_child=_begin)
atexit.register(_end)
