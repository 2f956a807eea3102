# SPDX-License-Identifier: BSD-3-Clause
"""A whole sweep: look at it before it starts, run what is not there yet, make the tables and the figure."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simobjects.base.errors import InputError, UsageError
from simobjects.base.files import write_whole
from simobjects.base.interrupts import on_interrupt
from simobjects.base.text import readable

from .checks import CheckError, check_points
from .config_script import check_script
from .executors.local import Executor, LocalProcesses
from .executors.process import WorkerProcess, dismiss, hire
from .figures.figure import Figure
from .figures.names import Catalogue
from .figures.plan import planned
from .gather import Outcome, gather, outcomes
from .metric import PlotError
from .plan import Sweep, read_plan, write_plan
from .provenance import file_digest
from .space import Point
from .store import StoreError, drop_empty_logs, prepare
from .task import Result, Task

Report = Callable[[Point, Result], None]


@dataclass(frozen=True)
class SweepOutcome:
    """What became of a sweep.

    Attributes:
        results: every point with its result, in the order of the points.
        files: those that were written.
        interrupted: whether Ctrl-C ended it.
        plot_problem: why there is no figure; empty when there is one.
        idle: the axes that change no statistic.
    """

    results: tuple[Outcome, ...]
    files: tuple[Path, ...]
    interrupted: bool = False
    plot_problem: str = ""
    idle: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The points that failed or that the watchdog ended."""
        return tuple((point, result) for point, result in self.results if result.status in ("failed", "watchdog"))


@dataclass(frozen=True)
class Shard:
    """A part of the points: every `of`-th, beginning with the `number`-th, counted from 1. Shards share nothing."""

    number: int
    of: int


