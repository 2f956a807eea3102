# SPDX-License-Identifier: BSD-3-Clause
"""A command of ours, sampled: where its CPU time goes, by Python's frames. Run in a process of its own.

    python benchmarks/profile/frames.py OUT run configs/examples/kvm_guest.py --references 1

The kernel interrupts at each tick of CPU time. Python gets to it when it is between two instructions of its own, and a
sample has the CPU time since the one before: what a call into C took is its caller's. OUT gets a line for each stack:
milliseconds, tab, the frames from the outermost inwards, as `file:function`.
"""

from __future__ import annotations

import runpy
import signal
import sys
import time
from collections import Counter
from types import FrameType

TICK = 0.001
"""Seconds of CPU time; systems give what their clock has, mostly 1 or 4 ms."""


class Sampler:
    """Milliseconds by stack, from `start` on."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self._before = 0

    def start(self) -> None:
        """The time since the process began belongs to what runs now: the interpreter's start."""
        self._take("interpreter:start")
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, TICK, TICK)

    def stop(self) -> None:
        """The rest, and no more samples."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._take("interpreter:end")

    def _take(self, stack: str) -> None:
        now = time.process_time_ns()
        self.found[stack] += now - self._before
        self._before = now

    def _sample(self, number: int, frame: FrameType | None) -> None:
        frames = []
        while frame is not None:
            frames.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
            frame = frame.f_back
        self._take(";".join(reversed(frames)))


def main() -> int:
    """Carry out the command below the sampler; its exit code."""
    out, *sys.argv[1:] = sys.argv[1:]
    sys.argv[0] = "simobjects"
    sys.path[0] = ""  # as `python -m` has it
    sampler = Sampler()
    sampler.start()
    code: object = 0
    try:
        runpy.run_module("simobjects", run_name="__main__")
    except SystemExit as end:
        code = end.code
    finally:
        sampler.stop()
    with open(out, "a", encoding="utf-8") as file:
        file.writelines(f"{spent / 1e6:.3f}\t{stack}\n" for stack, spent in sampler.found.items())
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    sys.exit(main())
