# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while the program starts: it ends at once and quietly, for there is nothing to save yet.

As an exception it could come up anywhere in the import of another library, which may print it or lose it. This module
imports next to nothing, so that it is in force early.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

STOPPED = 130
"""The exit code after Ctrl-C, as shells have it."""


def begin() -> None:
    """Let Ctrl-C end the program, until `begun`."""
    # Not when a shell has told the program to ignore it, nor when who calls the program has a handler of its own.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        try:
            signal.signal(signal.SIGINT, _end)
        except ValueError:  # not the main thread, which alone gets signals
            pass


def begun() -> None:
    """Let Ctrl-C be Python's exception again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"\nsimobjects: stopped\n")
    os._exit(STOPPED)
