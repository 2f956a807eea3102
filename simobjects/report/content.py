# SPDX-License-Identifier: BSD-3-Clause
"""What a report says, as data: read from the sweep's folder, but for what comparisons hang on, which is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simobjects.framework.bibliography import BIBLIOGRAPHY
from simobjects.study.figures import Catalogue, read_sweep
from simobjects.study.figures.plan import common_window, default_metric
from simobjects.study.gather import Outcome, outcomes
from simobjects.study.metric import Metric, PlotError, Reading
from simobjects.study.plan import Kept, read_plan
from simobjects.study.provenance import file_digest
from simobjects.study.sheet import Sheet, chosen, sheet, time_metric

from .charts import Chart, charts
from .comparisons import Comparison, comparisons, pairs
from .differences import Difference, differences_of, settings_of, unlike
from .verdicts import Verdict, verdicts
from .wanted import Wanted


@dataclass(frozen=True)
class Compared:
    """A comparison with the figure of both in the sweep's own runs, and what it hangs on where that was asked."""

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
    """All comparisons of two values: the settings in which their machines differ, the statistics that differ most."""

    label: str
    pairs: tuple[Compared, ...]
    settings: tuple[tuple[str, str, str], ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Content:
    """The whole of it."""

    kept: Kept
    question: str
    metric: Metric | None
    metric_text: str
    outcomes: tuple[Outcome, ...]
    table: Sheet | None
    runs: Mapping[tuple[str, ...], str]
    """The run of each finished point by the values of its parameters."""
    charts: tuple[Chart, ...]
    groups: tuple[Group, ...]
    machine: str
    """The picture of the first machine, as SVG; empty where there is none."""
    settings: tuple[tuple[str, str], ...]
    """Every setting of the first finished machine."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """That of the first finished run."""
    bibliography: str = ""
    script: str = ""
    """The text of the config script, as it was when the sweep was begun; empty when it is another one by now."""


def collect(folder: Path, wanted: Wanted, report: Callable[[str], None] = lambda text: None) -> Content:
    """Read a sweep's folder, and find out what its comparisons hang on.

    Raises:
        InputError: it is no folder of a sweep.
        PlotError: a figure, a statistic or a comparison that was asked for is not there.
        StoreError: a file is not as its run wrote it.
    """
    kept = read_plan(folder)
    sweep = kept.sweep
    every = tuple(outcomes(sweep, sweep.tasks()))
    finished = [(point, result) for point, result in every if result.run]
    catalogue = Catalogue(kept.statistics)
    metric = _metric(catalogue, wanted.metric)
    groups = _groups(kept, wanted, metric, finished, report)
    swept = read_sweep(folder) if finished else None
    first = folder / finished[0][1].run if finished else None
    machine = folder / "graph.svg"
    return Content(
        kept=kept,
        question=wanted.question or sweep.question,
        metric=metric,
        metric_text=_described(catalogue, metric),
        outcomes=every,
        table=sheet(swept, wanted.stats, window=wanted.window) if swept else None,
        runs={tuple(point.values.values()): result.run for point, result in finished},
        charts=tuple(charts(swept, wanted, metric)) if swept else (),
        groups=groups,
        machine=machine.read_text(encoding="utf-8") if machine.is_file() else "",
        settings=tuple(settings_of(first).items()) if first else (),
        provenance=_json(first / "provenance.json") if first else {},
        bibliography=_text(first / BIBLIOGRAPHY) if first else "",
        script=_script(kept),
    )


def _metric(catalogue: Catalogue, text: str) -> Metric | None:
    """What comparisons are about: what was asked for, else the time, else misses; less is better."""
    if text:
        return chosen(catalogue, [text])[0]
    try:
        return time_metric(catalogue) or default_metric(catalogue)
    except PlotError:
        return None


def _described(catalogue: Catalogue, metric: Metric | None) -> str:
    if metric is None:
        return ""
    text, unit = catalogue.described(metric)
    return f"{text} ({unit})" if unit else text


def _groups(
    kept: Kept,
    wanted: Wanted,
    metric: Metric | None,
    finished: Sequence[Outcome],
    report: Callable[[str], None],
) -> tuple[Group, ...]:
    sweep = kept.sweep
    runs = {tuple(point.values.values()): result.run for point, result in finished}
    sets = [(between, list(comparisons(sweep.space, between))) for between in pairs(sweep.space.axes, wanted.compare)]
    every = [comparison for _, found in sets for comparison in found]
    known: list[Verdict | None] = [None] * len(every)
    if metric is not None and wanted.sensitivity and every and not sweep.checkpoint:
        # Before anything else is opened here: each is found in a copy of this process.
        asked = every[: wanted.most]
        limits = wanted.limits(sweep.limits)
        found = verdicts(sweep, asked, metric, limits, wanted.jobs, report)
        known[: len(found)] = found
    verdict_of = dict(zip(map(id, every), known, strict=True))
    if not finished:
        return ()
    tables = {tuple(values.values()): list(rows) for values, rows in read_sweep(sweep.out).tables()}
    window = wanted.window or common_window(list(tables.values()))
    made = []
    for between, found_pairs in sets:
        compared = []
        for comparison in found_pairs:
            ends = [tables.get(tuple(point.values.values())) for point in (comparison.first, comparison.second)]
            values = [_value(metric, rows, window) for rows in ends]
            compared.append(Compared(comparison, values[0], values[1], verdict_of[id(comparison)]))
        both = [
            (tables[one], tables[other])
            for each in found_pairs
            if (one := tuple(each.first.values.values())) in tables
            and (other := tuple(each.second.values.values())) in tables
        ]
        if both:
            shown = next(each for each in found_pairs if tuple(each.first.values.values()) in runs
                         and tuple(each.second.values.values()) in runs)  # fmt: skip
            ends_of = [sweep.out / runs[tuple(point.values.values())] for point in (shown.first, shown.second)]
            settings = unlike(settings_of(ends_of[0]), settings_of(ends_of[1]))
        else:
            settings = ()
        label = f"{between.first} and {between.second}"
        differences = differences_of(both, window, Catalogue(kept.statistics))
        made.append(Group(label, tuple(compared), settings, tuple(differences)))
    return tuple(made)


def _value(metric: Metric | None, rows: Iterable[Reading] | None, window: str) -> float | None:
    if metric is None or rows is None:
        return None
    try:
        return metric.of(rows, window)
    except PlotError:
        return None


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _script(kept: Kept) -> str:
    script = kept.sweep.config
    return _text(script) if file_digest(script) == kept.sweep.script_sha256 else ""
