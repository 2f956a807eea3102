# SPDX-License-Identifier: BSD-3-Clause
"""The vcpu of a guest that executes (docs/model.md 6.1): its registers, and the interrupts that wait for it."""

from __future__ import annotations

from dataclasses import dataclass

WE, CE, EE, PR, ME, DE, IS, DS = 0x40000, 0x20000, 0x8000, 0x4000, 0x1000, 0x200, 0x20, 0x10
NORMAL = CE | ME | DE
INTERRUPTS = (
    # name, vector, gate, what is left of the MSR
    ("data storage", 2, 0, NORMAL),
    ("instruction storage", 3, 0, NORMAL),
    ("alignment", 5, 0, NORMAL),
    ("program", 6, 0, NORMAL),
    ("FP unavailable", 7, 0, NORMAL),
    ("system call", 8, 0, NORMAL),
    ("AP unavailable", 9, 0, NORMAL),
    ("data TLB miss", 13, 0, NORMAL),
    ("instruction TLB miss", 14, 0, NORMAL),
    ("machine check", 1, ME, 0),
    ("debug", 15, DE, ME),
    ("critical", 0, CE, ME),
    ("watchdog", 12, CE, ME),
    ("external", 4, EE, NORMAL),
    ("fixed interval", 11, EE, NORMAL),
    ("decrementer", 10, EE, NORMAL),
)
CRITICAL_CLASS = ("debug", "critical", "watchdog")
WITH_ESR = ("data storage", "instruction storage", "program", "data TLB miss")
WITH_DEAR = ("data storage", "data TLB miss")

DEC, SRR0, SRR1, PID, DECAR, CSRR0, CSRR1, DEAR, ESR, IVPR = 0x16, 0x1A, 0x1B, 0x30, 0x36, 0x3A, 0x3B, 0x3D, 0x3E, 0x3F
SPRG0, TBL, TBU, PIR, PVR, DBSR, DBCR0, DBCR1, TSR, TCR, IVOR0 = (
    0x110, 0x11C, 0x11D, 0x11E, 0x11F, 0x130, 0x134, 0x135, 0x150, 0x154, 0x190,
)  # fmt: skip
CCR1, MMUCR, CCR0, MCSR = 0x378, 0x3B2, 0x3B3, 0x23C
PLAIN = {SRR0, SRR1, DEAR, ESR, IVPR, DBCR0, DBCR1, CCR0, CCR1, MMUCR, *range(IVOR0, IVOR0 + 16)}
"""Stored and read back, nothing else."""
WRITABLE = PLAIN | {PID, DEC, TSR, TCR, TBL, TBU, *range(SPRG0, SPRG0 + 8)}
READABLE = PLAIN | {PID, PVR, TBL, TBU, *range(SPRG0, SPRG0 + 4)}
LATER_WRITABLE = {CSRR0, CSRR1, DBSR, DECAR}
LATER_READABLE = {CSRR0, CSRR1, DBSR, TSR, TCR, PIR, DEC}
LAST_WRITABLE, LAST_READABLE = {MCSR, PIR}, {MCSR}
KNOWN = WRITABLE | READABLE | LATER_WRITABLE | LATER_READABLE | LAST_WRITABLE | LAST_READABLE
DIE, ARE, DIS, PTR, WRC = 0x04000000, 0x00400000, 0x08000000, 0x02000000, 0x30000000


@dataclass(frozen=True)
class Era:
    """Where KVM's releases differ; the names are those of the host kernel's peer."""

    index_bug: bool = False
    late_syndrome: bool = False
    exact_timer: bool = False
    dec_clears: bool = False
    dis: int = 1
    emulates: int = 0
    helps: bool = False

    @property
    def readable(self) -> set[int]:
        return READABLE.union(*({DEC}, LATER_READABLE, LAST_READABLE)[: self.emulates]) | (
            {MCSR, TCR} if self.helps else set()
        )

    @property
    def writable(self) -> set[int]:
        return WRITABLE.union(*(set[int](), LATER_WRITABLE, LAST_WRITABLE)[: self.emulates]) | (
            {MCSR} if self.helps else set()
        )


class Vcpu:
    """Registers by SPR number."""

    def __init__(self, era: Era, pvr: int) -> None:
        self.era = era
        self.msr = 0
        self.spr = dict.fromkeys(KNOWN, 0)
        self.spr[PVR] = pvr
        self.spr[IVPR] = 0x55550000
        for place, (_, vector, _, _) in enumerate(INTERRUPTS):
            self.spr[IVOR0 + vector] = 0x7700 | place * 4
        self.mcsrr = [0, 0]
        self.pending: set[str] = set()
        self.queued_dear = 0
        self.queued_esr = 0
        self.cpr0 = 0
        self.io_gpr = 0
        """The target of the last load that user space did."""

    def syndrome(self, name: str, dear: int, esr: int) -> None:
        """An interrupt with a cause is queued."""
        self.queued_dear, self.queued_esr = dear, esr
        if not self.era.late_syndrome:
            self.show_syndrome(name)

    def show_syndrome(self, name: str) -> None:
        if name in WITH_DEAR:
            self.spr[DEAR] = self.queued_dear
        if name in WITH_ESR:
            self.spr[ESR] = self.queued_esr

    def deliverable(self) -> tuple[str, int, int] | None:
        """(name, vector, MSR afterwards) of the first interrupt that its gate lets through."""
        for name, vector, gate, kept in INTERRUPTS:
            if name in self.pending and (gate == 0 or self.msr & gate):
                return name, vector, self.msr & kept
        return None

    def interrupted(self, name: str, vector: int, pc: int) -> int:
        """Save where the guest is, but for its MSR; returns where it goes on."""
        if self.era.emulates >= 2 and name == "machine check":
            self.mcsrr = [pc, self.msr]
        elif self.era.emulates >= 2 and name in CRITICAL_CLASS:
            self.spr[CSRR0], self.spr[CSRR1] = pc, self.msr
        else:
            self.spr[SRR0], self.spr[SRR1] = pc, self.msr
        if self.era.late_syndrome:
            self.show_syndrome(name)
        if name == "decrementer" and self.era.dis == 0:
            self.spr[TSR] |= DIS
        if name != "decrementer" or self.era.dis != 2:
            self.pending.remove(name)
        return self.spr[IVPR] | self.spr[IVOR0 + vector]
