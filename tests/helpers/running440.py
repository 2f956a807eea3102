# SPDX-License-Identifier: BSD-3-Clause
"""Random programs that go on whatever happens: every handler returns behind what interrupted, or to a safe place."""

from __future__ import annotations

import random
from collections.abc import Sequence

from simobjects.isa import arch
from simobjects.isa.arch import MSR, TCR, VECTOR, W0, W2, entry
from simobjects.isa.assemble import split_ten
from simobjects.isa.table import instructions
from tests.helpers.assembler import asm
from tests.helpers.encodings import encode
from tests.helpers.machines440 import Compiled
from tests.reference.ppc440.sprs import KNOWN

RAM = 1 << 17
CODE, VECTORS, DATA = 0x00004000, 0x00008000, 0x00010000
CODE_EA, VECTOR_EA, DATA_EA = 0x10000000, 0x20000000, 0x40000000
CODE_WORDS = 2048
SRR0, CSRR0, MCSRR0, TSR, SCRATCH, SAFE = arch.SPR.SRR0, arch.SPR.CSRR0, arch.SPR.MCSRR0, arch.SPR.TSR, 276, 279
"""SPRs: SPRG4 keeps a register of the interrupted program, SPRG7 says where to go on after a failed fetch."""
KEPT = {63, 308, SCRATCH, SAFE, *range(400, 416)}
"""SPRs that the programs do not write: without them the handlers are lost, and DBCR0 ends the run."""
FETCH_FAULTS = (VECTOR.ISI, VECTOR.ITLB)
FAULTS = (VECTOR.DSI, VECTOR.ALIGNMENT, VECTOR.PROGRAM, VECTOR.DTLB)
CRITICAL = (VECTOR.CRITICAL, VECTOR.WATCHDOG, VECTOR.DEBUG)
TIMERS = (VECTOR.DECREMENTER, VECTOR.FIT, VECTOR.WATCHDOG)
FAR = ("b", "bclr", "bcctr", "sc", "rfi", "rfci", "rfmci")


def handler(vector: int, system_call: Sequence[int] = ()) -> list[int]:
    """r31 is used and put back. What faulted is skipped, a timer's cause is cleared, and the program goes on.

    `system_call`: what is done at one.
    """
    machine_check = vector == VECTOR.MACHINE_CHECK
    back, leave = (CSRR0, "rfci") if vector in CRITICAL else (MCSRR0, "rfmci") if machine_check else (SRR0, "rfi")
    words = [asm("mtspr", spr=SCRATCH, rs=31)]
    if vector in FETCH_FAULTS:
        words += [asm("mfspr", rt=31, spr=SAFE), asm("mtspr", spr=back, rs=31)]
    elif vector in FAULTS:
        words += [asm("mfspr", rt=31, spr=back), asm("addi", rt=31, ra=31, si=4), asm("mtspr", spr=back, rs=31)]
    elif vector == VECTOR.SYSCALL:
        words += system_call
    elif vector in TIMERS:
        words += [asm("addis", rt=31, ra=0, si=-1), asm("mtspr", spr=TSR, rs=31)]
    return [*words, asm("mfspr", rt=31, spr=SCRATCH), asm(leave)]


def program(rng: random.Random) -> list[int]:
    """Random words; far branches are rarer than they would be, so that most of the time passes in straight pieces."""
    rows = [row for row in instructions() if row.id not in FAR or rng.random() < 0.3]
    spr = [split_ten(number) for number in sorted(KNOWN - KEPT)]
    registers = [number << 16 | offset for number in range(1, 31) for offset in (0, 4, 0x11, 0xFFF8)]
    near = [distance & 0x3FFF for distance in range(-40, 40)]
    given = {"spr": spr, "tbr": spr, "d(ra)": registers, "dcr": [split_ten(0x80)], "bd": near}
    return [encode(rng.choice(rows), rng, given) for _ in range(CODE_WORDS)]


def build(seed: int, translate_after: int = 1) -> Compiled:
    """A machine with such a program; the same for the same seed."""
    rng = random.Random(seed)
    micro_inst, micro_data, faithful = rng.choice(((0, 0, False), (4, 8, False), (4, 8, True), (2, 3, True)))
    machine = Compiled(
        RAM,
        entries=64,
        micro_inst=micro_inst,
        micro_data=micro_data,
        faithful=faithful,
        interrupt_ticks=rng.choice((0, 3)),
        translate_after=translate_after,
    )
    machine.store(CODE, b"".join(word.to_bytes(4, "big") for word in program(rng)))
    for vector in range(16):
        machine.store(VECTORS + 0x40 * vector, b"".join(word.to_bytes(4, "big") for word in handler(vector)))
    machine.store(DATA, rng.randbytes(RAM - DATA))
    for space in (0, 1):
        machine.set_entry(61 + space, *entry(CODE_EA, CODE, 16 << 10, W2.UX | W2.SX, space), 0)
    machine.set_entry(63, *entry(VECTOR_EA, VECTORS, 4096, W2.SX), 0)
    for slot in range(48):
        size = rng.choice((0, 1, 1, 2, 3))
        w0 = DATA_EA + rng.randrange(0, 0x20000, 1024) | size << 4 | W0.VALID | rng.choice((0, W0.TS))
        attributes = rng.choice((0x3F, 0x3F, 0x1B, 0xBF))
        machine.set_entry(slot, w0, DATA + rng.randrange(0, 0x10000, 1024 << 2 * size), attributes, rng.choice((0, 1)))
    for name, value in (("ivpr", VECTOR_EA), *((f"ivor{n}", 0x40 * n) for n in range(16)), ("sprg7", CODE_EA + 0x400)):
        machine.write(name, value)
    for number in range(32):
        machine.write(f"r{number}", DATA_EA + rng.randrange(0x20000) if rng.random() < 0.6 else rng.getrandbits(32))
    machine.write("msr", rng.choice((0, MSR.EE, MSR.PR, MSR.CE | MSR.EE | MSR.ME | MSR.DE)))
    machine.write("tcr", rng.choice((0, TCR.DIE | TCR.FIE | TCR.ARE, TCR.DIE | TCR.FIE)))
    machine.write("decar", rng.randrange(100, 3000))
    machine.write("dec", rng.randrange(1, 3000))
    machine.write("pc", CODE_EA)
    return machine