def parse_shard(text: str) -> Shard:
    """`3/40` as a part of the points. Raises UsageError for anything else."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError("is no part of the points", where=f"--shard {text}", fix="write K/N with K from 1 to N: 3/40")
    return Shard(int(match[1]), int(match[2]))


def run_sweep(sweep: Sweep, report: Report | None = None, executor: Executor | None = None) -> SweepOutcome:
    """Run the points that are not there yet and write `points.csv`, `sweep.csv`, `sweep.parquet` and `sweep.svg`.

    All values are checked before the first point starts. A point that fails is recorded and the others go on. Ctrl-C
    ends the running points; the tables then hold the finished ones, and the next call goes on from there. Other calls
    may work in the same folder at the same time.

    Args:
        sweep: what to run.
        report: called with each point and its result as it comes.
        executor: where; None: on all cores of this computer.

    Raises:
        ConfigScriptError: there is no such script.
        CheckError: a value is not possible; nothing ran.
        PlotError: what is to be drawn is not possible; nothing ran.
        StoreError: the folder cannot be used.
        KeyboardInterrupt: Ctrl-C came before everything was checked; nothing ran, nothing is written.
    """
    stop = threading.Event()
    with on_interrupt(stop.set, again=True):
        tasks, worker = begin(sweep, stop, executor.workers if executor else None)
        local = executor or LocalProcesses()
        if isinstance(local, LocalProcesses):
            local = replace(local, idle=worker)
        else:
            dismiss(worker)
        every = _run(sweep, tasks, local, report, stop)
    return _collected(sweep, every, stop.is_set())


def begin(sweep: Sweep, stop: threading.Event, slots: int | None = None) -> tuple[list[Task], WorkerProcess]:
    """Check everything and write `study.json`; the points as tasks, and the worker that has checked them.

    Raises as `run_sweep`, and KeyboardInterrupt when `stop` is set before everything is checked.
    """
    check_script(sweep.config)
    tasks = sweep.tasks()
    worker = hire(slots or LocalProcesses().workers)
    try:
        checked = check_points(sweep, tasks, worker, stop)
        if stop.is_set():
            raise KeyboardInterrupt  # not everything is checked; what the folder has stays as it is
        if sweep.figure is not None:
            planned(sweep.figure, sweep.space.axes, Catalogue(checked.statistics))
        prepare(sweep.out)
        write_plan(sweep, checked.statistics)
        if checked.picture:
            write_whole(sweep.out / "graph.svg", readable(checked.picture).encode())
    except OSError as error:
        dismiss(worker)
        raise _unwritable(sweep.out, error) from error
    except (CheckError, PlotError, StoreError):
        dismiss(worker)  # it has answered everything
        raise
    except BaseException:
        worker.end()
        raise
    if stop.is_set():
        worker.end()
        worker = hire(worker.slots)
    return tasks, worker


def begun(sweep: Sweep) -> None:
    """As `begin`, for points that run elsewhere or later: Ctrl-C raises KeyboardInterrupt, so that none is begun."""
    stop = threading.Event()
    with on_interrupt(stop.set, again=True):
        _, worker = begin(sweep, stop)
        dismiss(worker)
    if stop.is_set():
        raise KeyboardInterrupt


def work(
    out: Path, shard: Shard, report: Report | None = None, executor: Executor | None = None
) -> tuple[list[Outcome], bool]:
    """Run a part of the points of the sweep that was begun in a folder, and make no tables.

    Returns the results, and whether Ctrl-C ended it before all were there.

    Raises:
        InputError: no sweep was begun there, or its script is another one by now.
        StoreError: the folder cannot be used.
    """
    sweep = read_plan(out).sweep
    check_script(sweep.config)
    if file_digest(sweep.config) != sweep.script_sha256:
        what = "is not as it was when the sweep was begun"
        raise InputError(what, where=sweep.config, fix="give the sweep again, or put the script back")
    prepare(sweep.out)
    stop = threading.Event()
    with on_interrupt(stop.set, again=True):
        tasks = sweep.tasks()[shard.number - 1 :: shard.of]
        points = list(sweep.space)[shard.number - 1 :: shard.of]
        every = _run(sweep, tasks, executor or LocalProcesses(), report, stop, points)
    drop_empty_logs(sweep.out)
    return every, stop.is_set()


def collect(out: Path, figure: Figure | None = None, window: str | None = None) -> SweepOutcome:
    """Make the tables and the figure of whatever is there of the sweep that was last begun in a folder.

    The figure is the sweep's, and from then on another one if one is given and can be drawn; so is its window.

    Raises:
        InputError: no sweep was begun there.
        PlotError: there is no such figure; nothing is written.
        StoreError: a run is not as it was written, or the folder does not take the files.
    """
    kept = read_plan(out)
    sweep = kept.sweep
    if figure is not None or window is not None:
        sweep = replace(sweep, figure=figure or sweep.figure, window=window or sweep.window)
        if sweep.figure is not None:
            planned(sweep.figure, sweep.space.axes, Catalogue(kept.statistics))
    outcome = _collected(sweep, outcomes(sweep, sweep.tasks()), False)
    if sweep is not kept.sweep and not outcome.plot_problem:
        try:
            write_plan(sweep, kept.statistics, kept.provenance)
        except OSError as error:
            raise _unwritable(out, error) from error
    return outcome


def _run(
    sweep: Sweep,
    tasks: Sequence[Task],
    executor: Executor,
    report: Report | None,
    stop: threading.Event,
    points: Sequence[Point] | None = None,
) -> list[Outcome]:
    by_key = {task.key: point for task, point in zip(tasks, points or list(sweep.space), strict=True)}
    results: dict[str, Result] = {}

    def note(result: Result) -> None:
        results[result.key] = result
        if report is not None:
            report(by_key[result.key], result)

    if tasks:
        executor.run(tasks, note, stop)
    return [(point, results.get(key, Result(key, "pending"))) for key, point in by_key.items()]


def _collected(sweep: Sweep, every: Sequence[Outcome], interrupted: bool) -> SweepOutcome:
    drop_empty_logs(sweep.out)
    kept = read_plan(sweep.out)
    made = gather(sweep, every, kept.statistics, kept.provenance)
    unfinished = any(result.status == "pending" for _, result in every)
    return SweepOutcome(tuple(every), made.files, interrupted and unfinished, made.plot_problem, made.idle)


def _unwritable(out: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot be written to ({error.strerror})", where=out, fix="name another folder with --out")
