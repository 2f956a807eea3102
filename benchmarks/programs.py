# SPDX-License-Identifier: BSD-3-Clause
"""Programs that the executing core and QEMU run: three small loops and one of straight code that no cache holds."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

from simobjects.isa.arch import SPR
from simobjects.isa.assemble import assemble
from simobjects.isa.numbers import bits

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "baremetal"
DBCR0 = bits("DBCR0")
ENTRY, DATA = 0x100000, 0x200000
BODY = 20_000
"""Instructions of the large program's loop; every record of the core's predecoded code has 32 bytes."""
LARGE_LOOPS = 4_000


@dataclass(frozen=True)
class Program:
    """An ELF file that ends by DBCR0 after so many instructions."""

    name: str
    about: str
    path: Path
    instructions: int
    to_qemu: float = 0.0
    """How many times as fast as plain QEMU the core is to be."""
    bound: str = ""
    """What its speed is bound by."""


def programs(folder: Path) -> list[Program]:
    """All of them; `folder` gets the file that is made."""
    large = folder / "large.elf"
    large.write_bytes(large_elf(LARGE_LOOPS))
    miss = "a miss: the search of 64 entries, three tlbwe, some 155 instructions of handler"
    memory = "what each access compares, and what a taken branch adds to budget and counts"
    return [
        Program("s1", "Compute: loads, stores and arithmetic in 8 pages", FOLDER / "s1_compute.elf", 5_898_668_152, 1.2,
                memory),
        Program("s2", "Refill storm: 512 pages in 60 entries", FOLDER / "s2_thrash.elf", 204_091_690, 12, miss),
        Program("s3", "The same with 48 pages: fits", FOLDER / "s3_fit.elf", 2_350_033_733, 1.0,
                "a load that waits for the store before it, and as `s1`"),
        Program("large", f"{BODY} instructions in a row, again and again", large, 80_040_007,
                bound="the code fits neither a cache nor the predictor of jumps"),
    ]  # fmt: skip


def large_elf(loops: int) -> bytes:
    """A loop of random arithmetic, loads, stores and short forward branches."""
    words = [*_constant(31, DATA), *_constant(30, loops), _mtspr(SPR.CTR, 30)]  # r31 data, ctr loops
    words += _body(random.Random(440))
    words += _again(-4 * (len(words) - 5))
    words += [*_constant(3, DBCR0.RST), _mtspr(SPR.DBCR0, 3), assemble("b", li=0)]  # system reset
    return _elf(b"".join(struct.pack(">I", word) for word in words))


def _constant(register: int, value: int) -> list[int]:
    high = assemble("addis", rt=register, ra=0, si=value >> 16)
    return [high, assemble("ori", ra=register, rs=register, ui=value)]


def _mtspr(spr: int, register: int) -> int:
    return assemble("mtspr", spr=spr, rs=register)


def _again(distance: int) -> list[int]:
    """To the start of the loop while CTR lasts: bdz over a far branch, because bdnz does not reach that far."""
    return [assemble("bc", bo=18, bi=0, bd=8), assemble("b", li=distance - 4)]


def _body(rng: random.Random) -> list[int]:
    registers = range(3, 30)
    words: list[int] = []
    while len(words) < BODY:
        a, b, c = (rng.choice(registers) for _ in range(3))
        kind = rng.random()
        if kind < 0.15:
            words.append(assemble("lwz", rt=a, ra=31, d=rng.randrange(1024) * 4))
        elif kind < 0.25:
            words.append(assemble("stw", rs=a, ra=31, d=rng.randrange(1024) * 4))
        elif kind < 0.35:
            words.append(assemble("cmpi", bf=0, ra=a, si=rng.getrandbits(16)))
            words.append(assemble("bc", bo=12, bi=2, bd=4 * rng.randrange(2, 8)))  # beq, a little forward
        elif kind < 0.6:
            words.append(assemble("add", rt=a, ra=b, rb=c))
        elif kind < 0.8:
            words.append(assemble("xor", rs=a, ra=b, rb=c))
        else:
            words.append(assemble("addi", rt=a, ra=b, si=rng.getrandbits(16)))
    return words + [assemble("ori")] * 8


def _elf(code: bytes) -> bytes:
    """The smallest ELF file: one segment at its own physical address."""
    header = struct.pack(">4s5B7x", b"\x7fELF", 1, 2, 1, 0, 0)
    header += struct.pack(">HHIIIIIHHHHHH", 2, 20, 1, ENTRY, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return header + struct.pack(">8I", 1, 4096, ENTRY, ENTRY, len(code), len(code), 7, 4096) + bytes(4096 - 84) + code
