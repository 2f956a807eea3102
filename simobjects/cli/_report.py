# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects report`: a sweep as one HTML file."""

from __future__ import annotations

import argparse

from simobjects.base.errors import ExitCode
from simobjects.report import Wanted
from simobjects.report import report as written
from simobjects.study.executors.local import LocalProcesses

from ._common import say


def report(arguments: argparse.Namespace) -> int:
    """Write a sweep as one HTML file and print its path; what is computed meanwhile goes to stderr.

    Estimates on which a comparison may hang are run first, unless `--no-sensitivity` leaves that out.

    Raises:
        UsageError: a figure, a statistic or a comparison that is named is not possible.
        InputError: there is no sweep, or its table is damaged.
    """
    wanted = Wanted(
        question=arguments.question,
        stats=tuple(arguments.column),
        figures=tuple(arguments.figure),
        compare=tuple(arguments.compare),
        metric=arguments.metric,
        window=arguments.window,
        sensitivity=not arguments.no_sensitivity,
        references=arguments.references,
        most=arguments.most,
        jobs=LocalProcesses(arguments.jobs).workers,
    )
    print(written(arguments.source, arguments.output, wanted, say))
    return ExitCode.OK
