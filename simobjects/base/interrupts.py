# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C: what it does while the program starts, and while something runs that has results to keep."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import ExitCode


def begin() -> None:
    """Let Ctrl-C end the program at once and quietly, until `begun`: there is nothing to save yet.

    As an exception it could come up anywhere in the import of another library, which may print it or lose it. This
    module imports next to nothing, so that it is in force early.
    """
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


@contextmanager
def on_interrupt(act: Callable[[], object], *, again: bool = False) -> Iterator[None]:
    """Within the block the first Ctrl-C calls `act` instead of raising wherever the program happens to be.

    The second raises KeyboardInterrupt as ever, or with `again` calls `act` too. In a thread that is not the main one
    the block changes nothing: only the main thread gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if not again:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        act()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"\nsimobjects: stopped\n")
    os._exit(ExitCode.INTERRUPTED)
