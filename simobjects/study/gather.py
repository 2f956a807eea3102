# SPDX-License-Identifier: BSD-3-Clause
"""The finished points of a folder, and the tables and the figure that are made of them.

Nothing of what ran is asked, only the folder: so whoever collects gets the same files, here or elsewhere, now or later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.files import write_whole

from .figures.drawing import draw
from .figures.figure import Figure
from .figures.names import Catalogue
from .figures.plan import planned
from .figures.swept import Swept
from .known import Known
from .metric import PlotError
from .plan import Sweep
from .record import ChangedError
from .row import STATS
from .space import Point
from .store import StoreError, kept_rows, noted_result
from .table import Row, csv_table, parquet_table, rows_of, without_run, write_points
from .task import Result, Task
from .written import KEPT, is_there, place_of, written

Outcome = tuple[Point, Result]


@dataclass(frozen=True)
class Gathered:
    """The files that were written. `plot_problem` says why there is no figure, `idle` are axes that change nothing."""

    files: tuple[Path, ...]
    plot_problem: str = ""
    idle: tuple[str, ...] = ()


def outcomes(sweep: Sweep, tasks: Sequence[Task]) -> list[Outcome]:
    """What the folder says of every point, in the order of the points; `pending` where it says nothing."""
    found = []
    for point, task in zip(sweep.space, tasks, strict=True):
        result = noted_result(sweep.out, task.key) or Result(task.key, "pending")
        if result.run and not is_there(sweep.out, result.run):
            result = Result(task.key, "pending")
        found.append((point, result))
    return found


def statistics_of(sweep: Sweep, result: Result) -> bytes:
    """The `stats.csv` of a finished point, as its run has written it, or the part of it that is kept.

    Raises:
        StoreError: it is not as the run has written it.
    """
    place = place_of(sweep.out, result.run)
    try:
        content = written(place).file(STATS)
    except ChangedError as error:
        text = "something changed it while the sweep ran; the same command runs the point again"
        raise StoreError(f"{error}: {text}", where=place) from None
    if sweep.keep and KEPT not in result.run:
        return kept_rows(content.decode(), sweep.keep).encode()
    return content


def gather(
    sweep: Sweep,
    every: Sequence[Outcome],
    statistics: Mapping[str, Known],
    provenance: Mapping[str, Any],
) -> Gathered:
    """Write `points.csv`, `sweep.csv`, `sweep.parquet` and `sweep.svg` of the points that have a run.

    `statistics` and `provenance` become metadata of the Parquet file.

    Raises:
        StoreError: a run is not as it was written, or the folder does not take the files.
    """
    axes, out = sweep.space.axes, sweep.out
    files = [out / "points.csv", out / "sweep.csv", out / "sweep.parquet"]
    plotted, digests = _Plotted(sweep, statistics), _Digests(sweep)
    try:
        write_points(files[0], axes, every)
        with ExitStack() as stack:
            tables = [
                stack.enter_context(csv_table(files[1], axes)),
                stack.enter_context(parquet_table(files[2], axes, about(sweep, statistics, provenance))),
                plotted,
                digests,
            ]
            for point, result in every:
                if result.run:
                    content = statistics_of(sweep, result)
                    for table in tables:
                        table.add(point, result.run, content)
        problem = _draw(out / "sweep.svg", plotted)
    except OSError as error:
        raise StoreError(f"the tables cannot be written ({error.strerror}); the runs are kept", where=out) from error
    if not problem:
        files.append(out / "sweep.svg")
    return Gathered(tuple(files), problem, digests.idle() if all(result.run for _, result in every) else ())


def _draw(picture: Path, plotted: _Plotted) -> str:
    """Why there is no figure; empty when there is one."""
    try:
        write_whole(picture, plotted.drawn())
        return ""
    except PlotError as error:
        picture.unlink(missing_ok=True)
        return str(error)


class _Plotted:
    """The rows that the figure needs: those of its statistics."""

    def __init__(self, sweep: Sweep, statistics: Mapping[str, Known]) -> None:
        self._sweep, self._figure = sweep, sweep.figure or Figure()
        self._catalogue = Catalogue(statistics)
        self._rows: list[tuple[Point, list[Row]]] = []
        self._problem: PlotError | None = None
        self._marks: list[bytes] = []
        try:
            plan = planned(self._figure, sweep.space.axes, self._catalogue)
        except PlotError as error:
            self._problem = error
            return
        names = (name for part in plan.parts for name in part.metric.names)
        self._marks = [f",{path},{stat},".encode() for path, _, stat in (name.rpartition(".") for name in names)]

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """Keep what is drawn of the statistics of a point."""
        head, end, body = stats_csv.partition(b"\n")
        self._rows.append((point, rows_of((head + end + b"".join(lines_with(self._marks, body))).decode())))

    def drawn(self) -> bytes:
        """The figure as SVG. Raises PlotError when there is none to draw."""
        if not self._rows:
            raise PlotError("no figure: no point has finished")
        if self._problem is not None:
            raise self._problem
        tables = [(point.values, rows) for point, rows in self._rows]
        title = self._sweep.title or self._sweep.config.stem
        swept = Swept(title, self._sweep.space.axes, lambda: tables, self._catalogue)
        return draw(swept, self._figure, window=self._sweep.window).content


def lines_with(marks: Sequence[bytes], content: bytes) -> list[bytes]:
    """The lines in which one of the marks is, in their order."""
    found: dict[int, bytes] = {}
    for mark in marks:
        place = content.find(mark)
        while place >= 0:
            begin, end = content.rfind(b"\n", 0, place) + 1, content.find(b"\n", place) + 1 or len(content)
            found[begin] = content[begin:end]
            place = content.find(mark, end)
    return [found[begin] for begin in sorted(found)]


class _Digests:
    """What tells the statistics of one point from those of another, to find axes that change nothing."""

    def __init__(self, sweep: Sweep) -> None:
        self._axes = sweep.space.axes
        self._found: list[tuple[tuple[str, ...], bytes]] = []

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """Keep the digest of the statistics of a point."""
        digest = hashlib.sha256(b"".join(without_run(stats_csv))).digest()
        self._found.append((tuple(point.values.values()), digest))

    def idle(self) -> tuple[str, ...]:
        """Axes of several values that make no difference to any statistic, wherever the others stand."""
        names = []
        for place, axis in enumerate(self._axes):
            alike: dict[tuple[str, ...], set[bytes]] = {}
            several = False
            for values, digest in self._found:
                group = alike.setdefault(values[:place] + values[place + 1 :], set())
                several = several or bool(group) or len(self._axes) == 1
                group.add(digest)
            if len(axis.values) > 1 and several and all(len(group) == 1 for group in alike.values()):
                names.append(axis.path)
        return tuple(names)


def about(sweep: Sweep, statistics: Mapping[str, Known], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What a table says of itself: axes, end of the runs, units and descriptions, and where the numbers come from."""
    return {
        "axes": [axis.path for axis in sweep.space.axes],
        "limits": sweep.limits.as_json(),
        "statistics": {name: list(known[:2]) for name, known in sorted(statistics.items())},
        "provenance": provenance,
    }
