# SPDX-License-Identifier: BSD-3-Clause
"""A timeline, written to a file as the simulation runs."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from simobjects.base.errors import UsageError
from simobjects.base.outputs import creating
from simobjects.framework import Simulation

from .exits import WatchedExit
from .trace_events import TraceEvents
from .watch import ExitWatch, Left, function_of

MOST = 200_000


class TimelineFile:
    """Writes the exits that a watch tells it of, up to `most`.

    `ended` says, after the end, what the file holds, and why it stops where it does when it stops before the run.
    """

    def __init__(self, watch: ExitWatch, out: TextIO, start: int, stop: int | None, most: int) -> None:
        host = watch.host
        self._clock = int(host.system.clock)
        self._most, self._start, self._stop, self._last = most, start, stop, start
        self._events = TraceEvents(out, host.path, [task.path for task in host.tasks], function_of(host))
        self.exits = 0
        self.capped = False
        self.ended = ""
        watch.add(self, start, stop)

    def exit(self, found: WatchedExit) -> bool:
        """Write one, unless the file is full."""
        if self.exits == self._most:
            self.capped = True
            return False
        self._events.exit(found)
        self.exits += 1
        self._last = found.end // 1000
        return True

    def left(self, left: Left) -> None:
        """Write an exit that has not ended, or the guest's last stretch."""
        if left.exit is not None:
            left.exit.end = left.now
            self.exit(left.exit)
        elif left.since >= 0 and (self._stop is None or left.now < self._stop * 1000):
            self._events.guest(max(left.since, self._start * 1000), left.now, user=left.user, pid=left.pid)
            self._last = max(self._last, left.now // 1000)

    def close(self) -> None:
        """The file is whole after this."""
        self.ended = f"{self.exits} exits from cycle {self._start} to {self._last}"
        if self.capped:
            self.ended += (
                f", and no more: it is full with {self._most} of them; choose others with --timeline-from and "
                "--timeline-to, or allow more with --timeline-most"
            )
        self._events.close({"unit": "1 us shown is 1 cycle", "clock_hz": self._clock, "holds": self.ended})


@contextmanager
def timeline_file(
    watch: ExitWatch, path: str | Path, *, start: int = 0, stop: int | None = None, most: int = MOST
) -> Iterator[TimelineFile]:
    """Add a timeline to a `watch` that has not begun, and ends within the `with`; as `timeline`.

    Raises:
        UsageError: it would end before it begins, or the file cannot be made.
    """
    if stop is not None and stop <= start:
        raise UsageError(f"a timeline from cycle {start} to {stop} is empty", fix="let it end after it starts")
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(creating(Path(path)))
        except OSError as error:
            what = f"cannot be written: {error.strerror}"
            raise UsageError(what, where=path, fix="name a file in a folder") from None
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if Path(path).suffix == ".gz" else raw
        with packed, io.TextIOWrapper(packed, "utf-8", newline="\n") as out:
            file = TimelineFile(watch, out, start, stop, most)
            try:
                yield file
            finally:
                file.close()


@contextmanager
def timeline(
    simulation: Simulation, path: str | Path, *, start: int = 0, stop: int | None = None, most: int = MOST
) -> Iterator[TimelineFile]:
    """Write a timeline of what `simulation` does within the `with` to the file `path`, for ui.perfetto.dev.

    It has the exits that begin from cycle `start` to `stop` (None: to the end), up to `most` of them, and the guest's
    stretches between them. A name that ends in .gz is compressed. What is counted does not change. SimObjectsError when
    no KVM is there; UsageError when the window is empty or the file cannot be written.
    """
    watch = ExitWatch(simulation)
    with timeline_file(watch, path, start=start, stop=stop, most=most) as file, watch:
        yield file
