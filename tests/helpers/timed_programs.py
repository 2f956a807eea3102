# SPDX-License-Identifier: BSD-3-Clause
"""Random programs that read whatever follows from the time, store what they read, and change what it follows from."""

from __future__ import annotations

import random
from collections.abc import Sequence

from simobjects.isa import arch
from tests.helpers.assembler import asm
from tests.helpers.running440 import CRITICAL

BUFFER, VECTORS = 0x30000, 0x20000
"""Where the values read go, in order; where the handlers are, one for each vector."""
UART, UIC = 0xEF600300, 0xC0
DEC, DECAR, TBL, TBU, READ_TBL, READ_TBU, TSR, TCR, IVPR = (
    arch.SPR[name] for name in ("DEC", "DECAR", "TBL", "TBU", "UTBL", "UTBU", "TSR", "TCR", "IVPR")
)
WIE, DIE, FIE, ARE, PERIODS = arch.TCR.WIE, arch.TCR.DIE, arch.TCR.FIE, arch.TCR.ARE, 0xC300_0000
CE, EE, WE = arch.MSR.CE, arch.MSR.EE, arch.MSR.WE
STAY = asm("b", li=0)


def constant(register: int, value: int) -> list[int]:
    return [
        asm("addis", rt=register, ra=0, si=value >> 16 & 0xFFFF),
        asm("ori", ra=register, rs=register, ui=value & 0xFFFF),
    ]


def keep(register: int) -> list[int]:
    """The next word of the buffer."""
    return [asm("stw", rs=register, ra=20, d=0), asm("addi", rt=20, ra=20, si=4)]


def write(spr: int, value: int, register: int = 3) -> list[int]:
    return [*constant(register, value), asm("mtspr", spr=spr, rs=register)]


def read(spr: int, register: int = 4) -> list[int]:
    return [asm("mfspr", rt=register, spr=spr), *keep(register)]


def device(offset: int) -> list[int]:
    return [*constant(5, UART + offset), asm("lbz", rt=4, ra=5, d=0), *keep(4)]


def loop(turns: int) -> list[int]:
    return [asm("addi", rt=6, ra=0, si=turns), asm("mtspr", spr=arch.SPR.CTR, rs=6), asm("bc", bo=16, bi=0, bd=0)]


def handler(vector: int, readable: Sequence[int], critical: bool) -> list[int]:
    """Reads a timer, clears TSR, silences the serial port, goes back to what waits no more. Its registers: r24, r25."""
    back = arch.SPR.CSRR1 if vector in CRITICAL else arch.SPR.SRR1
    words = [*read(readable[vector % len(readable)], 24)]
    words += write(DECAR, 1_000_000, 24) if critical else []  # a short one would never let the program get on
    words += write(TSR, 0xFC00_0000, 24)
    words += [asm("mfspr", rt=24, spr=back), *constant(25, ~WE & 0xFFFF_FFFF), asm("and", ra=24, rs=24, rb=25)]
    words += [asm("mtspr", spr=back, rs=24)]
    if vector in (arch.VECTOR.CRITICAL, arch.VECTOR.EXTERNAL):
        words += [*constant(25, UART), asm("addi", rt=24, ra=0, si=0), asm("stb", rs=24, ra=25, d=1)]
        words += [*constant(24, 0xFFFF_FFFF), asm("mtdcr", dcr=UIC, rs=24)]
    return [*words, asm("rfci" if vector in CRITICAL else "rfi")]


def program(
    rng: random.Random, readable: Sequence[int], *, devices: bool = True, critical: bool = True, scale: int = 1
) -> list[int]:
    """Begins where it is put, with its own handlers; ends in a branch to itself that nothing interrupts.

    `readable`: of the special purpose registers, those that the machine lets it read; `critical`: it has rfci and
    DECAR; `scale`: of the times after which timers are due.
    """
    words = [*constant(20, BUFFER), *write(IVPR, VECTORS)]
    for vector in range(16):
        words += write(arch.SPR.IVOR0 + vector, 0x100 * vector)
        for number, word in enumerate(handler(vector, readable, critical)):
            words += [*constant(7, VECTORS + 0x100 * vector + 4 * number), *constant(8, word)]
            words += [asm("stw", rs=8, ra=7, d=0)]
    for _ in range(25):
        words += block(rng, readable, devices, critical, scale)
    return [*words, *constant(3, 0), asm("mtmsr", rs=3), *(word for spr in readable for word in read(spr)), STAY]


def block(rng: random.Random, readable: Sequence[int], devices: bool, critical: bool, scale: int) -> list[int]:
    kinds = [*["read"] * 5, *["loop"] * 3, "dec", "dec", "reload", "tcr", "tcr", "tsr", "tb", "msr", "wait"]
    match rng.choice(kinds + ["device", "device", "input"] * devices):
        case "read":
            return read(rng.choice(readable))
        case "loop":
            return loop(rng.randrange(1, 300))
        case "dec":
            return write(DEC, rng.choice((0, 1, 2, scale * rng.randrange(200))))
        case "reload":
            short = rng.choice((0, 1)) if scale == 1 else 0  # 1 is a storm where an exit takes longer
            return write(DECAR, rng.choice((short, scale * rng.randrange(100, 400)))) if critical else []
        case "tcr":
            on = [bit for bit in (DIE, FIE, ARE, ARE, WIE) if rng.random() < 0.5]
            return write(TCR, rng.getrandbits(32) & PERIODS & 0x4100_0000 | sum(set(on)))
        case "tsr":
            return write(TSR, rng.choice((0xFFFF_FFFF, 0x0C00_0000, 0x0800_0000, 0x4000_0000)))
        case "tb":
            bit = rng.choice((12, 16, 20))
            return write(rng.choice((TBL, TBL, TBU)), (1 << bit) - rng.randrange(400))
        case "msr":
            return [*constant(3, rng.choice((0, EE, CE, CE | EE) if critical else (0, EE))), asm("mtmsr", rs=3)]
        case "wait":
            wait = [*constant(3, WE | EE), asm("mtmsr", rs=3), asm("isync")]
            return [*write(TCR, DIE | rng.choice((0, ARE))), *write(DEC, rng.randrange(2, 5000)), *wait]
        case "input":
            on = [*constant(4, 0xFFFF_FFFF), asm("mtdcr", dcr=UIC + 2, rs=4)]
            enable = rng.choice((0, 1, 3))
            return [*constant(5, UART), asm("addi", rt=4, ra=0, si=enable), asm("stb", rs=4, ra=5, d=1), *on]
        case _:
            if rng.random() < 0.4:
                return [asm("mfdcr", rt=4, dcr=UIC + rng.choice((0, 6, 7))), *keep(4)]
            return device(rng.choice((0, 2, 5, 5)))
