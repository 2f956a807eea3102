# SPDX-License-Identifier: BSD-3-Clause
"""The events of a run as they come, and the machine that runs one call at a time."""

from __future__ import annotations

import time
import warnings
import weakref
from collections.abc import Callable, Generator, Iterator

from .events import Event, Progress
from .origin import script_frame
from .problems import EngineError
from .roles import CountsInstructions, Engine, KnowsLength

Report = Callable[[Progress], object]


class Run(Iterator[Event]):
    """The events of one call of `run` or `run_to`. The machine runs while the next event is waited for.

    It may be left half-way: another call goes on from there. One that is dropped before anything ran warns, at the
    line of the call, because a call without a loop looks as if it ran; in an interpreter it prints as such.
    `list(run)`, `next(run)` and a `for` loop all take events from it.
    """

    def __init__(self, events: Generator[Event, None, None], call: str, fix: str) -> None:
        self._events = events
        self._text = f"{call}(...) ran nothing, because nothing asked for its events; write {fix}"
        frame = script_frame()
        self._untouched = weakref.finalize(self, _warn, self._text, frame.f_code.co_filename, frame.f_lineno)

    def __iter__(self) -> Run:
        return self

    def __repr__(self) -> str:
        return f"<{self._text}>" if self._untouched.alive else "<the events of a run>"

    def __next__(self) -> Event:
        self._untouched.detach()
        return next(self._events)

    def close(self) -> None:
        """Give it up; nothing more comes."""
        self._untouched.detach()
        self._events.close()


class Alone:
    """While it is entered the machine runs; EngineError when it does already, for a callback or another thread."""

    def __init__(self) -> None:
        self._running = False

    def __enter__(self) -> None:
        if self._running:
            raise EngineError("this simulation is running already; wait until it has come back with an event")
        self._running = True

    def __exit__(self, *error: object) -> None:
        self._running = False


def _warn(text: str, file: str, line: int) -> None:
    """Runs when a `Run` is dropped, or at the end of the script, so that also `events = sim.run()` is told of."""
    warnings.warn_explicit(text, UserWarning, file, line)


def teller(engine: Engine, report: Report | None) -> Callable[[], None]:
    """Tells `report`, whenever it is called, how far a call of `run` is that begins now."""
    began = time.monotonic()

    def tell() -> None:
        if report is None:
            return
        total = int(engine.total_references()) if isinstance(engine, KnowsLength) else -1
        instructions = int(engine.instructions()) if isinstance(engine, CountsInstructions) else 0
        seconds = time.monotonic() - began
        known = None if total < 0 else total
        report(Progress(int(engine.references()), int(engine.now()), seconds, known, instructions))

    return tell
