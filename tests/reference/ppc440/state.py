# SPDX-License-Identifier: BSD-3-Clause
"""The registers of the core, and names for the bits in them."""

from __future__ import annotations

from dataclasses import dataclass, field

MSR_WE, MSR_CE, MSR_EE, MSR_PR, MSR_ME, MSR_DE = 0x40000, 0x20000, 0x8000, 0x4000, 0x1000, 0x200
MSR_IS, MSR_DS = 0x20, 0x10
MSR_IMPLEMENTED = 0x0006FF30

ESR_MCI, ESR_PIL, ESR_PPR, ESR_PTR, ESR_ST = 0x80000000, 0x08000000, 0x04000000, 0x02000000, 0x00800000
ESR_DLK0, ESR_DLK1 = 0x00200000, 0x00100000

SO, OV, CA = 0x80000000, 0x40000000, 0x20000000
XER_IMPLEMENTED = SO | OV | CA | 0x7F

MMUCR_DULXE, MMUCR_IULXE, MMUCR_STS, MMUCR_STID = 0x00080000, 0x00040000, 0x00010000, 0xFF
MMUCR_IMPLEMENTED = 0x01000000 | 0x00400000 | 0x00200000 | MMUCR_DULXE | MMUCR_IULXE | MMUCR_STS | MMUCR_STID

TSR_ENW, TSR_WIS, TSR_WRS, TSR_DIS, TSR_FIS = 0x80000000, 0x40000000, 0x30000000, 0x08000000, 0x04000000
TCR_WRC, TCR_WIE, TCR_DIE, TCR_FIE, TCR_ARE = 0x30000000, 0x08000000, 0x04000000, 0x00800000, 0x00400000
TCR_IMPLEMENTED = 0xFFC00000

CCR0_FLSTA = 0x100
DBCR0_RST = 0x30000000
MCSR_MCS, MCSR_IB, MCSR_DRB, MCSR_DWB = 0x80000000, 0x40000000, 0x20000000, 0x10000000

PVR_440_XILINX = 0x7FF21910


@dataclass
class Registers:
    """Everything that a program can see of the core, apart from the TLB. All words but `tb` have 32 bits."""

    gpr: list[int] = field(default_factory=lambda: [0] * 32)
    pc: int = 0
    msr: int = 0
    cr: int = 0
    xer: int = 0
    lr: int = 0
    ctr: int = 0
    reservation: bool = False
    pid: int = 0
    mmucr: int = 0
    srr0: int = 0
    srr1: int = 0
    csrr0: int = 0
    csrr1: int = 0
    mcsrr0: int = 0
    mcsrr1: int = 0
    dear: int = 0
    esr: int = 0
    mcsr: int = 0
    ivpr: int = 0
    ivor: list[int] = field(default_factory=lambda: [0] * 16)
    sprg: list[int] = field(default_factory=lambda: [0] * 8)
    usprg0: int = 0
    pvr: int = PVR_440_XILINX
    ccr0: int = 0
    ccr1: int = 0
    tb: int = 0
    dec: int = 0
    decar: int = 0
    tcr: int = 0
    tsr: int = 0
    dbcr: list[int] = field(default_factory=lambda: [0] * 3)
    dbsr: int = 0
    others: dict[int, int] = field(default_factory=dict)
    """By SPR number: registers that are stored and read back, nothing more."""

    def cr_field(self, number: int) -> int:
        return self.cr >> (28 - 4 * number) & 15

    def set_cr_field(self, number: int, value: int) -> None:
        shift = 28 - 4 * number
        self.cr = self.cr & ~(15 << shift) | value << shift

    def cr_bit(self, number: int) -> int:
        return self.cr >> (31 - number) & 1

    def set_cr_bit(self, number: int, value: int) -> None:
        self.cr = self.cr & ~(1 << (31 - number)) | value << (31 - number)

    def set_flag(self, flag: int, on: bool) -> None:
        """SO, OV or CA of the XER."""
        self.xer = self.xer | flag if on else self.xer & ~flag

    def set_overflow(self, on: bool) -> None:
        """OV, and SO which only software clears."""
        self.set_flag(OV, on)
        if on:
            self.set_flag(SO, True)
