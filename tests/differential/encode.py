# SPDX-License-Identifier: BSD-3-Clause
"""Instruction words from mnemonics, for the generator: a table of its own, so that decoder and encoder can disagree.

Numbers are primary opcode and extended opcode (bits 21 to 30) of the PowerPC User Instruction Set and Book E.
"""

from __future__ import annotations

# The whole 32-bit word is built from 5-bit fields: T (bits 6-10), A (11-15), B (16-20).


def x_form(primary: int, xo: int, t: int, a: int, b: int, low: int = 0) -> int:
    """An X, XL, XO or XFX word; `low` is the last bit (Rc, LK)."""
    return primary << 26 | t << 21 | a << 16 | b << 11 | xo << 1 | low


def d_form(primary: int, t: int, a: int, immediate: int) -> int:
    """A D word: a 16-bit immediate, of which the low bits are taken."""
    return primary << 26 | t << 21 | a << 16 | (immediate & 0xFFFF)


def m_form(primary: int, s: int, a: int, sh: int, mb: int, me: int, rc: int) -> int:
    """A rotate with mask."""
    return primary << 26 | s << 21 | a << 16 | sh << 11 | mb << 6 | me << 1 | rc


def i_form(offset: int, aa: int, lk: int) -> int:
    """An unconditional branch by a byte offset (or to an absolute address)."""
    return 18 << 26 | (offset & 0x03FF_FFFC) | aa << 1 | lk


def b_form(bo: int, bi: int, offset: int, aa: int, lk: int) -> int:
    """A conditional branch."""
    return 16 << 26 | bo << 21 | bi << 16 | (offset & 0xFFFC) | aa << 1 | lk


def spr_form(xo: int, t: int, number: int) -> int:
    """mfspr, mtspr, mfdcr, mtdcr: the number's two halves change places."""
    return x_form(31, xo, t, number & 31, number >> 5)


def load_constant(register: int, value: int) -> list[int]:
    """lis and ori: the register holds `value`."""
    return [d_form(15, register, 0, value >> 16), d_form(24, register, register, value)]


NOP = d_form(24, 0, 0, 0)
SYSTEM_CALL = 17 << 26 | 2
ISYNC = x_form(19, 150, 0, 0, 0)
RFI = x_form(19, 50, 0, 0, 0)
RFCI = x_form(19, 51, 0, 0, 0)
RFMCI = x_form(19, 38, 0, 0, 0)

# Primary opcodes with a signed or unsigned immediate: rT, rA, immediate.
IMMEDIATE = {
    "mulli": 7, "subfic": 8, "addic": 12, "addic.": 13, "addi": 14, "addis": 15,
    "ori": 24, "oris": 25, "xori": 26, "xoris": 27, "andi.": 28, "andis.": 29,
}  # fmt: skip
COMPARE_IMMEDIATE = {"cmpli": 10, "cmpi": 11}
# 31/xo with OE and Rc: rT, rA, rB (or without rB).
ARITHMETIC = {"subfc": 8, "addc": 10, "subf": 40, "subfe": 136, "adde": 138, "mullw": 235, "add": 266}
ARITHMETIC_TWO = {"neg": 104, "subfze": 200, "addze": 202, "subfme": 232, "addme": 234}
MULTIPLY_HIGH = {"mulhwu": 11, "mulhw": 75}
DIVIDE = {"divwu": 459, "divw": 491}
LOGICAL = {
    "slw": 24, "and": 28, "andc": 60, "nor": 124, "eqv": 284, "xor": 316, "orc": 412, "or": 444, "nand": 476,
    "srw": 536, "sraw": 792,
}  # fmt: skip
LOGICAL_TWO = {"cntlzw": 26, "extsh": 922, "extsb": 954}
COMPARE = {"cmp": 0, "cmpl": 32}
CONDITION = {
    "crnor": 33, "crandc": 129, "crxor": 193, "crnand": 225, "crand": 257, "creqv": 289, "crorc": 417, "cror": 449,
}  # fmt: skip
LOAD = {"lwz": 32, "lbz": 34, "lhz": 40, "lha": 42}
LOAD_UPDATE = {"lwzu": 33, "lbzu": 35, "lhzu": 41, "lhau": 43}
STORE = {"stw": 36, "stb": 38, "sth": 44}
STORE_UPDATE = {"stwu": 37, "stbu": 39, "sthu": 45}
LOAD_INDEXED = {"lwzx": 23, "lbzx": 87, "lhzx": 279, "lhax": 343, "lwbrx": 534, "lhbrx": 790}
LOAD_UPDATE_INDEXED = {"lwzux": 55, "lbzux": 119, "lhzux": 311, "lhaux": 375}
STORE_INDEXED = {"stwx": 151, "stbx": 215, "sthx": 407, "stwbrx": 662, "sthbrx": 918}
STORE_UPDATE_INDEXED = {"stwux": 183, "stbux": 247, "sthux": 439}
# Cache operations: 0, rA, rB. Those of the second group never cause an interrupt.
CACHE = {"dcbst": 54, "dcbf": 86, "icbi": 982, "dcbz": 1014}
CACHE_HINT = {"dcbtst": 246, "dcbt": 278, "icbt": 22, "dcba": 758}
CACHE_ALL = {"dccci": 454, "iccci": 966}
# 4/xo: the multiply-accumulate family. The second has OE.
MULTIPLY_HALF = {"mulhhwu": 8, "mulhhw": 40, "mulchwu": 136, "mulchw": 168, "mullhwu": 392, "mullhw": 424}
ACCUMULATE = {
    "machhwu": 12, "machhw": 44, "machhwsu": 76, "machhws": 108, "macchwu": 140, "macchw": 172, "macchwsu": 204,
    "macchws": 236, "maclhwu": 396, "maclhw": 428, "maclhwsu": 460, "maclhws": 492, "nmachhw": 46, "nmachhws": 110,
    "nmacchw": 174, "nmacchws": 238, "nmaclhw": 430, "nmaclhws": 494,
}  # fmt: skip
OVERFLOW = 512

# What no 440 without a floating-point unit has: all end in a program interrupt with ESR[PIL].
ILLEGAL = {
    "tlbia": x_form(31, 370, 0, 0, 0),
    "tlbie": x_form(31, 306, 0, 0, 5),
    "ld": 58 << 26 | 3 << 21 | 4 << 16,
    "std": 62 << 26 | 3 << 21 | 4 << 16,
    "rldicl": 30 << 26 | 3 << 21 | 4 << 16,
    "lfs": d_form(48, 1, 3, 0),
    "lfd": d_form(50, 1, 3, 0),
    "stfd": d_form(54, 1, 3, 0),
    "fadd": x_form(63, 21, 1, 2, 3),
    "fadds": x_form(59, 21, 1, 2, 3),
    "all zeros": 0,
    "primary 1": 1 << 26,
    "primary 5": 5 << 26,
    "primary 6": 6 << 26,
    "divd": x_form(31, 489, 3, 4, 5),
    "mulld": x_form(31, 233, 3, 4, 5),
    "cntlzd": x_form(31, 58, 3, 4, 0),
    "ldx": x_form(31, 21, 3, 4, 5),
    "ecowx": x_form(31, 438, 3, 4, 5),
}
