# SPDX-License-Identifier: BSD-3-Clause
"""Random instruction words of every row of the instruction table, with reserved bits 0 and no invalid forms."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from simobjects.isa.assemble import FIXED, PLACES, split_ten
from simobjects.isa.table import Instruction

BRANCHES = (0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20)
WITHOUT_COUNTER = (4, 5, 12, 13, 20)
STRING_REGISTERS = 8
"""lswi loads up to 32 bytes; the count of lswx is kept to that by those who use these words."""
SPECIAL: dict[str, Sequence[int]] = {"ws": (0, 1, 2), "bo": BRANCHES, "tbr": (split_ten(268), split_ten(269))}


def fits(row: Instruction, name: str, value: int, chosen: Mapping[str, int]) -> bool:
    """Whether an operand makes no invalid form with those before it."""
    base = value >> 16 if name == "d(ra)" else value
    if name not in ("ra", "d(ra)", "rb"):
        return row.id != "bcctr" or name != "bo" or value in WITHOUT_COUNTER
    if name != "rb" and "UPDATE" in row.flags and (base == 0 or ("LOAD" in row.flags and base == chosen["rt"])):
        return False
    if row.id == "lmw":
        return base < chosen["rt"]
    if row.id in ("lswi", "lswx") and (name == "ra" or row.id == "lswx"):
        return (base - chosen["rt"]) % 32 >= STRING_REGISTERS
    return True


def encode(
    row: Instruction, rng: random.Random, given: Mapping[str, Sequence[int]] | None = None, *, valid: bool = True
) -> int:
    """A word of that instruction; `given` lists the values to choose from for some operands.

    Without `valid` also forms that the manual calls invalid, whose effect is this model's choice.
    """
    word = row.opcode | FIXED.get(row.id, 0)
    choices = {**(SPECIAL if valid else {}), **(given or {})}
    chosen: dict[str, int] = {}
    for name in row.operands:
        low, width = PLACES[name]
        for _ in range(20):
            value = rng.choice(choices[name]) if name in choices else rng.getrandbits(width)
            if valid and row.id == "lmw" and name == "rt" and value == 0:
                continue  # even RA = 0 counts as among the registers loaded
            if not valid or fits(row, name, value, chosen):
                break
        else:
            return encode(row, rng, given, valid=valid)  # the operands before leave no choice for this one
        chosen[name] = value
        word |= value << low
    if row.can_record or "LK" in row.flags:
        word |= rng.getrandbits(1)
    if row.can_overflow:
        word |= rng.getrandbits(1) << 10
    if "AA" in row.flags:
        word |= rng.getrandbits(1) << 1
    return word
