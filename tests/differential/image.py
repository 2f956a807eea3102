# SPDX-License-Identifier: BSD-3-Clause
"""An ELF image of the runtime, a set of sequences and the register values that they start from."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.differential import layout
from tests.differential.encode import SYSTEM_CALL, i_form
from tests.helpers import cross

HERE = Path(__file__).parent
SUPERVISOR, USER = 0x30, 0x4030  # MSR: IS and DS, and PR
SETS = 256
RECORD_LIMIT = 48  # exceptions in a run
INTERESTING = (0, 1, 2, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0xFFFF, 0x8000, 0x7FFF, 0xFFFF_8000, 31, 32, 33, 64)


@dataclass(frozen=True)
class Row:
    """A sequence to run: where it lies, its words, the MSR, the first register set and the seed of the data window."""

    ea: int
    words: tuple[int, ...]
    msr: int
    first_set: int
    seed: int


def register_sets(rng: random.Random, bases: Sequence[int]) -> list[list[int]]:
    """The values of r0 to r31, CR, XER, LR and CTR, `SETS` times. `bases` hold addresses in the data pages."""
    sets = []
    for _ in range(SETS):
        registers = [rng.choice(INTERESTING) if rng.random() < 0.3 else rng.getrandbits(32) for _ in range(32)]
        for base in bases:
            registers[base] = address(rng)
        special = [rng.getrandbits(32), rng.getrandbits(32) & 0xE000_007F, rng.getrandbits(32), rng.getrandbits(32)]
        sets.append(registers + special)
    return sets


def address(rng: random.Random) -> int:
    """An address that a base register starts with: mostly where everything is allowed, often near a page's end."""
    kind = rng.random()
    if kind < 0.92:
        page = rng.choice((layout.PAIR, layout.PAIR + 0x1000, layout.MEDIUM, layout.MEDIUM + 0x1000))
    else:
        page = rng.choice((layout.READ_ONLY, layout.WRITE_ONLY, layout.SUPERVISOR, layout.USER, layout.UNMAPPED - 4,
                           layout.NOTHING, layout.TAGGED, layout.LOW, layout.TOP))  # fmt: skip
    near = rng.random()
    if near < 0.25:
        return (page + 0x1000 - rng.randrange(40)) & 0xFFFF_FFFF
    if near < 0.6:
        return page + rng.randrange(0x40, 0xFC0) // 4 * 4
    return page + rng.randrange(0x40, 0xFC0)


def write_elf(path: Path, entry: int, segments: Sequence[tuple[int, bytes]]) -> None:
    """A big-endian static ELF file with one loadable segment (virtual = physical) per piece."""
    offset = 52 + 32 * len(segments)
    headers, bodies = b"", b""
    for where, body in segments:
        size = len(body)
        headers += struct.pack(">8I", 1, offset + len(bodies), where, where, size, size, 7, 4)
        bodies += body + b"\0" * (-size % 16)
    ident = b"\x7fELF\x01\x02\x01".ljust(16, b"\0")
    head = struct.pack(">HHIIIIIHHHHHH", 2, 20, 1, entry, 52, 0, 0, 52, 32, len(segments), 40, 0, 0)
    path.write_bytes(ident + head + headers + bodies)


def read_segments(elf: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """Entry address and loadable segments (physical address, bytes) of a big-endian ELF file."""
    entry, first = struct.unpack_from(">II", elf, 24)
    count = struct.unpack_from(">H", elf, 44)[0]
    segments = []
    for i in range(count):
        kind, offset, _, physical, size = struct.unpack_from(">5I", elf, first + 32 * i)
        if kind == 1:
            segments.append((physical, elf[offset : offset + size]))
    return entry, segments


def build(
    path: Path,
    rows: Sequence[Row],
    sets: Sequence[Sequence[int]],
    *,
    rounds: int = 1,
    hashed: int = layout.DATA_BYTES,
    window: bool = False,
) -> Path:
    """Writes the image to `path`. `hashed` bytes of the data are filled and digested; `window` logs them whole."""
    runtime = cross.build([HERE / "runtime.S"], path.with_suffix(".runtime"), script=HERE / "runtime.ld")
    entry, segments = read_segments(runtime.read_bytes())
    code = bytearray(struct.pack(">I", SYSTEM_CALL).ljust(layout.FIRST_EA - layout.CODE_EA, b"\0"))
    table = b""
    for row in rows:
        table += struct.pack(">4I", row.ea, row.msr, row.first_set, row.seed)
        code += b"\0" * (row.ea - layout.CODE_EA - len(code))
        code += struct.pack(f">{len(row.words) + 1}I", *row.words, branch_to_end(row.ea + 4 * len(row.words)))
    tlb = b"".join(struct.pack(">5I", slot, *words) for slot, words in enumerate(layout.MAP)) + b"\xff" * 4
    parameters = struct.pack(
        ">13I", len(rows), rounds, len(sets) - 1, hashed // 4, layout.LOG, layout.LOG_END, window, RECORD_LIMIT,
        layout.END_EA + 4, layout.SETS, layout.TABLE, layout.TLB_ROWS, layout.DATA,
    )  # fmt: skip
    packed_sets = b"".join(struct.pack(">36I", *values).ljust(160, b"\0") for values in sets)
    write_elf(
        path,
        entry,
        [
            *segments,
            (layout.PARAMETERS, parameters),
            (layout.TLB_ROWS, tlb),
            (layout.SETS, packed_sets),
            (layout.TABLE, table),
            (layout.CODE, bytes(code)),
        ],
    )
    return path


def branch_to_end(ea: int) -> int:
    """The branch at this address back to the code area's first word."""
    return i_form(layout.END_EA - ea, 0, 0)
