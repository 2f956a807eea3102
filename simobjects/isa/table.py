# SPDX-License-Identifier: BSD-3-Clause
"""The instructions of the 440, read from the table that the compiled core's decoder is built from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from simobjects.base.names import nearest

ROW = re.compile(r'INSN\((\w+), "([\w.]+)", (\d+), (-?\d+), (\w+), ([\w|]+), "([\w,()]*)"\)')
SECTION = re.compile(r"/\* ([A-Z][^*]*?) \*/")
LOW_BITS = {"XO": 9, "A": 5}
"""Bits of the extended opcode by form; 10 where not listed."""
OVERFLOW = 512
"""Its first bit, in the XO form."""


@dataclass(frozen=True)
class Instruction:
    """One row of isa440.def, whose heading says what the columns mean.

    Attributes:
        id: a C identifier, by which code asks for it.
        mnemonic: as the assembler spells it; two instructions may share one.
        primary: bits 0 to 5.
        extended: bits 21 to 30, in the XO form 22 to 30 and in the A form 26 to 30; -1 where there is none.
        form: of the word, in the names of the Power ISA.
        flags: without their `F_`.
        operands: their names, in the assembler's order.
        section: the heading in the table under which it stands.
    """

    id: str
    mnemonic: str
    primary: int
    extended: int
    form: str
    flags: frozenset[str]
    operands: tuple[str, ...]
    section: str

    @property
    def can_record(self) -> bool:
        """Whether bit 31 makes it record its result in CR0."""
        return "RC" in self.flags

    @property
    def can_overflow(self) -> bool:
        """Whether bit 21 makes it set XER[OV] and XER[SO]."""
        return "OE" in self.flags

    @property
    def privileged(self) -> bool:
        """Whether user mode may not execute it. Moves of SPRs depend on the number and have F_SPR instead."""
        return "PRIV" in self.flags

    @property
    def opcode(self) -> int:
        """The instruction word with every operand 0."""
        return self.primary << 26 | max(self.extended, 0) << 1


@cache
def instructions() -> tuple[Instruction, ...]:
    """Every instruction, in the table's order."""
    return tuple(_rows(resources.files("simobjects.cext.arch").joinpath("isa440.def").read_text(encoding="utf-8")))


def by_id(name: str) -> Instruction:
    """The instruction with this id in isa440.def; ValueError, with the nearest, when there is none."""
    found = _by_id().get(name)
    if found is None:
        near = nearest(name, _by_id())
        raise ValueError(f"the 440 has no instruction {name!r}" + (f"; did you mean {near}?" if near else ""))
    return found


@cache
def _by_id() -> dict[str, Instruction]:
    return {row.id: row for row in instructions()}


@cache
def instruction_names() -> tuple[str, ...]:
    """A name for each, in the table's order: the mnemonic, or where two have the same one the second one's id."""
    names: list[str] = []
    for row in instructions():
        names.append(row.id if row.mnemonic in names else row.mnemonic)
    return tuple(names)


def _rows(text: str) -> Iterator[Instruction]:
    section = ""
    for line in text.splitlines():
        heading = SECTION.fullmatch(line)
        if heading:
            section = heading[1]
        if not line.startswith("INSN("):
            continue
        row = ROW.fullmatch(line)
        if row is None:
            raise ValueError(f"cext/arch/isa440.def: not a row of the form that its heading shows: {line}")
        flags = frozenset(name.removeprefix("F_") for name in row[6].split("|") if name != "0")
        operands = tuple(row[7].split(",")) if row[7] else ()
        yield Instruction(row[1], row[2], int(row[3]), int(row[4]), row[5], flags, operands, section)


@cache
def _by_opcode() -> dict[tuple[int, int], Instruction]:
    """By primary opcode and the ten bits of the extended one (-1 for those without)."""
    found: dict[tuple[int, int], Instruction] = {}
    for row in instructions():
        if row.extended < 0:
            found[row.primary, -1] = row
        elif row.form == "A":
            found.update({(row.primary, high << 5 | row.extended): row for high in range(32)})
        else:
            found[row.primary, row.extended] = row
            if row.can_overflow:
                found[row.primary, row.extended | OVERFLOW] = row
    return found


def decode(word: int) -> Instruction | None:
    """The instruction that a word is, None when it is none. Reserved bits are ignored, as the core ignores them."""
    table = _by_opcode()
    primary = word >> 26 & 63
    return table.get((primary, -1)) or table.get((primary, word >> 1 & 1023))
