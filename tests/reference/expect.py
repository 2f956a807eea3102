# SPDX-License-Identifier: BSD-3-Clause
"""The script of a serial port in plain Python: which characters come in when, for given output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Steps = Sequence[tuple[bytes, bytes, int | None]]


@dataclass
class Session:
    """`steps`: (text to wait for, text to type, patience) each; times in 1/1000 cycle.

    `hear` is told of every character that is sent, `pass_time` that time passes. Both list what happened: ("step", n),
    ("typed", text) or ("unmet", n).
    """

    steps: Steps
    output: bytes = b""
    at: int = 0
    begin: int = 0
    since: int = 0
    over: bool = False
    happened: list[tuple[str, object]] = field(default_factory=list)

    def start(self, now: int) -> None:
        """The first step begins."""
        self._next(0, now)

    def hear(self, letter: int, now: int) -> None:
        """A character is sent."""
        self.output += bytes([letter])
        self._look(now)

    def pass_time(self, now: int) -> None:
        """It is `now`."""
        if self.over:
            return
        patience = self.steps[self.at][2]
        if patience is not None and now >= self.since + patience:
            self.over = True
            self.happened.append(("unmet", self.at + 1))

    def _next(self, at: int, now: int) -> None:
        self.at, self.since = at, now
        self.over = at == len(self.steps)
        self._look(now)

    def _look(self, now: int) -> None:
        if self.over:
            return
        expect, send, _ = self.steps[self.at]
        found = self.output.find(expect, self.begin)
        if found < 0:
            return
        self.begin = found + len(expect)
        self.happened.append(("step", self.at + 1))
        if send:
            self.happened.append(("typed", send))
        self._next(self.at + 1, now)
