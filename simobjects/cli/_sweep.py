# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects sweep`: one script over a grid of parameter values."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from simobjects.base.errors import ExitCode, UsageError
from simobjects.base.text import clock
from simobjects.study.execute import Limits
from simobjects.study.executors.dask_cluster import DaskCluster
from simobjects.study.executors.local import LocalProcesses
from simobjects.study.executors.slurm import SCRIPT, Slurm
from simobjects.study.figures import Figure
from simobjects.study.plan import Sweep
from simobjects.study.space import Point, parse_assignments, parse_space
from simobjects.study.sweep import SweepOutcome, begun, parse_shard, run_sweep, work
from simobjects.study.task import Result

from ._checkpoints import digest
from ._common import say

_ALIKE = 3
"""Points with the same error that are named."""


def sweep(arguments: argparse.Namespace) -> int:
    """Run the points of a sweep that are not there yet, here, on Dask or by SLURM, and print where the tables are.

    Returns:
        `ENDED_BADLY` when a point failed, `INTERRUPTED` after Ctrl-C, else `OK`.

    Raises:
        UsageError: options do not go together, or a range, a part or a figure is none.
        ConfigError: a value of a point is refused by its machine; nothing ran.
    """
    _check(arguments)
    fixed = parse_assignments(arguments.set)
    plan = Sweep(
        config=arguments.config,
        space=parse_space(arguments.over, fixed),
        out=arguments.out or Path("sweeps", arguments.config.stem),
        fixed=fixed,
        keep=tuple(arguments.keep),
        limits=Limits(arguments.references, arguments.cycles, digest(arguments.start) if arguments.start else ""),
        checkpoint=arguments.start.resolve() if arguments.start else None,
        question=arguments.question,
        figure=Figure.parse(arguments.plot) if arguments.plot else None,
        window=arguments.window,
    )
    if arguments.submit:
        return _submit(arguments, plan)
    executor = DaskCluster(arguments.dask) if arguments.dask else LocalProcesses(arguments.jobs)
    if arguments.shard:
        part = parse_shard(arguments.shard)
        begun(plan)
        every, stopped = work(plan.out, part, Report(None, executor.workers), executor)
        outcome = SweepOutcome(tuple(every), (), stopped)
        tell(outcome)
        return ending(outcome)
    report = Report(len(plan.space), executor.workers)
    outcome = run_sweep(plan, report, executor)
    tell(outcome)
    return ending(outcome)


def _check(arguments: argparse.Namespace) -> None:
    """UsageError for options of which one would have no effect."""
    for option in ("array", "cpus", "time", "partition", "dry-run"):
        if getattr(arguments, option.replace("-", "_")) and not arguments.submit:
            raise UsageError("there is nothing to submit", where=f"--{option}", fix="add --submit slurm")
    for name in ("dask", "shard"):
        if getattr(arguments, name) and arguments.submit:
            what = f"--submit {arguments.submit} says where the points run, and which"
            raise UsageError(what, where=f"--{name}", fix="leave one of the two out")


def _submit(arguments: argparse.Namespace, plan: Sweep) -> int:
    """Hand the sweep to SLURM and print the script's path; with `--dry-run` print the script, and do nothing."""
    slurm = Slurm(arguments.array or 1, arguments.time, arguments.partition, arguments.cpus or 1)
    if arguments.dry_run:
        print(slurm.script(plan.out), end="")
        return ExitCode.OK
    begun(plan)
    job = slurm.submit(plan.out)
    say(f"{len(plan.space)} points in job {job}; `simobjects status {plan.out}` says how far they are,")
    say("and the tables are made when it has ended")
    print(_shown(plan.out.absolute() / SCRIPT))
    return ExitCode.OK


def ending(outcome: SweepOutcome) -> ExitCode:
    """What the outcome of a sweep means for the program."""
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.ENDED_BADLY if outcome.failed else ExitCode.OK


class Report:
    """One line for each point that is done, with the time that the rest will take.

    Args:
        total: points in all; None: not known, as of a part of a sweep.
        workers: points that run at a time.
    """

    def __init__(self, total: int | None, workers: int) -> None:
        self._total = total or 0
        self._done = 0
        self._ran = 0
        self._started = time.monotonic()
        if total is not None:
            say(f"{total} points, {min(total, workers)} at a time")

    def __call__(self, point: Point, result: Result) -> None:
        """Print the line of one point."""
        self._done += 1
        self._ran += not result.skipped
        what = "already done" if result.skipped else f"{result.status}, {result.seconds:.1f} s"
        if result.note:
            what += f" (run again: {result.note})"
        left = ""
        if self._ran and self._done < self._total:
            spent = time.monotonic() - self._started
            left = f"  about {clock(spent / self._ran * (self._total - self._done))} left"
        width = len(str(self._total))
        count = f"[{self._done:{width}}/{self._total}] " if self._total else ""
        say(f"{count}{point.label}: {what}{left}")


def tell(outcome: SweepOutcome) -> None:
    """Print what failed, what changes nothing, and the files that were written.

    Files go to standard output, a path a line, the rest to standard error. Of failures with one error three are named.
    """
    for error, alike in _by_error(outcome).items():
        labels = [f"{point.label}: {result.status}" for point, result in alike]
        if len(labels) > _ALIKE:
            labels[_ALIKE:] = [f"and {len(labels) - _ALIKE} more with the same error"]
        say("\n" + "\n".join(labels) + "\n  " + error.replace("\n", "\n  "))
        log = alike[0][1].log
        if log:
            say(f"  more in {_shown(Path(log))}")
    if outcome.failed:
        say(f"\n{len(outcome.failed)} of {len(outcome.results)} points failed; the same command tries them again")
    if outcome.interrupted:
        say("\nstopped; the finished points are kept, and the same command goes on with the others")
    for name in outcome.idle:
        say(f"{name} changes no statistic of these machines")
    if outcome.plot_problem:
        say(outcome.plot_problem)
    for file in outcome.files:
        print(_shown(file), file=sys.stdout)


def _by_error(outcome: SweepOutcome) -> dict[str, list[tuple[Point, Result]]]:
    """The failed points by what they say, so that one mistake fills one place and not a screen."""
    groups: dict[str, list[tuple[Point, Result]]] = {}
    for point, result in outcome.failed:
        groups.setdefault(result.error, []).append((point, result))
    return groups


def _shown(file: Path) -> Path:
    """A path as short as it can be: from the current folder on, if it lies below."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
