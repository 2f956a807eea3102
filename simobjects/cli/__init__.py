# SPDX-License-Identifier: BSD-3-Clause
"""The command line `simobjects`; see docs/command-line.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from simobjects.base.errors import ExitCode
from simobjects.base.interrupts import begin, begun, over

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is without the program's name, default `sys.argv[1:]`."""
    try:
        begin()
        try:
            from ._main import prepare

            command = prepare(argv)
        finally:
            begun()
        return command()
    except KeyboardInterrupt:
        print("\nsimobjects: stopped", file=sys.stderr)
        return ExitCode.INTERRUPTED
    finally:
        over()
