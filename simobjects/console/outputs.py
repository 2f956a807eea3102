# SPDX-License-Identifier: BSD-3-Clause
"""Where the output of a console goes: to the terminal, into a file, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

from simobjects.base.outputs import create, discard


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
        self.file: BufferedWriter | None = None

    def write(self, data: bytes, terminal: Callable[[str], object]) -> None:
        if self.file is None:
            self.file = create(self.path)
        try:
            self.file.write(data)
            self.file.flush()
        except OSError:
            discard(self.path)
            raise
