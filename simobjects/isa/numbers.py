# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of the machine by name, read from the tables that the compiled parts are built from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from simobjects.base.names import nearest

ARGUMENT = re.compile(r'\s*("[^"]*"|[^,"]+?)\s*(?:,|$)')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@cache
def rows(table: str, macro: str) -> tuple[tuple[str, ...], ...]:
    """The arguments of every `macro(...)` line of a table of `cext`, such as `arch/vectors440.def`, in its order.

    Texts are without their quotation marks. ValueError when the table has no such line.
    """
    text = resources.files("simobjects.cext").joinpath(table).read_text(encoding="utf-8")
    lines = re.findall(rf"^{macro}\((.*)\)\s*$", COMMENT.sub("", text), re.MULTILINE)
    if not lines:
        raise ValueError(f"cext/{table} has no line {macro}(...)")
    return tuple(tuple(found.strip('"') for found in ARGUMENT.findall(line)) for line in lines)


class Numbers(Mapping[str, int]):
    """Numbers by name, also as attributes: `MSR.EE`. AttributeError with the nearest name."""

    def __init__(self, what: str, numbers: Mapping[str, int]) -> None:
        self._what = what
        self._numbers = dict(numbers)

    def __getattr__(self, name: str) -> int:
        if name.startswith("_") or name not in self._numbers:
            near = nearest(name, self._numbers)
            raise AttributeError(f"{self._what} has no {name!r}" + (f"; did you mean {near}?" if near else ""))
        return self._numbers[name]

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def listed(what: str, table: str, macro: str) -> Numbers:
    """The names of a table whose numbers are their places, counted from 0.

    ValueError when the table has no line of that macro.
    """
    return Numbers(what, {row[0]: place for place, row in enumerate(rows(table, macro))})


def numbered(what: str, table: str, macro: str) -> Numbers:
    """The names of a table with (name, number, ...) lines."""
    return Numbers(what, {row[0]: int(row[1], 0) for row in rows(table, macro)})


def bits(register: str) -> Numbers:
    """The bits of a register, or of word `W0`, `W1`, `W2` of a TLB entry."""
    found = {row[1]: int(row[2], 0) for row in rows("arch/bits440.def", "BIT") if row[0] == register}
    return Numbers(register, found)
