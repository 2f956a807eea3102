# SPDX-License-Identifier: BSD-3-Clause
"""What the exit code of a command means."""

from __future__ import annotations

from enum import IntEnum

from simobjects._starting import STOPPED


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    ENDED_BADLY = 1
    USAGE = 2
    BAD_INPUT = 3
    INTERRUPTED = STOPPED


EXIT_CODES = """\
exit codes:
  0    all went well
  1    the watchdog ended a run, a guest or a point of a sweep failed, or `compare --fail-on-difference` found one
  2    the command line or the configuration is wrong; nothing ran
  3    a trace or another input file is missing, damaged or not what it says
  130  stopped by Ctrl-C; the statistics so far are written
"""
