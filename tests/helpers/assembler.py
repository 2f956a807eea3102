# SPDX-License-Identifier: BSD-3-Clause
"""Instruction words from the ids of the instruction table and operands by name."""

from __future__ import annotations

from functools import cache

from simobjects.isa.table import Instruction, instructions
from tests.helpers.encodings import FIXED, PLACES, split_ten

TEN_BITS = ("spr", "tbr", "dcr")


@cache
def rows() -> dict[str, Instruction]:
    return {row.id: row for row in instructions()}


def asm(name: str, *, record: bool = False, overflow: bool = False, d: int = 0, **operands: int) -> int:
    """`asm("lwz", rt=5, ra=4, d=-4)`. SPR, DCR and TBR numbers are the natural ones; BD and LI are byte distances."""
    row = rows()[name]
    word = row.opcode | FIXED.get(name, 0) | (record and row.can_record) | (overflow and row.can_overflow) << 10
    for operand, value in operands.items():
        if operand in TEN_BITS:
            value = split_ten(value)
        if operand in ("bd", "li"):
            value >>= 2
        low, width = PLACES[operand]
        assert operand in row.operands or (operand == "ra" and "d(ra)" in row.operands), f"{name} has no {operand}"
        word |= (value & ((1 << width) - 1)) << low
    return word | (d & 0xFFFF)
