# SPDX-License-Identifier: BSD-3-Clause
"""Contenders timed in turn, round after round, so that whatever else the computer does meets all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Run = Callable[[], int]


@dataclass
class Contender:
    """`prepare` makes something ready (not timed); what it returns does the work and gives the misses."""

    name: str
    about: str
    prepare: Callable[[], Run]
    seconds: list[float] = field(default_factory=list)
    misses: set[int] = field(default_factory=set)

    def once(self) -> None:
        """One run: CPU time of this thread."""
        run = self.prepare()
        gc.collect()
        begin = time.thread_time()
        missed = run()
        self.seconds.append(time.thread_time() - begin)
        self.misses.add(missed)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def times_as_fast_as(self, other: Contender) -> float:
        """The median of the rounds' ratios: both sides of each were measured next to each other."""
        return statistics.median(b / a for a, b in zip(self.seconds, other.seconds, strict=True))


def measure(contenders: Sequence[Contender], rounds: int, told: Callable[[str], None]) -> None:
    """All contenders once, then again. The first of them goes first in one round and last in the next."""
    for number in range(rounds):
        told(f"round {number + 1} of {rounds}")
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            contender.once()
