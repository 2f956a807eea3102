# SPDX-License-Identifier: BSD-3-Clause
"""Instruction words from the ids of the instruction table and operands by name."""

from __future__ import annotations

from simobjects.base.names import nearest
from simobjects.isa.table import Instruction, by_id

PLACES = {
    **dict.fromkeys(("rt", "rs", "to", "bt", "bo", "mo"), (21, 5)),
    **dict.fromkeys(("ra", "ba", "bi"), (16, 5)),
    **dict.fromkeys(("rb", "bb", "sh", "nb", "ws"), (11, 5)),
    **dict.fromkeys(("spr", "tbr", "dcr"), (11, 10)),
    **dict.fromkeys(("si", "ui"), (0, 16)),
    "d(ra)": (0, 21),
    "bf": (23, 3),
    "bfa": (18, 3),
    "mb": (6, 5),
    "me": (1, 5),
    "bc": (6, 5),
    "fxm": (12, 8),
    "e": (15, 1),
    "bd": (2, 14),
    "li": (2, 24),
}
"""Lowest bit, counted from the right, and width of each operand."""
FIXED = {"sc": 2, "stwcx_rec": 1}
"""Bits that are always there in a word of that instruction."""
TEN_BITS = ("spr", "tbr", "dcr")


def split_ten(number: int) -> int:
    """The ten bits of an SPR, TBR or DCR number with its halves swapped, as instructions have them."""
    return (number & 31) << 5 | number >> 5


def assemble(
    name: str, *, record: bool = False, overflow: bool = False, link: bool = False, d: int = 0, **operands: int
) -> int:
    """An instruction word: `assemble("lwz", rt=5, ra=4, d=-4)`.

    Args:
        name: the id in isa440.def: `addi`, `andi_rec`.
        record, overflow, link: the form with that bit; nothing happens where there is none.
        d: displacement of a load or store, in bytes; its low 16 bits are taken.
        operands: by the table's names; of each its lowest bits are taken, and one that is not given is 0. Numbers of
            SPRs, DCRs and TBRs are the natural ones, `bd` and `li` are distances in bytes.

    Raises:
        ValueError: there is no such instruction, or it has no such operand; with the nearest name.
    """
    row = by_id(name)
    word = row.opcode | FIXED.get(name, 0) | (record and row.can_record) | (overflow and row.can_overflow) << 10
    word |= link and "LK" in row.flags
    for operand, value in operands.items():
        low, width = _place(row, operand)
        value = split_ten(value) if operand in TEN_BITS else value >> 2 if operand in ("bd", "li") else value
        word |= (value & ((1 << width) - 1)) << low
    return word | (d & 0xFFFF)


def _place(row: Instruction, operand: str) -> tuple[int, int]:
    if operand in row.operands or (operand == "ra" and "d(ra)" in row.operands):
        return PLACES[operand]
    near = nearest(operand, row.operands)
    raise ValueError(f"{row.id} has no operand {operand!r}" + (f"; did you mean {near}?" if near else ""))
