# SPDX-License-Identifier: BSD-3-Clause
"""What the exit code of a command means, and which error leads to which."""

from __future__ import annotations

from enum import IntEnum

from simobjects.framework import EngineError, SimObjectsError, StatsError
from simobjects.framework.checkpoint import CheckpointError
from simobjects.study.plot import PlotError
from simobjects.study.space import SpecError
from simobjects.study.store import StoreError
from simobjects.study.table import TableError
from simobjects.workloads.errors import TraceError


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    ENDED_BADLY = 1
    USAGE = 2
    BAD_INPUT = 3
    INTERRUPTED = 130


EXIT_CODES = """\
exit codes:
  0    all went well
  1    the watchdog ended a run, a guest or a point of a sweep failed, or `compare --fail-on-difference` found one
  2    the command line or the configuration is wrong; nothing ran
  3    a trace or another input file is missing, damaged or not what it says
  130  stopped by Ctrl-C; the statistics so far are written
"""


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
