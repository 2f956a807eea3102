# SPDX-License-Identifier: BSD-3-Clause
"""The outside of a serial port: the terminal, a file, or nothing."""

from __future__ import annotations

import atexit
import os
import select
import sys
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class Console:
    """Takes what a guest sends. The base class keeps nothing: the port itself remembers everything."""

    @staticmethod
    def to(where: str) -> Console:
        """`terminal`, `none`, or the path of a file, which is begun anew."""
        if where == "none":
            return Console()
        return TerminalConsole() if where == "terminal" else FileConsole(Path(where))

    def write(self, data: bytes, terminal: Callable[[str], object]) -> None:
        """Pass on `data`; `terminal` prints text to the person who runs the simulation."""


class TerminalConsole(Console):
    """What a guest sends is printed as it comes."""

    def write(self, data: bytes, terminal: Callable[[str], object]) -> None:
        terminal(data.decode("utf-8", "replace"))


class FileConsole(Console):
    """What a guest sends goes into a file, and is there after every slice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO | None = None

    def write(self, data: bytes, terminal: Callable[[str], object]) -> None:
        if self.file is None:
            self.file = self.path.open("wb")
        self.file.write(data)
        self.file.flush()


class Keyboard:
    """Characters of standard input, without waiting for them; a terminal gives each as it is typed."""

    def __init__(self) -> None:
        self.open = True
        self.prepared = False

    def read(self) -> bytes:
        """What is there now."""
        if not self.open:
            return b""
        try:
            descriptor = sys.stdin.fileno()
            self._prepare(descriptor)
            ready, _, _ = select.select([descriptor], [], [], 0)
            found = os.read(descriptor, 4096) if ready else None
        except (OSError, ValueError):  # no standard input, or one that nothing can be read from
            found = b""
        if found == b"":
            self.open = False
        return found or b""

    def _prepare(self, descriptor: int) -> None:
        """Unbuffered and without echo, as the guest echoes; undone when the program ends. Ctrl-C keeps its meaning."""
        if not self.prepared and os.isatty(descriptor):
            before = termios.tcgetattr(descriptor)
            atexit.register(termios.tcsetattr, descriptor, termios.TCSADRAIN, before)
            tty.setcbreak(descriptor)
        self.prepared = True
