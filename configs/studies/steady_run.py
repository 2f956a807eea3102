# SPDX-License-Identifier: BSD-3-Clause
"""A run of the study of steady states, what several of its parts use to make one, and how figures are shown."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from simobjects import Simulation, SyntheticWorkload, System

SLOTS = 63
"""Of a 440 whose host has one pinned entry: 0 to 62 are replaced in turn."""


def simulated(system: System) -> Simulation:
    """One machine after another: the memory of the last one is given back before the next one takes its own."""
    gc.collect()
    return Simulation(system)


@dataclass(frozen=True)
class Run:
    """A figure of one run: what was run, under which scheme or kernel, what was varied, and what came out."""

    case: str
    host: str
    varied: str
    value: int
    part: str
    misses: float
    """Virt misses, natively misses: of a round (loops, ping-pong) or in all."""
    ticks: int = 0
    """Of the guest's timer, meanwhile."""


def host_pages(count: int) -> SyntheticWorkload:
    """So many pages of code, an instruction on each."""
    return SyntheticWorkload(code_pages=count, data_pages=1, records=count, instructions=1, accesses=0, stores=0)


def number(value: float) -> str:
    """With a decimal only where it has some."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.005 else f"{value:,.1f}"


def spread(values: Sequence[float]) -> list[str]:
    """Least, median and most, and how far apart they are, in percent of the median."""
    middle = median(values)
    apart = 100 * (max(values) - min(values)) / middle if middle else 0.0
    return [number(min(values)), number(middle), number(max(values)), f"{apart:.1f} %"]


def shares(values: Iterable[float], rate: Callable[[float], str]) -> str:
    """Which rates came out, and how often."""
    counts = Counter(values)
    return ", ".join(f"{rate(value)} ({counts[value]})" for value in sorted(counts, reverse=True))
