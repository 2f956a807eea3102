# SPDX-License-Identifier: BSD-3-Clause
"""A program as it is put into memory, whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from simobjects.base.errors import ExitCode, FileError
from simobjects.ppc440.symbols import Symbols

INSTRUCTION = 4
"""Bytes of an instruction; its address is a multiple of them."""


class ProgramError(FileError):
    """A program, device tree or memory image that cannot be loaded: a part of the machine that is wrong.

    Args:
        where: the file, or what it is called.
        what: is wrong, in a sentence without a subject.
        fix: what to do.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, where: str | Path, what: str, *, fix: str) -> None:
        super().__init__(what, where=where, fix=fix)


@dataclass(frozen=True)
class Segment:
    """Bytes at a physical address, and behind them, up to `size`, memory that is cleared.

    `linked`: the address for which the program is linked, when it is another one. Then it is there that memory is
    cleared, as in a ROM whose start-up code copies .data into RAM, .bss behind it; unless that is no memory, as with a
    kernel at virtual addresses, which finds its .bss behind the bytes.
    """

    address: int
    data: bytes | memoryview = field(repr=False)
    size: int
    linked: int | None = None

    @property
    def end(self) -> int:
        """The address after its last byte, were it all in one piece."""
        return self.address + self.size

    @property
    def link(self) -> int:
        """The address for which its first byte is linked."""
        return self.address if self.linked is None else self.linked

    @property
    def filled(self) -> tuple[int, int]:
        """Where its bytes are put, as (first address, address after the last)."""
        return self.address, self.address + len(self.data)

    def cleared(self, memory: int | None) -> tuple[int, int]:
        """What is cleared, as (first address, address after the last).

        Args:
            memory: bytes that there are; None: not known, so that it is cleared behind the bytes.
        """
        apart = memory is not None and self.link + len(self.data) < memory
        begin = self.link if apart else self.address
        return begin + len(self.data), begin + self.size

    def spans(self, memory: int | None) -> list[tuple[int, int]]:
        """The one or two parts of memory that it takes, as (first address, address after the last).

        Args:
            memory: as of `cleared`.
        """
        filled, cleared = self.filled, self.cleared(memory)
        if filled[1] == cleared[0]:
            return [(filled[0], cleared[1])]
        return [span for span in (filled, cleared) if span[0] < span[1]]


@dataclass(frozen=True)
class Image:
    """What is loaded.

    Attributes:
        segments: at physical addresses; they do not overlap.
        entry: physical address of the first instruction.
        symbols: the functions, by effective address.
    """

    segments: tuple[Segment, ...]
    entry: int
    symbols: Symbols = field(default_factory=Symbols, repr=False)

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return max((segment.end for segment in self.segments), default=0)
