# SPDX-License-Identifier: BSD-3-Clause
"""The results of a study as tables of Arrow: whatever its folder has when they are asked for, also while it runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from simobjects.base.errors import SimObjectsError

from .figures.plan import common_window
from .gather import Outcome, about, outcomes, statistics_of
from .metric import Metric
from .plan import Kept, read_plan
from .student import quantile
from .table import LongRows, Row, long_schema, rows_of


@dataclass(frozen=True)
class Results:
    """The finished points of the study in `out`, as tables of Arrow.

    Each method reads the folder once per object; ask the study for new `results` to see what has come since. Names of
    columns need no quoting: `system.host.exits[dtlb_v]` is `host_exits_dtlb_v`.

    Raises:
        InputError: by any method, before the study was begun.
    """

    out: Path

    @cached_property
    def kept(self) -> Kept:
        """What was asked for. Raises InputError when the folder holds no study."""
        return read_plan(self.out)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every point with what is known of it, in the order of the points."""
        return outcomes(self.kept.sweep, self.kept.sweep.tasks())

    def points(self) -> Any:
        """One row a point: run, values, status, error. Values are numbers where all of an axis are."""
        import pyarrow as pa

        paths = self._paths()
        names = column_names(paths)
        columns: dict[str, list[Any]] = {"run": [result.run for _, result in self.outcomes]}
        for path in paths:
            columns[names[path]] = _typed([point.values[path] for point, _ in self.outcomes])
        columns["status"] = [result.status for _, result in self.outcomes]
        columns["error"] = [result.error for _, result in self.outcomes]
        return pa.table(columns)

    def long(self) -> Any:
        """One row for each value of each statistic of each window of each point.

        Each axis has two columns: one with its path, and one with a name that needs no quoting. Metadata as in
        `sweep.parquet`.
        """
        import pyarrow as pa

        kept = self.kept
        axes = kept.sweep.space.axes
        schema = long_schema(axes, about(kept.sweep, kept.statistics, kept.provenance))
        rows = LongRows(axes, schema)
        for point, run, content in self._contents():
            rows.add(point, run, content)
        table = rows.taken()
        for path, name in column_names(axis.path for axis in axes).items():
            if name not in table.column_names:
                place = table.column_names.index(path) + 1
                table = table.add_column(place, pa.field(name, table[path].type, metadata={"path": path}), table[path])
        return table

    def wide(self, stats: str | Iterable[str] = "*", window: str = "") -> Any:
        """One row a finished point: its values, and a column for each statistic (each value of a vector).

        Args:
            stats: patterns of `path.stat`, such as `system.tlb.*`; one or several.
            window: its label; default `roi` where every run has one, else `total`.

        Returns:
            A pyarrow Table; the metadata of a column has path, unit and description.
        """
        import pyarrow as pa

        patterns = [stats] if isinstance(stats, str) else list(stats)
        runs = [(point, run, rows_of(content.decode())) for point, run, content in self._contents()]
        chosen = window or common_window([rows for _, _, rows in runs])
        cells: list[dict[str, Row]] = []
        for _, _, rows in runs:
            named = ((row, f"{row.path}.{row.stat}") for row in rows if row.window == chosen)
            cells.append(
                {
                    f"{name}[{row.index}]" if row.index else name: row
                    for row, name in named
                    if any(fnmatchcase(name, pattern) for pattern in patterns)
                }
            )
        found = list(dict.fromkeys(name for row in cells for name in row))
        names = column_names([*self._paths(), *found])
        fields = [pa.field("run", pa.string())]
        columns: list[Any] = [[run for _, run, _ in runs]]
        for path in self._paths():
            columns.append(pa.array(_typed([point.values[path] for point, _, _ in runs])))
            fields.append(pa.field(names[path], columns[-1].type, metadata={"path": path}))
        for name in found:
            columns.append(pa.array([_number(row[name].value) if name in row else None for row in cells]))
            unit = next(row[name].unit for row in cells if name in row)
            known = self.kept.statistics.get(name.partition("[")[0])
            facts = {"path": name, "unit": unit, "description": known.description if known else ""}
            fields.append(pa.field(names[name], columns[-1].type, metadata=facts))
        return pa.table(columns, schema=pa.schema(fields))

    def values(self, metric: Metric | str, window: str = "") -> list[float | None]:
        """A figure of each finished point, in their order.

        Args:
            metric: `PATH.STAT`, or one divided by another with `/` between.
            window: as of `wide`.

        Raises:
            PlotError: the runs have no such statistic.
        """
        figure = Metric.parse(metric) if isinstance(metric, str) else metric
        runs = [rows_of(content.decode()) for _, _, content in self._contents()]
        chosen = window or common_window(runs)
        return [figure.of(rows, chosen) for rows in runs]

    def interval(self, metric: Metric | str, over: str, level: float = 0.95, window: str = "") -> Any:
        """One row for each combination of the axes other than `over`: n, mean, and the ends low and high of the
        interval in which the mean lies at this level, by Student's t. The ends are empty for a single value.

        Args:
            metric: as of `values`.
            over: the axis of replicates, a seed.
            level: probability, such as 0.95.
            window: as of `wide`.

        Raises:
            SimObjectsError: `over` is no axis.
        """
        import pyarrow as pa

        paths = self._paths()
        if over not in paths:
            raise SimObjectsError(f"{over} is no axis of this study", fix=f"name one of: {', '.join(paths)}")
        groups: dict[tuple[str, ...], list[float]] = {}
        for (point, _, _), value in zip(self._contents(), self.values(metric, window), strict=True):
            group = groups.setdefault(tuple(text for path, text in point.values.items() if path != over), [])
            if value is not None:
                group.append(value)
        rest = [path for path in paths if path != over]
        columns = {
            name: _typed([key[place] for key in groups]) for place, name in enumerate(column_names(rest).values())
        }
        bounds = [_interval(values, level) for values in groups.values()]
        figures: dict[str, list[Any]] = {"n": [len(values) for values in groups.values()]}
        figures |= {name: [bound[place] for bound in bounds] for place, name in enumerate(("mean", "low", "high"))}
        return pa.table({**columns, **figures})

    def weighted(self, metric: Metric | str, axis: str, weights: Mapping[str, float], window: str = "") -> Any:
        """One row for each combination of the axes other than `axis` (workloads): the mean by weight.

        Args:
            metric: as of `values`.
            axis: that of the workloads.
            weights: by value of the axis, such as `Suite.weights`; they need not add up to 1.
            window: as of `wide`.

        Raises:
            SimObjectsError: a finished point's workload has no weight, or a combination lacks a workload.
        """
        import pyarrow as pa

        paths = self._paths()
        if axis not in paths:
            raise SimObjectsError(f"{axis} is no axis of this study", fix=f"name one of: {', '.join(paths)}")
        groups: dict[tuple[str, ...], dict[str, float | None]] = {}
        for (point, _, _), value in zip(self._contents(), self.values(metric, window), strict=True):
            rest = tuple(text for path, text in point.values.items() if path != axis)
            groups.setdefault(rest, {})[point.values[axis]] = value
        means = []
        for held in groups.values():
            if set(held) != set(weights) or None in held.values():
                raise SimObjectsError(
                    f"{axis} has values for {sorted(held)}, and weights for {sorted(weights)}", fix="give both the same"
                )
            total = math.fsum(weights.values())
            means.append(math.fsum(weights[name] * (value or 0.0) for name, value in held.items()) / total)
        rest_names = column_names([path for path in paths if path != axis]).values()
        columns = {name: _typed([key[place] for key in groups]) for place, name in enumerate(rest_names)}
        return pa.table({**columns, "mean": means})

    def pandas(self) -> Any:
        """`wide()` as a pandas DataFrame; needs pandas."""
        return self.wide().to_pandas()

    def polars(self) -> Any:
        """`wide()` as a polars DataFrame; needs polars."""
        import polars

        return polars.from_arrow(self.wide())

    def duckdb(self) -> Any:
        """A connection of DuckDB with the tables `points`, `wide` and `long`; needs duckdb."""
        import duckdb

        connection = duckdb.connect()
        for name, table in (("points", self.points()), ("wide", self.wide()), ("long", self.long())):
            connection.register(name, table)
        return connection

    def _contents(self) -> list[tuple[Any, str, bytes]]:
        return self._finished

    @cached_property
    def _finished(self) -> list[tuple[Any, str, bytes]]:
        sweep = self.kept.sweep
        return [(point, result.run, statistics_of(sweep, result)) for point, result in self.outcomes if result.run]

    def _paths(self) -> list[str]:
        return [axis.path for axis in self.kept.sweep.space.axes]

    def _repr_html_(self) -> str:
        from html import escape

        table = self.points()
        head = "".join(f"<th>{escape(name)}</th>" for name in table.column_names)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row.values()) + "</tr>"
            for row in table.slice(0, 20).to_pylist()
        )
        more = f"<p>{table.num_rows} points</p>"
        return f"<table><tr>{head}</tr>{body}</table>{more}"


def _interval(values: Sequence[float], level: float) -> tuple[float | None, float | None, float | None]:
    if not values:
        return None, None, None
    mean = fmean(values)
    if len(values) < 2:
        return mean, None, None
    half = quantile(0.5 + level / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def _typed(texts: Sequence[str]) -> list[Any]:
    """Whole numbers when all are, else numbers when all are, else the texts."""
    for kind in (int, float):
        try:
            found = [kind(text) for text in texts]
        except ValueError:
            continue
        if kind is float or all(str(value) == text for value, text in zip(found, texts, strict=True)):
            return found
    return list(texts)


def _number(text: str) -> int | float | None:
    if text in ("", "nan"):
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def column_names(paths: Iterable[str]) -> dict[str, str]:
    """Names by path that no language of queries has to quote: letters, digits and `_`, without `system`.

    `system.host.exits[dtlb_v]` is `host_exits_dtlb_v`. A name that two paths would have gets a number.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        plain = re.sub(r"\W+", "_", path.removeprefix("system."), flags=re.ASCII).strip("_").lower() or "value"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        names[path] = name
    return names
