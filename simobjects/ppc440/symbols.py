# SPDX-License-Identifier: BSD-3-Clause
"""The functions of what a core executes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple


class Symbol(NamedTuple):
    """A function of the guest.

    Attributes:
        address: effective, of its first instruction.
        size: bytes; 0: up to the next symbol.
        name: as the linker has it.
    """

    address: int
    size: int
    name: str


class Symbols:
    """The functions of a program, by effective address.

    Of several names for one address the one with a size is taken, then the first by name.
    """

    def __init__(self, symbols: Callable[[], Iterable[Symbol]] = tuple, spans: Sequence[tuple[int, int]] = ()) -> None:
        """`symbols` is called when a name is asked for first: a kernel has ten thousand, and few runs ask.

        `spans`: where the program is, as (first address, address after the last); what is elsewhere has no name.
        """
        self._read = symbols
        self._spans = tuple(spans) or ((0, 1 << 32),)

    @cached_property
    def _symbols(self) -> list[Symbol]:
        named: dict[int, Symbol] = {}
        for symbol in sorted(self._read()):  # of several names for an address the one with a size, then the first
            known = named.get(symbol.address)
            if known is None or (known.size == 0 and symbol.size):
                named[symbol.address] = symbol
        return [named[address] for address in sorted(named)]

    @cached_property
    def _starts(self) -> list[int]:
        return [symbol.address for symbol in self._symbols]

    def __len__(self) -> int:
        return len(self._symbols)

    def __iter__(self) -> object:
        return iter(self._symbols)

    def at(self, ea: int) -> Symbol | None:
        """The function that holds an effective address, or None."""
        index = bisect_right(self._starts, ea) - 1
        if index < 0 or not any(first <= ea < end for first, end in self._spans):
            return None
        found = self._symbols[index]
        return found if found.size == 0 or ea < found.address + found.size else None

    def name(self, ea: int) -> str:
        """`ea` as `function+0x10`, or as a number where there is no function."""
        found = self.at(ea)
        if found is None:
            return f"{ea:#010x}"
        return found.name if ea == found.address else f"{found.name}+{ea - found.address:#x}"

    def find(self, name: str) -> int | None:
        """The effective address of the function called `name`, or None."""
        return next((symbol.address for symbol in self._symbols if symbol.name == name), None)
