# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects reproduce`: a study run again and compared byte by byte."""

from __future__ import annotations

import argparse
from pathlib import Path

from simobjects.base.errors import ExitCode
from simobjects.base.text import clock
from simobjects.study.executors.local import LocalProcesses
from simobjects.study.reproduce import FIGURE, FirstPart, Outcome, Remade
from simobjects.study.reproduce import reproduce as run_again

from ._common import say

_WIDTH = 14


def reproduce(arguments: argparse.Namespace) -> int:
    """Run a study again and print for each point, table and figure whether it is equal by byte.

    Returns:
        `ENDED_BADLY` when something differs, `INTERRUPTED` after Ctrl-C, else `OK`.

    Raises:
        InputError: there is no study, or its script is not here or not as it was.
        UsageError: the folder for what is made again is not empty.
    """
    source: Path = arguments.source
    outcome = run_again(
        source,
        arguments.out or source.with_name(f"{source.resolve().name}-reproduced"),
        script=arguments.script,
        folder=arguments.folder,
        everything=not arguments.part,
        executor=LocalProcesses(arguments.jobs),
        tell=tell,
    )
    for line in ending(outcome):
        print(line)
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if outcome.equal else ExitCode.ENDED_BADLY


def tell(what: FirstPart | Remade) -> None:
    """Print the line of one thing that was compared; before the first, how many points come and the heads."""
    if isinstance(what, FirstPart):
        soon = "" if what.seconds is None else f", about {clock(what.seconds)}"
        part = "all" if what.points == what.of else "first"
        say(f"{part} {what.points} of {what.of} points{soon}")
        print(f"{'expected':{_WIDTH}}{'got':{_WIDTH}}{'equal':7}what", flush=True)
        return
    verdict = "-" if not what.judged else "yes" if what.equal else "NO"
    more = "".join(f"; {text}" for text in (*what.differs, what.remark) if text)
    print(f"{what.expected:{_WIDTH}}{what.got:{_WIDTH}}{verdict:7}{what.name}{more}", flush=True)


def ending(outcome: Outcome) -> list[str]:
    """What came of it, in sentences: points, tables and figure that are equal, what is not compared, time and space."""
    points = sum(each.equal for each in outcome.points)
    lines = [f"{points} of {len(outcome.points)} points are equal by byte"]
    judged = [each for each in outcome.tables if each.judged]
    if judged:
        figure = " and the figure" if any(each.name == FIGURE for each in judged) else ""
        lines.append(f"of the tables{figure} {sum(each.equal for each in judged)} of {len(judged)} are equal")
    if outcome.without:
        lines.append(f"{outcome.without} points are not compared: the study has not run them")
    lines.append(
        f"{clock(outcome.seconds)} of time, {outcome.memory / 1e6:.0f} MB of memory at most in one process, "
        f"{outcome.disk / 1e6:.1f} MB on disk"
    )
    if outcome.interrupted:
        lines.append("stopped before everything was compared")
    return lines
