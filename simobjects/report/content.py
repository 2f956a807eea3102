# SPDX-License-Identifier: BSD-3-Clause
"""What a report says, as data: read from the sweep's folder, but for what comparisons hang on, which is found out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simobjects.framework.bibliography import BIBLIOGRAPHY
from simobjects.study.figures import Catalogue, Figure, Swept, planned, read_sweep
from simobjects.study.figures.plan import default_metric
from simobjects.study.figures.swept import Table
from simobjects.study.gather import Outcome, outcomes
from simobjects.study.metric import Metric, PlotError
from simobjects.study.plan import Kept, read_plan
from simobjects.study.provenance import file_digest
from simobjects.study.record import ChangedError
from simobjects.study.sheet import Sheet, chosen, sheet, time_metric
from simobjects.study.written import place_of, written

from .charts import Chart, charts
from .differences import settings_of
from .groups import Group, groups_of
from .wanted import Wanted

_MOST_IN_MEMORY = 3000
"""Points of which the statistics are kept while a report is made: some 100 MB."""


@dataclass(frozen=True)
class Content:
    """The whole of it.

    Attributes:
        kept: the plan of the sweep, and what ran where.
        question: what the sweep is to answer; empty: it did not say.
        metric: what is compared, less is better; None: there is nothing to compare by.
        metric_text: the same in words, with its unit.
        outcomes: every point with what became of it, in the order of the sweep.
        table: a row for each finished point; None: none has finished.
        charts: the figures.
        groups: the comparisons, a group for each two values.
        provenance: of the first finished run.
        bibliography: BibTeX of all runs, each work once.
    """

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

    What was asked for is checked before anything runs. Machines run where `wanted.sensitivity` is set and the folder
    does not have the answer of an earlier report.

    Args:
        folder: of the sweep. Nothing but `sensitivity/` is written there.
        wanted: what the reader asked for.
        report: gets a line for each comparison that is tested.

    Raises:
        InputError: it is no folder of a sweep.
        PlotError: a figure, a statistic or a comparison that was asked for is not there.
        StoreError: a file is not as its run wrote it.
    """
    kept = read_plan(folder)
    sweep = kept.sweep
    every = tuple(outcomes(sweep, sweep.tasks()))
    runs = {tuple(point.values.values()): result.run for point, result in every if result.run}
    first = place_of(folder, next(iter(runs.values()))) if runs else None
    catalogue = Catalogue(kept.statistics)
    metric = _metric(catalogue, wanted.metric)
    for text in wanted.figures:  # before anything runs
        planned(Figure.parse(text, "--figure"), sweep.space.axes, catalogue)
    swept = _loaded(read_sweep(folder)) if runs else Swept(folder.name, sweep.space.axes, tuple, catalogue)
    machine = folder / "graph.svg"
    return Content(
        kept=kept,
        question=wanted.question or sweep.question,
        metric=metric,
        metric_text=_described(catalogue, metric),
        outcomes=every,
        table=sheet(swept, wanted.stats, window=wanted.window) if runs else None,
        runs=runs,
        groups=groups_of(kept, wanted, metric, swept, runs, report),
        charts=tuple(charts(swept, wanted, metric)) if runs else (),
        machine=machine.read_text(encoding="utf-8") if machine.is_file() else "",
        settings=tuple(settings_of(first).items()) if first else (),
        provenance=_provenance(first) if first else {},
        bibliography=_bibliography(place_of(folder, run) for run in runs.values()),
        script=_script(kept),
    )


def _loaded(swept: Swept) -> Swept:
    """With the points in memory, where they are asked for often; a very large sweep is read each time."""
    tables: list[Table] = []
    for place, (values, rows) in enumerate(swept.tables()):
        if place == _MOST_IN_MEMORY:
            return swept
        tables.append((values, rows))
    return replace(swept, tables=lambda: tables)


def _metric(catalogue: Catalogue, text: str) -> Metric | None:
    """What comparisons are about: what was asked for, else the time, else misses; less is better."""
    if text:
        return chosen(catalogue, [text])[0]
    try:
        return time_metric(catalogue) or default_metric(catalogue)
    except PlotError:
        return None


def _described(catalogue: Catalogue, metric: Metric | None) -> str:
    """The metric in words, and its unit in brackets; nothing where there is none."""
    if metric is None:
        return ""
    text, unit = catalogue.described(metric)
    return f"{text} ({unit})" if unit else text


def _bibliography(runs: Iterable[Path]) -> str:
    """The entries of all runs, each once, in their order: machines of one sweep may implement different works."""
    entries: dict[str, None] = {}
    for run in runs:  # a row has none
        parts = re.split(r"^(?=@)", _text(run / BIBLIOGRAPHY), flags=re.MULTILINE)
        entries.update(dict.fromkeys(part.strip() for part in parts if part.strip()))
    first, *others = entries or [""]
    return "\n\n".join([first, *sorted(others, key=lambda entry: entry.partition("{")[2])])


def _provenance(run: Path) -> Mapping[str, Any]:
    """Where the numbers of a run come from; empty where that is missing or damaged: a report can do without."""
    try:
        found = json.loads(written(run).provenance)
    except (ChangedError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _script(kept: Kept) -> str:
    """The script, if it is still the one that the sweep began with."""
    script = kept.sweep.config
    return _text(script) if file_digest(script) == kept.sweep.script_sha256 else ""
