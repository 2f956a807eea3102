# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C, and SIGTERM, which is the same: what they do while the program starts, and while something has results."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from .errors import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What the user, or a system that ends programs, stops the program with."""


def begin() -> None:
    """Let them end the program at once and quietly, until `begun`: there is nothing to save yet.

    As an exception one could come up anywhere in the import of another library, which may print it or lose it. This
    module imports next to nothing, so that it is in force early.
    """
    # Not when a shell has told the program to ignore it, nor when who calls the program has a handler of its own.
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            _set(number, _end)


def begun() -> None:
    """Let them be Python's exception of a Ctrl-C."""
    for number in SIGNALS:
        if signal.getsignal(number) is _end:
            _set(number, signal.default_int_handler)


def over() -> None:
    """Let SIGTERM be what it is outside of the program, for whoever goes on."""
    if signal.getsignal(signal.SIGTERM) in (_end, signal.default_int_handler):
        _set(signal.SIGTERM, signal.SIG_DFL)


def leave() -> None:
    """Wait for the threads that a script has started, which they still end, and then ignore them: all is done and
    told, and the interpreter as it goes would print a traceback or be killed."""
    begin()
    threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does: pools that nobody has shut end too
    for number in SIGNALS:
        if signal.getsignal(number) is _end:
            _set(number, signal.SIG_IGN)


@contextmanager
def on_interrupt(act: Callable[[], object], *, again: bool = False) -> Iterator[None]:
    """Within the block the first of them calls `act` instead of raising wherever the program happens to be.

    The second raises KeyboardInterrupt as ever, or with `again` calls `act` too. What the caller of the program ignores
    is ignored. In a thread that is not the main one the block changes nothing: only the main thread gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if not again:
            for each in before:
                signal.signal(each, signal.default_int_handler)
        act()

    # SIGINT even when it is ignored, as a shell has it for what runs in the background: who sends it there means it.
    taken = [each for each in SIGNALS if each is signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, handle) for each in taken}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _set(number: signal.Signals, handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    try:
        signal.signal(number, handler)
    except ValueError:  # not the main thread, which alone gets signals
        pass


def stopped() -> NoReturn:
    """End the program as one of them ends it: nothing is left to save, and nothing is waited for."""
    os.write(2, b"\nsimobjects: stopped\n")
    os._exit(ExitCode.INTERRUPTED)


def _end(number: int, frame: FrameType | None) -> None:
    stopped()
