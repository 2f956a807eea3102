# SPDX-License-Identifier: BSD-3-Clause
"""Simulated time that keeps to real time: a run sleeps whenever it is ahead."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SLICE = 0.02
"""Real seconds after which a paced run looks at the clock, at what is typed and at Ctrl-C."""
LATE = 0.2
"""Real seconds that a run may be behind and still catch up; what it is behind by more is forgotten."""


class Pacer:
    """`pace` real seconds are at least what a simulated second takes; None or 0: as fast as the computer goes.

    `clock`: cycles of a simulated second; `stopped` ends a sleep. `now` and `sleep` are the real clock, in seconds.
    """

    def __init__(
        self,
        pace: float | None,
        clock: int,
        stopped: Callable[[], bool],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._cycle_seconds = (pace or 0.0) / clock
        self._stopped, self._now, self._sleep = stopped, now, sleep
        self._origin: tuple[int, float] | None = None
        """A cycle, and the real time at which it was."""

    @classmethod
    def of(cls, system: Any, stopped: Callable[[], bool]) -> Pacer:
        """That of a machine."""
        return cls(system.pace, int(system.clock), stopped)

    def limit(self, cycle: int, last: int) -> int:
        """The cycle at which the engine, at `cycle` now, has to come back; `last`: that of the run, -1: none."""
        if not self._cycle_seconds:
            return last
        if self._origin is None:
            self._origin = cycle, self._now()
        next_look = cycle + max(1, int(SLICE / self._cycle_seconds))
        return next_look if last < 0 else min(next_look, last)

    def keep(self, cycle: int) -> None:
        """Sleep until the real time at which the machine may be at `cycle`."""
        if self._origin is None:
            return
        begun, at = self._origin
        due = at + (cycle - begun) * self._cycle_seconds
        while (ahead := due - self._now()) > 0 and not self._stopped():
            self._sleep(min(ahead, SLICE))
        if ahead < -LATE:
            self._origin = cycle, self._now()
