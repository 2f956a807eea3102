# SPDX-License-Identifier: BSD-3-Clause
"""How far a capture is. The program's own output goes to the same terminal, so it says little."""

from __future__ import annotations

import time
from typing import TextIO

from ._common import short

_GAP_SECONDS = 0.5
_PLAIN_GAP_SECONDS = 30.0


class CaptureLine:
    """Called with the references so far; writes them and their rate to `stream` now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._started = time.monotonic()
        self._next = self._started + (_GAP_SECONDS if self._live else _PLAIN_GAP_SECONDS)
        self._width = 0

    def __call__(self, references: int) -> None:
        """Write how many references there are if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        text = f"{short(references)} references recorded, {short(references / (now - self._started))} a second"
        self._stream.write("\r" + text.ljust(self._width) if self._live else text + "\n")
        self._stream.flush()
        self._width = len(text) if self._live else 0
        self._next = now + (_GAP_SECONDS if self._live else _PLAIN_GAP_SECONDS)

    def clear(self) -> None:
        """Remove the line from the terminal."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0
