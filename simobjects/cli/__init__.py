# SPDX-License-Identifier: BSD-3-Clause
"""The command line `simobjects`; see docs/command-line.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from simobjects.base.errors import ExitCode
from simobjects.base.interrupts import begin, begun, over

__all__ = ["main"]


def main(argv: Sequence[str] | None = None, *, alone: bool = False) -> int:
    """Run one command.

    Args:
        argv: words without the program's name; None: those of this process.
        alone: nothing else runs in this process, so that the command may import libraries without what it does not use.

    Returns:
        The exit code.
    """
    try:
        begin()
        try:
            from ._main import prepare

            command = prepare(argv, alone)
        finally:
            begun()
        return command()
    except KeyboardInterrupt:
        print("\nsimobjects: stopped", file=sys.stderr)
        return ExitCode.INTERRUPTED
    finally:
        over()
