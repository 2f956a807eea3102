# SPDX-License-Identifier: BSD-3-Clause
"""A timeline of a running simulation, written to a file as it goes."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from simobjects.base.errors import SimObjectsError, UsageError
from simobjects.framework import Simulation
from simobjects.framework.tree import walk
from simobjects.kvm.host import HostKernel

from .exits import ExitReader
from .trace_events import Place, TraceEvents

MOST = 200_000


class TimelineFile:
    """Takes the moments of a host's exits whenever the engine comes back, and writes them.

    `ended` says, after the end, what the file holds, and why it stops where it does when it stops before the run.
    """

    def __init__(self, simulation: Simulation, out: TextIO, start: int, stop: int | None, most: int) -> None:
        self._host = timed_host(simulation)
        self._peer = simulation.peers[self._host]
        self._watch = self._peer.timeline()
        self._most, self._start, self._stop = most, start, stop
        self._reader = ExitReader()
        self._events = TraceEvents(
            out, self._host.path, [task.path for task in self._host.tasks], function_of(self._host)
        )
        self.exits = 0
        self.capped = False
        self.ended = ""
        self._last = start
        self._watch.watch(start * 1000, -1 if stop is None else stop * 1000)

    def drain(self) -> None:
        """Write what has happened since the last call."""
        if self.capped:
            return
        moments, lost = self._watch.drain()
        if lost:
            raise SimObjectsError(f"the timeline lost {lost} moments of one exit", fix="report this as an error")
        for found in self._reader.read(moments):
            if self.exits == self._most:
                self.capped = True
                self._watch.leave()
                return
            self._events.exit(found)
            self.exits += 1
            self._last = found.end // 1000

    def close(self) -> None:
        """Write what is left: an exit that has not ended, or the guest's last stretch. The file is whole then."""
        self.drain()
        if not self.capped:
            self._finish(*self._watch.leave())
        self.ended = f"{self.exits} exits from cycle {self._start} to {self._last}"
        if self.capped:
            self.ended += (
                f", and no more: it is full with {self._most} of them; choose others with --timeline-from and "
                "--timeline-to, or allow more with --timeline-most"
            )
        clock = int(self._host.system.clock)
        self._events.close({"unit": "1 us shown is 1 cycle", "clock_hz": clock, "holds": self.ended})

    def _finish(self, resumed: int, now: int) -> None:
        found = self._reader.open
        if found is not None and found.kind >= 0 and self.exits < self._most:
            found.end = now
            self._events.exit(found)
            self.exits += 1
        elif resumed >= 0 and (self._stop is None or now < self._stop * 1000):
            vcpu = self._peer.vcpu()
            start = max(resumed, self._start * 1000)
            self._events.guest(start, now, user=bool(vcpu["user"]), pid=vcpu["pid"])
        else:
            return
        self._last = now // 1000


@contextmanager
def timeline(
    simulation: Simulation, path: str | Path, *, start: int = 0, stop: int | None = None, most: int = MOST
) -> Iterator[TimelineFile]:
    """Write a timeline of what `simulation` does within the `with` to the file `path`, for ui.perfetto.dev.

    It has the exits that begin from cycle `start` to `stop` (None: to the end), up to `most` of them, and the guest's
    stretches between them. A name that ends in .gz is compressed. What is counted does not change. SimObjectsError when
    no KVM is there; UsageError when the window is empty or the file cannot be written.
    """
    if stop is not None and stop <= start:
        raise UsageError(f"a timeline from cycle {start} to {stop} is empty", fix="let it end after it starts")
    timed_host(simulation)
    try:
        raw = Path(path).open("wb")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=path, fix="name a file in a folder") from None
    with raw:
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if Path(path).suffix == ".gz" else raw
        with packed, io.TextIOWrapper(packed, "utf-8", newline="\n") as out:
            file = TimelineFile(simulation, out, start, stop, most)
            simulation.watchers.append(file.drain)
            try:
                yield file
            finally:
                simulation.watchers.remove(file.drain)
                file.close()


def function_of(host: HostKernel) -> Place | None:
    """What names the guest's function at a pc; None of a guest that is no program."""
    program = host.core.program
    if program is None:
        return None
    symbols = program.symbols()

    def function(pc: int) -> str:
        found = symbols.at(pc)
        return found.name if found else ""

    return function


def timed_host(simulation: Simulation) -> HostKernel:
    """The host whose exits are shown. SimObjectsError when there is none that takes the core's exceptions."""
    for found in walk(simulation.system):
        if isinstance(found, HostKernel) and found.core.virtualized():
            return found
    raise SimObjectsError(
        "this machine has no KVM, so there are no exits to show", fix="connect core.exceptions to a HostKernel's exits"
    )
