# SPDX-License-Identifier: BSD-3-Clause
"""The errors of the commands, and which error leads to which exit code."""

from __future__ import annotations

from simobjects.framework import EngineError, SimObjectsError, StatsError
from simobjects.framework.checkpoint import CheckpointError
from simobjects.study.plot import PlotError
from simobjects.study.space import SpecError
from simobjects.study.store import StoreError
from simobjects.study.table import TableError
from simobjects.traces.errors import TraceError

from ._exit import ExitCode


class InputError(SimObjectsError):
    """A file given on the command line cannot be used; the message names it, the reason and a fix."""


class UsageError(SimObjectsError):
    """A command line that argparse accepts but that makes no sense; the message says what to write."""


REPORTED = (SimObjectsError, StatsError, TraceError, SpecError, StoreError, TableError, PlotError)
"""Errors made to be read by the user: they are printed without a traceback."""


def code_of(error: BaseException) -> ExitCode:
    """The exit code for an error out of REPORTED."""
    # A trace that a script opens itself fails inside the script, and is then the cause of the script's error.
    bad_input = (InputError, TraceError, TableError, CheckpointError)
    if isinstance(error, bad_input) or isinstance(error.__cause__, TraceError):
        return ExitCode.BAD_INPUT
    if isinstance(error, (StatsError, EngineError)):
        return ExitCode.ENDED_BADLY
    return ExitCode.USAGE
