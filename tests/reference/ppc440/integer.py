# SPDX-License-Identifier: BSD-3-Clause
"""Integer arithmetic: add, subtract, multiply, divide, with their carry, overflow and record forms."""

from __future__ import annotations

from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.state import CA
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import WORD, Fields, signed, u32


def finish(m: Machine, f: Fields, result: int, exact: int | None = None) -> None:
    """RT gets the result; with OE the overflow is whether `exact` fits; with Rc the result is compared with 0."""
    m.r.gpr[f.rt] = u32(result)
    if exact is not None and f.oe:
        m.r.set_overflow(not -(1 << 31) <= exact < 1 << 31)
    if f.rc:
        m.record(result)


def add_three(m: Machine, f: Fields, a: int, b: int, c: int, *, carry: bool) -> None:
    """RT = a + b + c, where subtraction is the addition of the complement."""
    if carry:
        m.r.set_flag(CA, u32(a) + u32(b) + c > WORD)
    finish(m, f, a + b + c, signed(a) + signed(b) + c)


def carry_in(m: Machine) -> int:
    return 1 if m.r.xer & CA else 0


@op(14)
def addi(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = u32(m.base(f.ra) + f.si)


@op(15)
def addis(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = u32(m.base(f.ra) + (f.si << 16))


@op(12)
def addic(m: Machine, f: Fields) -> None:
    m.r.set_flag(CA, m.r.gpr[f.ra] + u32(f.si) > WORD)
    m.r.gpr[f.rt] = u32(m.r.gpr[f.ra] + f.si)


@op(13)
def addic_rec(m: Machine, f: Fields) -> None:
    addic(m, f)
    m.record(m.r.gpr[f.rt])


@op(8)
def subfic(m: Machine, f: Fields) -> None:
    not_a = m.r.gpr[f.ra] ^ WORD
    m.r.set_flag(CA, not_a + u32(f.si) + 1 > WORD)
    m.r.gpr[f.rt] = u32(not_a + f.si + 1)


@op(7)
def mulli(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = u32(signed(m.r.gpr[f.ra]) * f.si)


@op(31, 266, overflow=True)
def add(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra], m.r.gpr[f.rb], 0, carry=False)


@op(31, 10, overflow=True)
def addc(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra], m.r.gpr[f.rb], 0, carry=True)


@op(31, 138, overflow=True)
def adde(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra], m.r.gpr[f.rb], carry_in(m), carry=True)


@op(31, 202, overflow=True)
def addze(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra], 0, carry_in(m), carry=True)


@op(31, 234, overflow=True)
def addme(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra], WORD, carry_in(m), carry=True)


@op(31, 40, overflow=True)
def subf(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, m.r.gpr[f.rb], 1, carry=False)


@op(31, 8, overflow=True)
def subfc(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, m.r.gpr[f.rb], 1, carry=True)


@op(31, 136, overflow=True)
def subfe(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, m.r.gpr[f.rb], carry_in(m), carry=True)


@op(31, 200, overflow=True)
def subfze(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, 0, carry_in(m), carry=True)


@op(31, 232, overflow=True)
def subfme(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, WORD, carry_in(m), carry=True)


@op(31, 104, overflow=True)
def neg(m: Machine, f: Fields) -> None:
    add_three(m, f, m.r.gpr[f.ra] ^ WORD, 0, 1, carry=False)


@op(31, 235, overflow=True)
def mullw(m: Machine, f: Fields) -> None:
    product = signed(m.r.gpr[f.ra]) * signed(m.r.gpr[f.rb])
    finish(m, f, product, product)


@op(31, 75)
def mulhw(m: Machine, f: Fields) -> None:
    finish(m, f, signed(m.r.gpr[f.ra]) * signed(m.r.gpr[f.rb]) >> 32)


@op(31, 11)
def mulhwu(m: Machine, f: Fields) -> None:
    finish(m, f, m.r.gpr[f.ra] * m.r.gpr[f.rb] >> 32)


def undefined_quotient(m: Machine, f: Fields) -> None:
    """Division by zero or of the most negative number by -1: only XER is defined. Here RT becomes 0."""
    m.diagnostics["undefined_divide"] += 1
    if f.oe:
        m.r.set_overflow(True)
    finish(m, f, 0)


@op(31, 491, overflow=True)
def divw(m: Machine, f: Fields) -> None:
    a, b = signed(m.r.gpr[f.ra]), signed(m.r.gpr[f.rb])
    if b == 0 or (a == -(1 << 31) and b == -1):
        undefined_quotient(m, f)
        return
    quotient = abs(a) // abs(b)
    finish(m, f, quotient if (a < 0) == (b < 0) else -quotient, 0)


@op(31, 459, overflow=True)
def divwu(m: Machine, f: Fields) -> None:
    a, b = m.r.gpr[f.ra], m.r.gpr[f.rb]
    if b == 0:
        undefined_quotient(m, f)
        return
    finish(m, f, a // b, 0)
