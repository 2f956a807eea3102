# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects status`, `collect` and `work`: what can be done with the folder of a sweep."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from simobjects.base.errors import ExitCode, UsageError
from simobjects.study import status as folder
from simobjects.study.executors.local import LocalProcesses
from simobjects.study.figures import Figure
from simobjects.study.sweep import SweepOutcome, parse_shard
from simobjects.study.sweep import collect as collected
from simobjects.study.sweep import work as worked

from ._sweep import Report, ending, tell


def status(arguments: argparse.Namespace) -> int:
    """Print how far a study is, for people or as JSON. Nothing is run, and nothing is written.

    Raises:
        InputError: there is no study.
    """
    found = folder.status(arguments.out)
    if arguments.json:
        print(json.dumps(found.as_json(), indent=1))
    else:
        for line in found.lines():
            print(line)
    return ExitCode.OK


def collect(arguments: argparse.Namespace) -> int:
    """Make the tables of a study of what is there, and the figure if one is asked for; print their paths.

    Returns:
        `ENDED_BADLY` when a point failed, else `OK`.

    Raises:
        UsageError: the figure cannot be drawn; the tables are made all the same.
        InputError: there is no study.
    """
    figure = Figure.parse(arguments.plot) if arguments.plot else None
    outcome = collected(arguments.out, figure, arguments.window)
    if figure is not None and outcome.plot_problem:  # the tables are made; what was asked for besides is not
        tell(replace(outcome, plot_problem=""))
        raise UsageError(outcome.plot_problem, where=f"--plot {arguments.plot}")
    tell(outcome)
    return ending(outcome)


def work(arguments: argparse.Namespace) -> int:
    """Run a part of the points of a study that is set up, as one of several that share its folder.

    Returns:
        `ENDED_BADLY` when a point failed, `INTERRUPTED` after Ctrl-C, else `OK`.

    Raises:
        UsageError: the part is none.
        InputError: there is no study.
    """
    executor = LocalProcesses(arguments.jobs)
    part = parse_shard(arguments.shard)
    results, interrupted = worked(arguments.out, part, Report(None, executor.workers), executor)
    outcome = SweepOutcome(tuple(results), (), interrupted)
    tell(outcome)
    return ending(outcome)
