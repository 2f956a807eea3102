# SPDX-License-Identifier: BSD-3-Clause
"""Instruction words as text, spelled as GNU binutils spell them for -M440."""

from __future__ import annotations

from simobjects.isa.simplified import Line, simplify
from simobjects.isa.table import Instruction, decode

CR_BITS = ("lt", "gt", "eq", "so")


def disassemble(word: int, address: int = 0, *, raw: bool = False) -> str:
    """One instruction word that lies at an effective address, as assembler text; `.long` where it is none.

    The simplified mnemonics (li, mr, blr, beq, mflr, ...) are used where there are any. A branch target is an absolute
    hexadecimal number. Prediction hints are shown by `raw` only (in BO).

    Args:
        word: 32 bits.
        address: of the word, from which relative branches count.
        raw: the instruction's own name and all its operands.
    """
    row = decode(word)
    if row is None:
        return f".long 0x{word:08x}"
    line = plain(row, word, address)
    if not raw:
        line = simplify(row, word, line)
    return f"{line.mnemonic:<7} {','.join(line.operands)}".rstrip()


def plain(row: Instruction, word: int, address: int) -> Line:
    """Name with its suffixes, and every operand."""
    operands = [operand(name, row, word, address) for name in row.operands]
    if "CMP" in row.flags:
        operands.insert(1, "0")  # L: 32-bit operands, there are no others
    return Line(row.mnemonic + suffix(row, word), operands)


def suffix(row: Instruction, word: int) -> str:
    """`o` overflow, `.` record, `l` link, `a` absolute."""
    text = "o" if row.can_overflow and word & 0x400 else ""
    text += "." if row.can_record and word & 1 else ""
    text += "l" if "LK" in row.flags and word & 1 else ""
    return text + ("a" if "AA" in row.flags and word & 2 else "")


def operand(name: str, row: Instruction, word: int, address: int) -> str:
    """One operand; the names are those of the table."""
    high, middle, low = word >> 21 & 31, word >> 16 & 31, word >> 11 & 31
    absolute = bool(word & 2)
    match name:
        case "rt" | "rs":
            return f"r{high}"
        case "ra":
            return "0" if "RA0" in row.flags and middle == 0 else f"r{middle}"
        case "rb":
            return f"r{low}"
        case "d(ra)":
            return f"{signed(word, 16)}({'0' if 'RA0' in row.flags and middle == 0 else f'r{middle}'})"
        case "si":
            return str(signed(word, 16))
        case "ui":
            return str(word & 0xFFFF)
        case "bf":
            return f"cr{high >> 2}"
        case "bfa":
            return f"cr{middle >> 2}"
        case "bt" | "ba" | "bb" | "bi" | "bc":
            return cr_bit({"bt": high, "ba": middle, "bi": middle, "bb": low, "bc": word >> 6 & 31}[name])
        case "bd":
            return target(signed(word & 0xFFFC, 16), address, absolute)
        case "li":
            return target(signed(word & 0x3FFFFFC, 26), address, absolute)
        case "spr" | "tbr" | "dcr":
            return str(low << 5 | middle)
        case "fxm":
            return str(word >> 12 & 255)
        case "e":
            return str(word >> 15 & 1)
        case "mb" | "me":
            return str(word >> (6 if name == "mb" else 1) & 31)
        case "nb":
            return str(low or 32)
        case _:
            return str({"to": high, "bo": high, "mo": high, "sh": low, "ws": low}[name])


def cr_bit(number: int) -> str:
    """A bit of the condition register, 0 to 31, as binutils names it: `eq`, `4*cr7+eq`."""
    name = CR_BITS[number & 3]
    return f"4*cr{number >> 2}+{name}" if number > 3 else name


def signed(value: int, bits: int) -> int:
    """The lowest `bits` of a word as a number in two's complement."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def target(displacement: int, address: int, absolute: bool) -> str:
    """Where a branch goes, in 32 bits: from its own address on, or from 0 when it is absolute."""
    return f"0x{(displacement if absolute else address + displacement) & 0xFFFFFFFF:x}"
