# SPDX-License-Identifier: BSD-3-Clause
"""Cache instructions: no cache is modelled, so what is left is translation, permission, and dcbz's zeros."""

from __future__ import annotations

from tests.reference.ppc440.interrupts import ALIGNMENT, DSI, Interrupt
from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.mmu import INHIBITED, LOAD, STORE, WRITE_THROUGH
from tests.reference.ppc440.state import ESR_DLK0, ESR_DLK1, ESR_ST, MMUCR_DULXE, MMUCR_IULXE, MSR_PR
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import Fields, u32

BLOCK = 32


def address(m: Machine, f: Fields) -> int:
    return u32(m.base(f.ra) + m.r.gpr[f.rb])


def forbid_user(m: Machine, ea: int, enable: int, esr: int) -> None:
    """A user's attempt at what might unlock a line, where MMUCR forbids it."""
    if m.r.msr & MSR_PR and m.r.mmucr & enable:
        raise Interrupt(DSI, esr=esr, dear=ea)


@op(31, 54)
def dcbst(m: Machine, f: Fields) -> None:
    m.mmu.translate(m.r, address(m, f), LOAD)


@op(31, 86)
def dcbf(m: Machine, f: Fields) -> None:
    m.mmu.translate(m.r, address(m, f), LOAD)
    forbid_user(m, address(m, f), MMUCR_DULXE, ESR_DLK0)


@op(31, 982)
def icbi(m: Machine, f: Fields) -> None:
    m.mmu.translate(m.r, address(m, f), LOAD)
    forbid_user(m, address(m, f), MMUCR_IULXE, ESR_DLK1)


@op(31, 470, privileged=True)
def dcbi(m: Machine, f: Fields) -> None:
    m.mmu.translate(m.r, address(m, f), STORE)


@op(31, 1014)
def dcbz(m: Machine, f: Fields) -> None:
    ea = address(m, f)
    physical, entry = m.mmu.translate(m.r, ea, STORE)
    if entry.w2 & (WRITE_THROUGH | INHIBITED):
        raise Interrupt(ALIGNMENT, esr=ESR_ST, dear=ea)
    first = physical // BLOCK * BLOCK
    m.store_bytes(list(range(first, first + BLOCK)), bytes(BLOCK))


@op(31, 278, 246, 22, 262, 758)
def touch(m: Machine, f: Fields) -> None:
    """dcbt, dcbtst, icbt (both encodings) and dcba: hints, without interrupts."""


@op(31, 454, 966, privileged=True)
def invalidate_all(m: Machine, f: Fields) -> None:
    """dccci, iccci: the whole cache, operands ignored."""


@op(31, 998, privileged=True)
def icread(m: Machine, f: Fields) -> None:
    """Reads a cache line that is not there into ICDBDR."""


@op(31, 486, privileged=True)
def dcread(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = 0
