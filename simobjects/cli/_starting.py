# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while the program starts."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ._exit import ExitCode


@contextmanager
def starting() -> Iterator[None]:
    """Ctrl-C ends the program at once and quietly: there is nothing to save yet.

    As an exception it could come up anywhere in the import of another library, which may print it or lose it.
    """
    # Not when a shell has told the program to ignore Ctrl-C, or when who calls this has a handler of its own.
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _end)
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"\nsimobjects: stopped\n")
    os._exit(ExitCode.INTERRUPTED)
