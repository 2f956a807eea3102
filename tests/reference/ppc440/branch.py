# SPDX-License-Identifier: BSD-3-Clause
"""Branches, condition-register logic, system call and returns from interrupts."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.state import MSR_IMPLEMENTED, XER_IMPLEMENTED
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import Fields, mask, u32


def taken(m: Machine, f: Fields) -> bool:
    """Whether a conditional branch is taken; counts CTR down where BO says so."""
    counter_ok = True
    if not f.bo & 4:
        m.r.ctr = u32(m.r.ctr - 1)
        counter_ok = (m.r.ctr != 0) != bool(f.bo & 2)
    return counter_ok and bool(f.bo & 16 or m.r.cr_bit(f.bi) == (f.bo >> 3 & 1))


def go(m: Machine, target: int) -> None:
    m.next_pc = u32(target) & ~3


def link(m: Machine, f: Fields) -> None:
    if f.lk:
        m.r.lr = u32(m.r.pc + 4)


@op(18)
def b(m: Machine, f: Fields) -> None:
    go(m, f.far if f.aa else m.r.pc + f.far)
    link(m, f)


@op(16)
def bc(m: Machine, f: Fields) -> None:
    if taken(m, f):
        go(m, f.displacement if f.aa else m.r.pc + f.displacement)
    link(m, f)


@op(19, 16)
def bclr(m: Machine, f: Fields) -> None:
    if taken(m, f):
        go(m, m.r.lr)
    link(m, f)


@op(19, 528)
def bcctr(m: Machine, f: Fields) -> None:
    """A form that counts CTR down is invalid; here it counts, and goes to what CTR was before."""
    target = m.r.ctr
    if not f.bo & 4:
        m.diagnostics["invalid_form"] += 1
    if taken(m, f):
        go(m, target)
    link(m, f)


def cr_logic(extended: int, compute: Callable[[int, int], int]) -> None:
    @op(19, extended)
    def execute(m: Machine, f: Fields) -> None:
        m.r.set_cr_bit(f.rt, compute(m.r.cr_bit(f.ra), m.r.cr_bit(f.rb)) & 1)


cr_logic(257, lambda a, b: a & b)
cr_logic(129, lambda a, b: a & ~b)
cr_logic(449, lambda a, b: a | b)
cr_logic(417, lambda a, b: a | ~b)
cr_logic(193, lambda a, b: a ^ b)
cr_logic(225, lambda a, b: ~(a & b))
cr_logic(33, lambda a, b: ~(a | b))
cr_logic(289, lambda a, b: ~(a ^ b))


@op(19, 0)
def mcrf(m: Machine, f: Fields) -> None:
    m.r.set_cr_field(f.crf, m.r.cr_field(f.crf_source))


@op(31, 19)
def mfcr(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = m.r.cr


@op(31, 144)
def mtcrf(m: Machine, f: Fields) -> None:
    chosen = 0
    for number in range(8):
        if f.fxm & 0x80 >> number:
            chosen |= mask(4 * number, 4 * number + 3)
    m.r.cr = m.r.gpr[f.rs] & chosen | m.r.cr & ~chosen


@op(31, 512)
def mcrxr(m: Machine, f: Fields) -> None:
    m.r.set_cr_field(f.crf, m.r.xer >> 28)
    m.r.xer &= 0x0FFFFFFF & XER_IMPLEMENTED


@op(17)
def sc(m: Machine, f: Fields) -> None:
    m.system_call()


def come_back(m: Machine, to: int, msr: int) -> None:
    go(m, to)
    m.r.msr = msr & MSR_IMPLEMENTED
    m.mmu.synchronise()


@op(19, 50, privileged=True)
def rfi(m: Machine, f: Fields) -> None:
    come_back(m, m.r.srr0, m.r.srr1)


@op(19, 51, privileged=True)
def rfci(m: Machine, f: Fields) -> None:
    come_back(m, m.r.csrr0, m.r.csrr1)


@op(19, 38, privileged=True)
def rfmci(m: Machine, f: Fields) -> None:
    come_back(m, m.r.mcsrr0, m.r.mcsrr1)


@op(19, 150)
def isync(m: Machine, f: Fields) -> None:
    m.mmu.synchronise()
