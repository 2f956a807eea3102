# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects sweep`: one script over a grid of parameter values."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from simobjects.base.errors import ExitCode
from simobjects.study.execute import Limits
from simobjects.study.figures import Figure
from simobjects.study.point import Result
from simobjects.study.runner import available_cores
from simobjects.study.space import Point, parse_assignments, parse_space
from simobjects.study.sweep import Sweep, SweepOutcome, run_sweep

from ._checkpoints import digest
from ._common import clock, say
from ._plot import check_figure

_ALIKE = 3


def sweep(arguments: argparse.Namespace) -> int:
    """Carry out the command."""
    fixed = parse_assignments(arguments.set)
    plan = Sweep(
        config=arguments.config,
        space=parse_space(arguments.over, fixed),
        out=arguments.out or Path("sweeps", arguments.config.stem),
        fixed=fixed,
        limits=Limits(arguments.references, arguments.cycles, digest(arguments.start) if arguments.start else ""),
        checkpoint=arguments.start.resolve() if arguments.start else None,
        jobs=arguments.jobs,
        figure=Figure.parse(arguments.plot) if arguments.plot else Figure(),
        window=arguments.window,
    )
    if arguments.plot:
        check_figure(plan.figure, plan.config, fixed, plan.space)
    report = Report(len(plan.space), plan.jobs or available_cores())
    outcome = run_sweep(plan, report)
    _tell(outcome)
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.ENDED_BADLY if outcome.failed else ExitCode.OK


class Report:
    """One line for each point that is done, with the time that the rest will take."""

    def __init__(self, total: int, workers: int) -> None:
        self._total = total
        self._done = 0
        self._ran = 0
        self._started = time.monotonic()
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
        say(f"[{self._done:{width}}/{self._total}] {point.label}: {what}{left}")


def _tell(outcome: SweepOutcome) -> None:
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
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
