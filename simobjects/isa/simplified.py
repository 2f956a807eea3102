# SPDX-License-Identifier: BSD-3-Clause
"""The simplified mnemonics: shorter names that assemblers and disassemblers have for common operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simobjects.isa.arch import REGISTERS, SPR
from simobjects.isa.table import Instruction


@dataclass(frozen=True)
class Line:
    """An instruction as text: its name with suffixes, and its operands in the order of the assembler."""

    mnemonic: str
    operands: list[str]


Rule = Callable[[int, Line], Line | None]
"""From the word and the plain line to the simplified one, None where there is none."""

CONDITIONS = {12: ("lt", "gt", "eq", "so"), 4: ("ge", "le", "ne", "ns")}
"""Name of a branch on one CR bit, by BO without the hint."""
COUNTERS = {0: "dnzf", 2: "dzf", 8: "dnzt", 10: "dzt"}
TRAPS = {
    1: "lgt",
    2: "llt",
    4: "eq",
    5: "lge",
    6: "lle",
    8: "gt",
    12: "ge",
    16: "lt",
    20: "le",
    24: "ne",
    31: "u",
}
NAMED = {register.number: register for register in REGISTERS if register.named}


def simplify(row: Instruction, word: int, line: Line) -> Line:
    """The line with its simplified mnemonic, if binutils has one for these operands, else the line as it is."""
    rule = RULES.get(row.id)
    return (rule(word, line) if rule else None) or line


def fields(word: int) -> tuple[int, int, int]:
    """Bits 6:10, 11:15 and 16:20."""
    return word >> 21 & 31, word >> 16 & 31, word >> 11 & 31


def load_immediate(word: int, line: Line) -> Line | None:
    """`li` and `lis`: an addition to no register."""
    if fields(word)[1] != 0:
        return None
    return Line("li" if line.mnemonic == "addi" else "lis", [line.operands[0], line.operands[2]])


def compare(word: int, line: Line) -> Line:
    """cmpwi and so on; CR field 0 is not written."""
    name = {"cmp": "cmpw", "cmpl": "cmplw", "cmpi": "cmpwi", "cmpli": "cmplwi"}[line.mnemonic]
    rest = line.operands[2:]
    return Line(name, rest if line.operands[0] == "cr0" else [line.operands[0], *rest])


def trap(word: int, line: Line) -> Line | None:
    """`trap`, and `tweq`, `twlgti` and so on by the condition in TO; others have no name."""
    if word == 0x7FE00008:
        return Line("trap", [])
    to = TRAPS.get(fields(word)[0])
    return Line("tw" + to + line.mnemonic[2:], line.operands[1:]) if to else None


def no_operation(word: int, line: Line) -> Line | None:
    """`nop` and `xnop`: all operands are 0."""
    return Line("nop" if line.mnemonic == "ori" else "xnop", []) if word & 0x3FFFFFF == 0 else None


def move(word: int, line: Line) -> Line | None:
    """`mr` and `not`: both sources are the same register."""
    source, _, other = fields(word)
    if source != other:
        return None
    name = "mr" if line.mnemonic.startswith("or") else "not"
    return Line(name + ("." if word & 1 else ""), line.operands[:2])


def rotate(word: int, line: Line) -> Line | None:
    """rlwinm with a mask that begins at bit 0 or ends at bit 31."""
    dot = "." if word & 1 else ""
    shift, begin, end = word >> 11 & 31, word >> 6 & 31, word >> 1 & 31
    registers = line.operands[:2]
    if begin == 0 and end == 31:
        return Line("rotlwi" + dot, [*registers, str(shift)])
    if end == 31 and shift == 0:
        return Line("clrlwi" + dot, [*registers, str(begin)])
    if end == 31 and begin == 32 - shift:
        return Line("srwi" + dot, [*registers, str(begin)])
    if begin == 0 and shift == 0:
        return Line("clrrwi" + dot, [*registers, str(31 - end)])
    if begin == 0 and end == 31 - shift:
        return Line("slwi" + dot, [*registers, str(shift)])
    return None


def rotate_by_register(word: int, line: Line) -> Line | None:
    """`rotlw`: rlwnm with a mask of all 32 bits."""
    whole = word >> 6 & 31 == 0 and word >> 1 & 31 == 31
    return Line("rotlw" + ("." if word & 1 else ""), line.operands[:3]) if whole else None


def cr_logic(word: int, line: Line) -> Line | None:
    """`crclr`, `crset`, `crmove`, `crnot`: both sources are the same bit, in the first two the target is it too."""
    to, a, b = fields(word)
    same = {"crxor": "crclr", "creqv": "crset"}.get(line.mnemonic)
    if same and to == a == b:
        return Line(same, line.operands[:1])
    copy = {"cror": "crmove", "crnor": "crnot"}.get(line.mnemonic)
    return Line(copy, line.operands[:2]) if copy and a == b else None


def branch(word: int, line: Line) -> Line | None:
    """Conditional branches: bits of BO that are hints do not change the name."""
    bo, bi, _ = fields(word)
    where = {16: "", 19: "ctr" if word >> 1 & 1023 == 528 else "lr"}[word >> 26]
    ending = where + ("l" if word & 1 else "") + ("a" if not where and word & 2 else "")
    to = line.operands[2:]
    if bo == 20 and bi == 0 and where:
        return Line("b" + ending, [])
    if bo & 0x1E in CONDITIONS:
        field = [f"cr{bi >> 2}"] if bi > 3 else []
        return Line("b" + CONDITIONS[bo & 0x1E][bi & 3] + ending, [*field, *to])
    if where == "ctr":
        return None
    if bo & 0x1E in COUNTERS:
        return Line("b" + COUNTERS[bo & 0x1E] + ending, [line.operands[1], *to])
    if bo & 0x1E in (16, 18) and bi == 0:
        return Line(("bdnz" if bo < 18 else "bdz") + ending, to)
    return None


def special_register(word: int, line: Line) -> Line | None:
    """`mflr`, `mtsrr0`, `mftb`, `mfsprg` and so on; None where binutils has no name for that number that way."""
    reading = line.mnemonic == "mfspr"
    number, register = int(line.operands[reading]), line.operands[not reading]
    if reading and number in (SPR.UTBL, SPR.UTBU):
        return Line("mftb" if number == SPR.UTBL else "mftbu", [register])
    if not reading and number in (SPR.TBL, SPR.TBU):
        return Line("mttbl" if number == SPR.TBL else "mttbu", [register])
    if SPR.SPRG0 <= number <= SPR.SPRG7 or (reading and SPR.USPRG4 <= number <= SPR.USPRG7):
        which = str(number & 7)
        return Line("mfsprg", [register, which]) if reading else Line("mtsprg", [which, register])
    special = NAMED.get(number)
    if special is None or not (special.readable if reading else special.writable):
        return None
    return Line(("mf" if reading else "mt") + special.name, [register])


def time_base(word: int, line: Line) -> Line | None:
    """`mftb` and `mftbu`, by the number of the register (268, 269)."""
    names = {str(SPR.UTBL): "mftb", str(SPR.UTBU): "mftbu"}
    return Line(names[line.operands[1]], line.operands[:1]) if line.operands[1] in names else None


def move_to_cr(word: int, line: Line) -> Line | None:
    """`mtcr`: mtcrf with all eight fields."""
    return Line("mtcr", line.operands[1:]) if line.operands[0] == "255" else None


def barrier(word: int, line: Line) -> Line | None:
    """`mbar` with MO 0 is written without it."""
    return Line("mbar", []) if line.operands[0] == "0" else None


def whole_cache(word: int, line: Line) -> Line | None:
    """An instruction for a whole cache (dccci, iccci) has no operands where both registers are 0."""
    return Line(line.mnemonic, []) if fields(word)[1:] == (0, 0) else None


def select(word: int, line: Line) -> Line | None:
    """`isellt`, `iselgt` and `iseleq`: the condition is a bit of CR field 0."""
    condition = word >> 6 & 31
    return Line("isel" + ("lt", "gt", "eq")[condition], line.operands[:3]) if condition < 3 else None


RULES: dict[str, Rule] = {
    "addi": load_immediate,
    "addis": load_immediate,
    "cmp": compare,
    "cmpi": compare,
    "cmpl": compare,
    "cmpli": compare,
    "tw": trap,
    "twi": trap,
    "ori": no_operation,
    "xori": no_operation,
    "or": move,
    "nor": move,
    "rlwinm": rotate,
    "rlwnm": rotate_by_register,
    "crxor": cr_logic,
    "creqv": cr_logic,
    "cror": cr_logic,
    "crnor": cr_logic,
    "bc": branch,
    "bclr": branch,
    "bcctr": branch,
    "mfspr": special_register,
    "mtspr": special_register,
    "mftb": time_base,
    "mtcrf": move_to_cr,
    "mbar": barrier,
    "isel": select,
    "dccci": whole_cache,
    "iccci": whole_cache,
}
