# SPDX-License-Identifier: BSD-3-Clause
"""Halfword multiply, multiply-accumulate and negative multiply-accumulate (primary opcode 4)."""

from __future__ import annotations

from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import WORD, Fields, signed, u32

HALVES = {"chw": ("low", "high"), "hhw": ("high", "high"), "lhw": ("low", "low")}
"""Which half of RA times which half of RB."""


def half(value: int, which: str, is_signed: bool) -> int:
    bits = value >> 16 if which == "high" else value & 0xFFFF
    return signed(bits, 16) if is_signed else bits


def product(m: Machine, f: Fields, halves: str, is_signed: bool) -> int:
    of_a, of_b = HALVES[halves]
    return half(m.r.gpr[f.ra], of_a, is_signed) * half(m.r.gpr[f.rb], of_b, is_signed)


def multiply(extended: int, halves: str, *, unsigned: bool = False) -> None:
    @op(4, extended)
    def execute(m: Machine, f: Fields) -> None:
        result = product(m, f, halves, not unsigned)
        m.r.gpr[f.rt] = u32(result)
        if f.rc:
            m.record(result)


def accumulate(
    extended: int, halves: str, *, unsigned: bool = False, saturate: bool = False, negative: bool = False
) -> None:
    lowest, highest = (0, WORD) if unsigned else (-(1 << 31), (1 << 31) - 1)

    @op(4, extended, overflow=True)
    def execute(m: Machine, f: Fields) -> None:
        before = m.r.gpr[f.rt] if unsigned else signed(m.r.gpr[f.rt])
        times = product(m, f, halves, not unsigned)
        exact = before - times if negative else before + times
        result = min(max(exact, lowest), highest) if saturate else exact
        m.r.gpr[f.rt] = u32(result)
        if f.oe:
            m.r.set_overflow(not lowest <= exact <= highest)
        if f.rc:
            m.record(result)


for number, name in ((40, "hhw"), (168, "chw"), (424, "lhw")):
    multiply(number, name)
for number, name in ((8, "hhw"), (136, "chw"), (392, "lhw")):
    multiply(number, name, unsigned=True)
for number, name in ((44, "hhw"), (172, "chw"), (428, "lhw")):
    accumulate(number, name)
    accumulate(number + 64, name, saturate=True)
for number, name in ((12, "hhw"), (140, "chw"), (396, "lhw")):
    accumulate(number, name, unsigned=True)
    accumulate(number + 64, name, unsigned=True, saturate=True)
for number, name in ((46, "hhw"), (174, "chw"), (430, "lhw")):
    accumulate(number, name, negative=True)
    accumulate(number + 64, name, negative=True, saturate=True)
