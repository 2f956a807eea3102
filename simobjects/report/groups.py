# SPDX-License-Identifier: BSD-3-Clause
"""The comparisons of a sweep with their figures, what they hang on, and how the compared machines differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simobjects.study.figures import Swept
from simobjects.study.figures.plan import common_window
from simobjects.study.metric import Metric, PlotError, Reading
from simobjects.study.plan import Kept
from simobjects.study.space import Point
from simobjects.study.written import place_of

from .comparisons import Comparison, comparisons, pairs
from .differences import Difference, differences_of, settings_of, unlike
from .verdicts import Verdict, verdicts
from .wanted import Wanted

_MOST_PAIRS = 100
"""Pairs of machines of which all statistics are looked at."""

Runs = Mapping[tuple[str, ...], str]
"""The run of each finished point by the values of its parameters."""


@dataclass(frozen=True)
class Compared:
    """A comparison with what came out of it.

    Attributes:
        comparison: the two points.
        first, second: the metric of each in the sweep's own runs; None: that point has none.
        verdict: what the comparison hangs on; None: that was not asked.
    """

    comparison: Comparison
    first: float | None
    second: float | None
    verdict: Verdict | None

    @property
    def ratio(self) -> float | None:
        """The first over the second."""
        return self.first / self.second if self.first is not None and self.second else None


@dataclass(frozen=True)
class Group:
    """All comparisons of two values.

    Attributes:
        label: `e3b and e4`.
        pairs: in the order of the sweep.
        settings: path and both values of each setting in which the machines of the first pair that ran differ.
        differences: the statistics that differ most.
    """

    label: str
    pairs: tuple[Compared, ...]
    settings: tuple[tuple[str, str, str], ...]
    differences: tuple[Difference, ...]


def groups_of(
    kept: Kept,
    wanted: Wanted,
    metric: Metric | None,
    swept: Swept,
    runs: Runs,
    report: Callable[[str], None],
) -> tuple[Group, ...]:
    """One for each two values that are compared.

    Args:
        kept: the plan of the sweep.
        wanted: of it `compare`, `window`, `sensitivity`, `most`, `references` and `jobs`.
        metric: what is compared; None: there are no figures, and nothing is tested.
        swept: the statistics of the points.
        runs: the run of each finished point.
        report: gets a line for each comparison that is tested.

    Returns:
        In the order of the values. A group has all its pairs; of all groups together the `most` pairs whose figures are
        nearest to each other have a verdict.

    Raises:
        PlotError: a comparison that was asked for is none.
    """
    sweep = kept.sweep
    sets = [list(comparisons(sweep.space, between)) for between in pairs(sweep.space.axes, wanted.compare)]
    sets = [found for found in sets if found]
    looked_at = {_key(point) for found in sets for each in found[:_MOST_PAIRS] for point in (each.first, each.second)}
    window = wanted.window or (common_window(rows for _, rows in swept.tables()) if runs else "")
    values: dict[tuple[str, ...], float | None] = {}
    tables: dict[tuple[str, ...], Sequence[Reading]] = {}
    for at, rows in swept.tables():
        key = tuple(at.values())
        values[key] = _value(metric, rows, window)
        if key in looked_at:
            tables[key] = rows
    compared = [
        [Compared(each, values.get(_key(each.first)), values.get(_key(each.second)), None) for each in found]
        for found in sets
    ]
    known: dict[int, Verdict] = {}
    if metric is not None and wanted.sensitivity:
        chosen = _closest([each for found in compared for each in found], wanted.most)
        asked = [each.comparison for each in chosen]
        found_out = verdicts(sweep, asked, metric, wanted.limits(sweep.limits), wanted.jobs, report)
        known = dict(zip(map(id, asked), found_out, strict=True))
    judged = [
        tuple(Compared(e.comparison, e.first, e.second, known.get(id(e.comparison))) for e in found)
        for found in compared
    ]
    return tuple(_group(sweep.out, each, tables, runs, window, swept) for each in judged)


def _group(
    out: Path,
    judged: tuple[Compared, ...],
    tables: Mapping[tuple[str, ...], Sequence[Reading]],
    runs: Runs,
    window: str,
    swept: Swept,
) -> Group:
    """What two values make different, over the points that have a result with both."""
    between = judged[0].comparison.between
    both = [(_key(each.comparison.first), _key(each.comparison.second)) for each in judged]
    there = [(tables[one], tables[other]) for one, other in both if one in tables and other in tables]
    ends = next(((runs[one], runs[other]) for one, other in both if one in runs and other in runs), None)
    settings = unlike(*(settings_of(place_of(out, run)) for run in ends)) if ends else ()
    differences = tuple(differences_of(there, window, swept.catalogue))
    return Group(f"{between.first} and {between.second}", judged, settings, differences)


def _closest(every: Sequence[Compared], most: int) -> list[Compared]:
    """Those whose figures are nearest to each other, and so the first to be overturned, in the order of the sweep."""

    def distance(each: Compared) -> float:
        return abs(math.log(each.ratio)) if each.ratio is not None and each.ratio > 0 else math.inf

    nearest = sorted(every, key=distance)[:most]
    return [each for each in every if any(each is one for one in nearest)]


def _key(point: Point) -> tuple[str, ...]:
    """By which a point is known: the values of its parameters, in the order of the axes."""
    return tuple(point.values.values())


def _value(metric: Metric | None, rows: Iterable[Reading], window: str) -> float | None:
    """The metric of a run; None: the run does not have it."""
    if metric is None:
        return None
    try:
        return metric.of(rows, window)
    except PlotError:
        return None
