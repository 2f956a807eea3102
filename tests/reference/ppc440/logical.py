# SPDX-License-Identifier: BSD-3-Clause
"""Logic, shifts, rotates, compares, traps, isel and dlmzb."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.ppc440.interrupts import PROGRAM, Interrupt
from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.state import CA, ESR_PTR, SO
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import WORD, Fields, mask, rotate_left, signed, u32


def finish(m: Machine, f: Fields, result: int) -> None:
    m.r.gpr[f.ra] = u32(result)
    if f.rc:
        m.record(result)


def immediate(primary: int, compute: Callable[[int, int], int], *, shift: int = 0, record: bool = False) -> None:
    @op(primary)
    def execute(m: Machine, f: Fields) -> None:
        result = compute(m.r.gpr[f.rs], f.ui << shift)
        m.r.gpr[f.ra] = result
        if record:
            m.record(result)


immediate(24, lambda s, i: s | i)
immediate(25, lambda s, i: s | i, shift=16)
immediate(26, lambda s, i: s ^ i)
immediate(27, lambda s, i: s ^ i, shift=16)
immediate(28, lambda s, i: s & i, record=True)
immediate(29, lambda s, i: s & i, shift=16, record=True)


def two(extended: int, compute: Callable[[int, int], int]) -> None:
    @op(31, extended)
    def execute(m: Machine, f: Fields) -> None:
        finish(m, f, compute(m.r.gpr[f.rs], m.r.gpr[f.rb]))


two(28, lambda s, b: s & b)
two(60, lambda s, b: s & ~b)
two(124, lambda s, b: ~(s | b))
two(284, lambda s, b: ~(s ^ b))
two(316, lambda s, b: s ^ b)
two(412, lambda s, b: s | ~b)
two(444, lambda s, b: s | b)
two(476, lambda s, b: ~(s & b))
two(24, lambda s, b: s << (b & 63) if b & 63 < 32 else 0)
two(536, lambda s, b: s >> (b & 63))


def shift_right_signed(m: Machine, f: Fields, count: int) -> None:
    value = signed(m.r.gpr[f.rs])
    lost = value & ((1 << count) - 1)
    m.r.set_flag(CA, value < 0 and lost != 0)
    finish(m, f, value >> count)


@op(31, 792)
def sraw(m: Machine, f: Fields) -> None:
    shift_right_signed(m, f, m.r.gpr[f.rb] & 63)


@op(31, 824)
def srawi(m: Machine, f: Fields) -> None:
    shift_right_signed(m, f, f.sh)


@op(31, 26)
def cntlzw(m: Machine, f: Fields) -> None:
    finish(m, f, 32 - m.r.gpr[f.rs].bit_length())


@op(31, 922)
def extsh(m: Machine, f: Fields) -> None:
    finish(m, f, signed(m.r.gpr[f.rs], 16))


@op(31, 954)
def extsb(m: Machine, f: Fields) -> None:
    finish(m, f, signed(m.r.gpr[f.rs], 8))


@op(21)
def rlwinm(m: Machine, f: Fields) -> None:
    finish(m, f, rotate_left(m.r.gpr[f.rs], f.sh) & mask(f.mb, f.me))


@op(23)
def rlwnm(m: Machine, f: Fields) -> None:
    finish(m, f, rotate_left(m.r.gpr[f.rs], m.r.gpr[f.rb] & 31) & mask(f.mb, f.me))


@op(20)
def rlwimi(m: Machine, f: Fields) -> None:
    inserted = mask(f.mb, f.me)
    finish(m, f, rotate_left(m.r.gpr[f.rs], f.sh) & inserted | m.r.gpr[f.ra] & ~inserted)


def compare(m: Machine, f: Fields, a: int, b: int) -> None:
    m.r.set_cr_field(f.crf, (8 if a < b else 4 if a > b else 2) | (1 if m.r.xer & SO else 0))


@op(11)
def cmpi(m: Machine, f: Fields) -> None:
    compare(m, f, signed(m.r.gpr[f.ra]), f.si)


@op(10)
def cmpli(m: Machine, f: Fields) -> None:
    compare(m, f, m.r.gpr[f.ra], f.ui)


@op(31, 0)
def cmp(m: Machine, f: Fields) -> None:
    compare(m, f, signed(m.r.gpr[f.ra]), signed(m.r.gpr[f.rb]))


@op(31, 32)
def cmpl(m: Machine, f: Fields) -> None:
    compare(m, f, m.r.gpr[f.ra], m.r.gpr[f.rb])


def trap(m: Machine, f: Fields, a: int, b: int) -> None:
    conditions = (signed(a) < signed(b), signed(a) > signed(b), a == b, a < b, a > b)
    if any(holds and f.to & 16 >> place for place, holds in enumerate(conditions)):
        raise Interrupt(PROGRAM, esr=ESR_PTR)


@op(3)
def twi(m: Machine, f: Fields) -> None:
    trap(m, f, m.r.gpr[f.ra], u32(f.si))


@op(31, 4)
def tw(m: Machine, f: Fields) -> None:
    trap(m, f, m.r.gpr[f.ra], m.r.gpr[f.rb])


@op(31, 15)
def isel(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = m.base(f.ra) if m.r.cr_bit(f.bc) else m.r.gpr[f.rb]


@op(31, 78)
def dlmzb(m: Machine, f: Fields) -> None:
    """The place, from 1 to 8, of the first zero byte in RS || RB; 8 when there is none."""
    data = m.r.gpr[f.rs].to_bytes(4, "big") + m.r.gpr[f.rb].to_bytes(4, "big")
    zero = data.find(0)
    count = zero + 1 if zero >= 0 else 8
    m.r.xer = m.r.xer & ~0x7F | count
    m.r.gpr[f.ra] = count
    if f.rc:
        found = 2 if zero < 0 else 4 if zero < 4 else 8
        m.r.set_cr_field(0, found | (1 if m.r.xer & SO else 0))


assert WORD == mask(0, 31)
