# SPDX-License-Identifier: BSD-3-Clause
"""Special purpose registers by number and by name (section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.ppc440 import timers
from tests.reference.ppc440.interrupts import PROGRAM, Interrupt
from tests.reference.ppc440.state import (
    DBCR0_RST,
    ESR_PIL,
    ESR_PPR,
    MMUCR_IMPLEMENTED,
    MSR_PR,
    TCR_IMPLEMENTED,
    TCR_WRC,
    XER_IMPLEMENTED,
)

if TYPE_CHECKING:
    from tests.reference.ppc440.machine import Machine

SIMPLE = {
    8: "lr",
    9: "ctr",
    26: "srr0",
    27: "srr1",
    58: "csrr0",
    59: "csrr1",
    61: "dear",
    62: "esr",
    256: "usprg0",
    570: "mcsrr0",
    571: "mcsrr1",
    888: "ccr1",
    947: "ccr0",
}
STORED = {
    **{309 + n: f"dbcr{1 + n}" for n in range(2)},
    **{312 + n: f"iac{1 + n}" for n in range(4)},
    316: "dac1",
    317: "dac2",
    318: "dvc1",
    319: "dvc2",
    **{880 + n: f"inv{n}" for n in range(4)},
    **{884 + n: f"itv{n}" for n in range(4)},
    **{912 + n: f"dnv{n}" for n in range(4)},
    **{916 + n: f"dtv{n}" for n in range(4)},
    920: "dvlim",
    921: "ivlim",
    1011: "dbdr",
}
"""Stored and read back."""
ZERO = {286: "pir", 923: "rstcfg", 924: "dcdbtrl", 925: "dcdbtrh", 926: "icdbtrl", 927: "icdbtrh", 979: "icdbdr"}
"""Read only, and 0 here."""
SPECIAL = {
    1: "xer",
    22: "dec",
    48: "pid",
    63: "ivpr",
    287: "pvr",
    304: "dbsr",
    308: "dbcr0",
    336: "tsr",
    340: "tcr",
    572: "mcsr",
    946: "mmucr",
    54: "decar",
    268: "tbl",
    269: "tbu",
    284: "tbl",
    285: "tbu",
    **{400 + n: f"ivor{n}" for n in range(16)},
    **{272 + n: f"sprg{n}" for n in range(8)},
    **{260 + n: f"sprg{4 + n}" for n in range(4)},
}
WRITE_ONLY = {54, 284, 285}
READ_ONLY = {260, 261, 262, 263, 268, 269, 287, *ZERO}
KNOWN = {*SIMPLE, *STORED, *ZERO, *SPECIAL}
NUMBERS = {
    name: number
    for table in (ZERO, STORED, SIMPLE, SPECIAL)
    for number, name in table.items()
    if number not in (260, 261, 262, 263, 284, 285)
}
"""By name, for tools: TBL and TBU are their readable numbers, SPRG4 to 7 the writable ones."""


def check(m: Machine, number: int, forbidden: set[int], diagnostic: str) -> bool:
    """Whether the access has an effect. A user's access to what he may not have interrupts instead."""
    if m.r.msr & MSR_PR and number & 0x10:
        raise Interrupt(PROGRAM, esr=ESR_PPR)
    if number in KNOWN and number not in forbidden:
        return True
    if m.r.msr & MSR_PR:
        raise Interrupt(PROGRAM, esr=ESR_PIL)
    m.diagnostics[diagnostic if number in KNOWN else "unimplemented_spr"] += 1
    return False


def read(m: Machine, number: int) -> int | None:
    """mfspr; None where RT keeps its value."""
    return peek(m, number) if check(m, number, WRITE_ONLY, "write_only_spr") else None


def write(m: Machine, number: int, value: int) -> None:
    """mtspr."""
    if check(m, number, READ_ONLY, "read_only_spr"):
        poke(m, number, value)


def peek(m: Machine, number: int) -> int:
    r = m.r
    if number in SIMPLE:
        return int(getattr(r, SIMPLE[number]))
    if number in STORED:
        return r.others.get(number, 0)
    if number in ZERO:
        return 0
    name = SPECIAL[number]
    if name.startswith("ivor"):
        return r.ivor[number - 400]
    if name.startswith("sprg"):
        return r.sprg[int(name[4:])]
    if name == "tbl":
        return r.tb & 0xFFFFFFFF
    if name == "tbu":
        return r.tb >> 32
    return r.dbcr[0] if name == "dbcr0" else int(getattr(r, name))


def poke(m: Machine, number: int, value: int) -> None:
    """The effect of mtspr."""
    r = m.r
    if number in SIMPLE:
        setattr(r, SIMPLE[number], value)
    elif number in STORED:
        r.others[number] = value
    else:
        poke_special(m, SPECIAL[number], value)


def poke_special(m: Machine, name: str, value: int) -> None:
    r = m.r
    if name.startswith("ivor"):
        r.ivor[int(name[4:])] = value & 0xFFF0
    elif name.startswith("sprg"):
        r.sprg[int(name[4:])] = value
    elif name == "tbl":
        m.reset_by(timers.change_time_base(r, r.tb & ~0xFFFFFFFF | value))
    elif name == "tbu":
        m.reset_by(timers.change_time_base(r, r.tb & 0xFFFFFFFF | value << 32))
    elif name in ("dbsr", "tsr", "mcsr"):
        setattr(r, name, getattr(r, name) & ~value)
    elif name == "tcr":
        r.tcr = value & TCR_IMPLEMENTED | r.tcr & TCR_WRC
    elif name == "dbcr0":
        r.dbcr[0] = value
        m.reset_by((value & DBCR0_RST) >> 28)
    else:
        kept = {"xer": XER_IMPLEMENTED, "pid": 0xFF, "ivpr": 0xFFFF0000, "mmucr": MMUCR_IMPLEMENTED}
        setattr(r, name, value & kept.get(name, 0xFFFFFFFF))
