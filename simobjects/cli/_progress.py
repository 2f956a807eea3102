# SPDX-License-Identifier: BSD-3-Clause
"""How far a run, a capture or a build is: a line that rewrites itself on a terminal, else a line now and then."""

from __future__ import annotations

import time
from typing import TextIO

from simobjects.base.text import clock, short
from simobjects.framework import Progress
from simobjects.study.execute import Limits

NOTHING = Progress(0, 0, 0.0, None, 0)
"""The beginning of a run from the beginning."""
_REDRAW_SECONDS = 0.1
_FIRST_PLAIN_SECONDS = 5.0
_LAST_PLAIN_SECONDS = 60.0
_CAPTURE_SECONDS = 0.5
_PLAIN_CAPTURE_SECONDS = 30.0


class _Line:
    """One line at the end of a terminal that is written over; elsewhere a line for each text."""

    def __init__(self, stream: TextIO, live: bool) -> None:
        self.live = live
        self._stream = stream
        self._width = 0

    def show(self, text: str) -> None:
        """Write the text in place of the one before."""
        self._stream.write("\r" + text.ljust(self._width) if self.live else text + "\n")
        self._stream.flush()
        self._width = len(text) if self.live else 0

    def clear(self) -> None:
        """Remove the line from the terminal, so that other text can follow."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


class ProgressLine:
    """Called with every Progress of one run; writes to `stream`, and not more often than a reader needs."""

    def __init__(self, stream: TextIO, limits: Limits, plain: bool = False, quiet: bool = False) -> None:
        self._line = _Line(stream, stream.isatty() and not plain)
        self._quiet = quiet
        self._limits = limits
        self._gap = _REDRAW_SECONDS if self._line.live else _FIRST_PLAIN_SECONDS
        self._next = 0.0 if self._line.live else _FIRST_PLAIN_SECONDS
        self._before = NOTHING
        self.clear = self._line.clear

    def begins_at(self, references: int, cycles: int, instructions: int) -> None:
        """The run goes on from there: what came before takes none of its time and none of its limits."""
        self._before = Progress(references, cycles, 0.0, None, instructions)

    @property
    def restored(self) -> int:
        """References that a checkpoint had."""
        return self._before.references

    def __call__(self, progress: Progress) -> None:
        """Write the state of the run if it is time to."""
        if self._quiet or progress.seconds < self._next:
            return
        self._line.show(describe(progress, self._limits, self._before))
        if not self._line.live:
            self._gap = min(2 * self._gap, _LAST_PLAIN_SECONDS)
        self._next = progress.seconds + self._gap


class CaptureLine:
    """Called with the references so far; writes them and their rate to `stream` now and then.

    The program that is recorded writes to the same terminal, so this says little: every half second at most, and every
    30 seconds where `stream` is no terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._line = _Line(stream, stream.isatty())
        self._gap = _CAPTURE_SECONDS if self._line.live else _PLAIN_CAPTURE_SECONDS
        self._started = time.monotonic()
        self._next = self._started + self._gap
        self.clear = self._line.clear

    def __call__(self, references: int) -> None:
        """Write how many references there are if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        rate = short(references / (now - self._started))
        self._line.show(f"{short(references)} references recorded, {rate} a second")
        self._next = now + self._gap


class StepLine:
    """Called with what a build is doing; on a terminal every step, elsewhere a new kind of step, and one now and then.

    The kind of a step is its text up to the first colon.
    """

    def __init__(self, stream: TextIO) -> None:
        self._line = _Line(stream, stream.isatty())
        self._next = 0.0
        self._kind = ""
        self.clear = self._line.clear

    def __call__(self, step: str) -> None:
        """Write the step if a reader needs it."""
        now, kind = time.monotonic(), step.partition(":")[0]
        if now < self._next and kind == self._kind:
            return
        self._line.show(step)
        self._kind, self._next = kind, now + (_REDRAW_SECONDS if self._line.live else _PLAIN_CAPTURE_SECONDS)


def describe(progress: Progress, limits: Limits, before: Progress = NOTHING) -> str:
    """`34 %  12.3M references  41.2M look-ups/s  30.1M instructions/s  0:12 left`; what is unknown is left out.

    `before`: where the run began, if it goes on from a checkpoint.
    """
    parts = []
    done = share(progress, limits, before)
    if done is not None:
        parts.append(f"{100 * done:3.0f} %")
    parts.append(f"{short(progress.references)} references")
    if progress.seconds > 0:
        parts.append(f"{short((progress.references - before.references) / progress.seconds)} look-ups/s")
        if progress.instructions > before.instructions:
            parts.append(f"{short((progress.instructions - before.instructions) / progress.seconds)} instructions/s")
    if done:
        parts.append(f"{clock(progress.seconds * (1 - done) / done)} left")
    return "  ".join(parts)


def share(progress: Progress, limits: Limits, before: Progress = NOTHING) -> float | None:
    """How much of the run is done, from 0 to 1; None when its length is unknown. Limits count from its beginning."""
    shares = []
    total = progress.total_references - before.references if progress.total_references else None
    ends = [end for end in (total, limits.references) if end and end > 0]
    if ends:
        shares.append((progress.references - before.references) / min(ends))
    if limits.cycles:
        shares.append((progress.cycles - before.cycles) / limits.cycles)
    return min(1.0, max(shares)) if shares else None
