# SPDX-License-Identifier: BSD-3-Clause
"""MSR, SPRs, DCRs, the TLB instructions and the barriers."""

from __future__ import annotations

from tests.reference.ppc440 import sprs
from tests.reference.ppc440.interrupts import PROGRAM, Interrupt
from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.state import ESR_PIL, MMUCR_STID, MMUCR_STS, MSR_EE, MSR_IMPLEMENTED, SO
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import Fields, u32


@op(31, 83, privileged=True)
def mfmsr(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = m.r.msr


@op(31, 146, privileged=True)
def mtmsr(m: Machine, f: Fields) -> None:
    m.r.msr = m.r.gpr[f.rs] & MSR_IMPLEMENTED


@op(31, 131, privileged=True)
def wrtee(m: Machine, f: Fields) -> None:
    m.r.msr = m.r.msr & ~MSR_EE | m.r.gpr[f.rs] & MSR_EE


@op(31, 163, privileged=True)
def wrteei(m: Machine, f: Fields) -> None:
    m.r.msr = m.r.msr & ~MSR_EE | f.raw & MSR_EE


@op(31, 339, 371)
def mfspr(m: Machine, f: Fields) -> None:
    """mfspr, and mftb which is the same with another number."""
    value = sprs.read(m, f.ten)
    if value is not None:
        m.r.gpr[f.rt] = value


@op(31, 467)
def mtspr(m: Machine, f: Fields) -> None:
    sprs.write(m, f.ten, m.r.gpr[f.rs])


@op(31, 323, privileged=True)
def mfdcr(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = m.read_dcr(f.ten)


@op(31, 451, privileged=True)
def mtdcr(m: Machine, f: Fields) -> None:
    m.write_dcr(f.ten, m.r.gpr[f.rs])


@op(31, 598, 854)
def barrier(m: Machine, f: Fields) -> None:
    """msync, mbar."""


@op(31, 566, privileged=True)
def tlbsync(m: Machine, f: Fields) -> None:
    """Nothing to wait for."""


def slot(m: Machine, f: Fields) -> int:
    """RA = 0 is r0. Beyond the array is undefined; here the index is taken modulo its size."""
    index = m.r.gpr[f.ra]
    if index >= len(m.mmu.entries):
        m.diagnostics["invalid_slot"] += 1
    return index % len(m.mmu.entries)


def check_word(m: Machine, f: Fields) -> None:
    """WS above 2 is an invalid form; here it is illegal."""
    if f.ws > 2:
        m.diagnostics["invalid_form"] += 1
        raise Interrupt(PROGRAM, esr=ESR_PIL)


@op(31, 978, privileged=True)
def tlbwe(m: Machine, f: Fields) -> None:
    check_word(m, f)
    m.mmu.write(slot(m, f), f.ws, m.r.gpr[f.rs], m.r.mmucr & MMUCR_STID)


@op(31, 946, privileged=True)
def tlbre(m: Machine, f: Fields) -> None:
    check_word(m, f)
    entry = m.mmu.entries[slot(m, f)]
    m.r.gpr[f.rt] = (entry.w0, entry.w1, entry.w2)[f.ws]
    if f.ws == 0:
        m.r.mmucr = m.r.mmucr & ~MMUCR_STID | entry.tid


@op(31, 914, privileged=True)
def tlbsx(m: Machine, f: Fields) -> None:
    ea = u32(m.base(f.ra) + m.r.gpr[f.rb])
    index = m.mmu.search(ea, m.r.mmucr & MMUCR_STS, m.r.mmucr & MMUCR_STID)
    if index is not None:
        m.r.gpr[f.rt] = index  # otherwise RT is undefined; here it keeps its value
    if f.rc:
        m.r.set_cr_field(0, (2 if index is not None else 0) | (1 if m.r.xer & SO else 0))
