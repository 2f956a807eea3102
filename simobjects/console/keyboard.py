# SPDX-License-Identifier: BSD-3-Clause
"""What is typed at the terminal, read as it comes and waited for without work."""

from __future__ import annotations

import atexit
import os
import select
import sys
import termios
import time
import tty


class Keyboard:
    """Characters of standard input, without waiting for them; a terminal gives each as it is typed."""

    def __init__(self) -> None:
        self.open = True
        self.prepared = False

    def read(self) -> bytes:
        """What is there now. At the end of the input `open` becomes False."""
        if not self.open:
            return b""
        try:
            descriptor = self._descriptor()
            found = os.read(descriptor, 4096) if _ready(descriptor, 0) else None
        except (OSError, ValueError):  # no standard input, or one that nothing can be read from
            found = b""
        if found == b"":
            self.open = False
        return found or b""

    def wait(self, seconds: float) -> float:
        """Sleep until something is typed, or so long; the seconds that have passed."""
        began = time.monotonic()
        try:
            _ready(self._descriptor(), seconds)
        except (OSError, ValueError):
            self.open = False
        return time.monotonic() - began

    def _descriptor(self) -> int:
        """Of standard input: unbuffered and without echo, as the guest echoes; undone when the program ends.

        Ctrl-C keeps its meaning.
        """
        descriptor = sys.stdin.fileno()
        if not self.prepared and os.isatty(descriptor):
            before = termios.tcgetattr(descriptor)
            atexit.register(termios.tcsetattr, descriptor, termios.TCSADRAIN, before)
            tty.setcbreak(descriptor)
        self.prepared = True
        return descriptor


def _ready(descriptor: int, seconds: float) -> bool:
    waiting = select.poll()  # which, unlike select, takes any descriptor
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(round(seconds * 1000)))
