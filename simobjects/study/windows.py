# SPDX-License-Identifier: BSD-3-Clause
"""A run cut into windows of one length, so that its statistics are a series over time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from simobjects.base.errors import UsageError
from simobjects.base.units import COUNTS, MOST_COUNT, scaled
from simobjects.framework import Event, EventKind, Progress, Simulation

from .execute import Limits

EVERY = "every"
"""The windows are `every.1`, `every.2` and so on."""
MOST = 10_000
"""Each has all statistics."""
_NEVER = 1 << 62
_UNITS: tuple[Literal["references", "cycles"], ...] = ("references", "cycles")


@dataclass(frozen=True)
class Every:
    """The length of a window."""

    count: int
    unit: Literal["references", "cycles"] = "references"

    @property
    def label(self) -> str:
        """Its part in the name of a run's folder."""
        return f"every-{self.count}{'refs' if self.unit == 'references' else 'cycles'}"

    @classmethod
    def parse(cls, text: str, option: str = "--every") -> Every:
        """`100k`, which are references, or `5Mcycles`.

        Raises:
            UsageError: it is no length.
        """
        unit = next((unit for unit in _UNITS if text.strip().endswith(unit)), _UNITS[0])
        count = scaled(text.strip().removesuffix(unit), COUNTS)
        if count is None or count.denominator != 1 or count <= 0:
            raise UsageError(f"{text!r} is no length of a window", where=option, fix="write 100k or 5Mcycles")
        if count > MOST_COUNT:
            raise UsageError(f"{text} is longer than any run", where=option, fix=f"write {MOST_COUNT} at most")
        return cls(count.numerator, unit)


def run_in_windows(
    simulation: Simulation,
    limits: Limits,
    every: Every,
    progress: Callable[[Progress], None] | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Event:
    """As `run_to_end`, keeping a window of the statistics for each stretch of `every`.

    A window of cycles ends with the exit that its last cycle lies in; the next begins there. The machine does what it
    does uncut.

    Args:
        simulation: as it stands.
        limits: counted from now.
        every: the length of a window; the last one may be shorter.
        progress: called now and then with how far the whole run is.
        on_event: called with every event that is not the end of a window.
    """
    stats, started = simulation.stats, time.monotonic()
    first = {"references": simulation.reference, "cycles": simulation.cycle}
    ends: dict[str, int] = {unit: first[unit] + most for unit in _UNITS if (most := getattr(limits, unit)) is not None}

    def tell(given: Progress) -> None:
        assert progress is not None
        progress(replace(given, seconds=time.monotonic() - started))

    begin, number, step = stats.current(), 0, 0
    while True:
        now = {"references": simulation.reference, "cycles": simulation.cycle}
        step = max(step, (now[every.unit] - first[every.unit]) // every.count) + 1
        target = dict(ends)
        if number < MOST:
            target[every.unit] = min(first[every.unit] + step * every.count, ends.get(every.unit, _NEVER))
        left = {unit: max(0, place - now[unit]) for unit, place in target.items()}
        last = None
        for last in simulation.run(left.get("references"), left.get("cycles"), progress=tell if progress else None):
            over = _over(simulation, last, ends)
            if not over:
                simulation.events.pop()  # the end of a window, which is final, is no event of the machine
            elif on_event is not None:
                on_event(last)
        assert last is not None, "a run ends with an event"
        end = stats.current()
        if (end.cycle, end.reference) != (begin.cycle, begin.reference):
            number += 1
            stats.window(begin, end, f"{EVERY}.{number}")
            begin = end
        if _over(simulation, last, ends):
            return last


def _over(simulation: Simulation, event: Event, ends: dict[str, int]) -> bool:
    """Whether an event is the machine's or the run's own, and not the end of a window."""
    if event.kind is EventKind.REFERENCE_LIMIT:
        return simulation.reference >= ends.get("references", simulation.reference + 1)
    if event.kind is EventKind.CYCLE_LIMIT:
        return simulation.cycle >= ends.get("cycles", simulation.cycle + 1)
    return True
