# SPDX-License-Identifier: BSD-3-Clause
"""A whole sweep: run what is not there yet, then write the tables and the figure."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from simobjects.base.files import write_whole

from .config_script import check_script
from .execute import Limits
from .figures.drawing import draw
from .figures.figure import Figure
from .figures.results import Results, read_catalogue
from .metric import PlotError
from .point import Job, Result
from .record import ChangedError, read_file
from .runner import available_cores, run_jobs
from .space import Point, Space
from .store import StoreError, locked
from .table import Row, rows_of, write_csv, write_parquet, write_points

Table = tuple[Point, str, list[Row]]
Report = Callable[[Point, Result], None]


@dataclass(frozen=True)
class Sweep:
    """What to run: a script, values that all points share, the grid, where each run ends, and where results go."""

    config: Path
    space: Space
    out: Path
    fixed: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    jobs: int | None = None
    figure: Figure = field(default_factory=Figure)
    window: str | None = None
    checkpoint: Path | None = None


@dataclass(frozen=True)
class SweepOutcome:
    """What became of a sweep: every point with its result, in the order of the grid, and the files that were written.

    `plot_problem` says why there is no figure, when there is none.
    """

    results: tuple[tuple[Point, Result], ...]
    files: tuple[Path, ...]
    interrupted: bool = False
    plot_problem: str = ""

    @property
    def failed(self) -> tuple[tuple[Point, Result], ...]:
        """The points that failed or that the watchdog ended."""
        return tuple((point, result) for point, result in self.results if result.status in ("failed", "watchdog"))


def run_sweep(sweep: Sweep, report: Report | None = None) -> SweepOutcome:
    """Run the points that are not there yet and write `points.csv`, `sweep.csv`, `sweep.parquet` and `sweep.svg`.

    A point that fails is recorded and the others go on. Ctrl-C ends the running points; the tables then
    hold the finished ones, and the next call goes on from there. `report` sees each result as it comes.

    Raises:
        ScriptError: there is no such script.
        StoreError: the folder cannot be used.
    """
    check_script(sweep.config)
    points = list(sweep.space)
    out = sweep.out.resolve()
    with locked(out):
        logs = out / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir()
        jobs = [
            Job(
                index=point.index,
                config=str(sweep.config),
                overrides={**sweep.fixed, **point.values},
                out=str(out),
                log=str(logs / f"{point.index:06d}.txt"),
                folder=str(Path.cwd()),
                limits=sweep.limits,
                checkpoint=str(sweep.checkpoint or ""),
            )
            for point in points
        ]

        def note(result: Result) -> None:
            if report is not None:
                report(points[result.index], result)

        batch = run_jobs(jobs, sweep.jobs or available_cores(), note)
        kept = _drop_empty_logs(logs)
        every = tuple(
            (point, replace(batch.results.get(index, Result(index, "pending")), log=kept.get(index, "")))
            for index, point in enumerate(points)
        )
        return _write(sweep, out, every, batch.interrupted)


def _write(sweep: Sweep, out: Path, every: tuple[tuple[Point, Result], ...], interrupted: bool) -> SweepOutcome:
    axes = sweep.space.axes
    with_stats = [(point, result) for point, result in every if result.run]

    def tables() -> Iterator[Table]:
        # Read again for each writer: a long sweep's rows need not fit in memory at once.
        for point, result in with_stats:
            yield point, result.run, _rows(out / result.run, result.stats)

    files = [out / "points.csv", out / "sweep.csv", out / "sweep.parquet"]
    try:
        write_points(files[0], axes, every)
        write_csv(files[1], axes, tables())
        write_parquet(files[2], axes, tables())
    except OSError as error:
        raise StoreError(
            f"the tables cannot be written ({error.strerror}); the runs are kept", where=out
        ) from error
    problem = ""
    picture = out / "sweep.svg"
    try:
        if not with_stats:
            raise PlotError("no figure: no point has finished")
        read = Results(
            sweep.config.stem,
            axes,
            lambda: ((point.values, rows) for point, _, rows in tables()),
            read_catalogue(out / with_stats[0][1].run),
        )
        write_whole(picture, draw(read, sweep.figure, window=sweep.window).content)
        files.append(picture)
    except PlotError as error:
        problem = str(error)
        picture.unlink(missing_ok=True)
    return SweepOutcome(every, tuple(files), interrupted, problem)


def _rows(directory: Path, digest: str) -> list[Row]:
    """The statistics that the point has written or checked, and no others."""
    try:
        return rows_of(read_file(directory, "stats.csv", digest).decode())
    except ChangedError as error:
        text = "something changed it while the sweep ran; the same command runs the point again"
        raise StoreError(f"{error}: {text}", where=directory) from None


def _drop_empty_logs(logs: Path) -> dict[int, str]:
    """Remove the logs in which nothing is; the others by the index of their point."""
    kept = {}
    for log in sorted(logs.iterdir()):
        if log.stat().st_size == 0:
            log.unlink()
        else:
            kept[int(log.stem)] = str(log)
    if not kept:
        logs.rmdir()
    return kept
