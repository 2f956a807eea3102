# SPDX-License-Identifier: BSD-3-Clause
"""The disassembler agrees with GNU objdump: every instruction, random operands, and whole programs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simobjects.isa.assemble import split_ten
from simobjects.isa.disassemble import disassemble
from simobjects.isa.table import Instruction, decode, instructions
from tests.helpers import objdump
from tests.helpers.encodings import encode
from tests.reference.ppc440 import sprs

ORACLE = Path(__file__).parents[4] / "shared" / "oracle"
PROGRAMS = ("s1_compute", "s2_thrash", "s3_fit", "t01_sizes", "t05_miss", "t07_prog", "t08_readback", "t10_dev")
UNKNOWN_TO_OBJDUMP = {
    "icbt_old": "the encoding that only older cores document",
    "mftb": "objdump has mftb as a form of mfspr only",
}


def ours(word: int, address: int, *, raw: bool = False) -> str:
    return spelled(objdump.normal(disassemble(word, address, raw=raw)))


def theirs(text: str) -> str:
    return spelled(objdump.normal(text))


def spelled(text: str) -> str:
    """Operands that objdump leaves out when they are 0, or shows only in its raw form, are not compared."""
    mnemonic, _, rest = text.partition(" ")
    operands = rest.split(",")
    if mnemonic in ("tlbwe", "tlbre"):
        operands += ["r0", "0"][len(operands) - 1 :]
    if mnemonic in ("tlbsx", "tlbsx.") and len(operands) == 2:
        operands = ["r0", *operands]
    if mnemonic in ("bclr", "bclrl", "bcctr", "bcctrl", "lwarx") and operands[-1] == "0":
        operands = operands[: {"lwarx": 3}.get(mnemonic, 2)]
    if mnemonic in ("dcbf", "mtmsr") and operands[-1] == "0":
        operands = operands[: {"dcbf": 2, "mtmsr": 1}[mnemonic]]
    if mnemonic == "mfcr":
        operands = operands[:1]
    if mnemonic == "icbt" and len(operands) == 3:
        operands = operands[1:]
    if mnemonic in ("dccci", "iccci"):
        operands = [operands[0].replace("r0", "0"), *(one for one in operands[1:] if one != "r0")]
    if mnemonic == "sc" or mnemonic == ".long":
        operands = [str(int(operands[0] or "0", 0))]
    return f"{mnemonic} {','.join(operands)}".strip()


@pytest.mark.parametrize("raw", [False, True], ids=["simplified", "raw"])
def test_every_instruction_reads_as_objdump_reads_it(raw: bool, tmp_path: Path) -> None:
    rng = random.Random(440)
    rows = [row for row in instructions() for _ in range(40)]
    numbers = [split_ten(number) for number in sprs.KNOWN]  # objdump has names for other cores' registers too
    words = [encode(row, rng, {"spr": numbers}) for row in rows]
    expected = objdump.words(words, tmp_path, raw=raw)
    compared = set()
    for place, (row, word, text) in enumerate(zip(rows, words, expected, strict=True)):
        if row.id in UNKNOWN_TO_OBJDUMP:
            assert text.startswith(".long"), f"objdump knows {row.id} by now"
            continue
        assert ours(word, 4 * place, raw=raw) == theirs(text), f"{row.id} {word:08x}"
        compared.add(row.id)
    assert len(compared) == len(instructions()) - len(UNKNOWN_TO_OBJDUMP)


def test_simplified_mnemonics_read_as_objdump_reads_them(tmp_path: Path) -> None:
    """Operands that have a shorter name are rare among random ones, so they are listed."""
    words = [0x60000000, 0x68000000, 0x7FE00008, 0x4C210982, 0x4C210A42, 0x4C221382, 0x4C221042, 0x7C6FF120, 0x7C0006AC]
    words += [0x38600005, 0x3C60FFF0, 0x7C832378, 0x7C832379, 0x7C8420F8, 0x7C0003CC, 0x7C00078C, 0x7C00038C]
    words += [
        16 << 26 | bo << 21 | bi << 16 | 0x10 | low
        for bo in range(21)
        for bi in range(8)
        for low in range(4)
        if bo not in (6, 7, 14, 15)
    ]
    words += [
        19 << 26 | bo << 21 | bi << 16 | xo << 1 | lk
        for bo in (4, 5, 12, 13, 20)
        for bi in range(8)
        for lk in (0, 1)
        for xo in (16, 528)
    ]
    words += [19 << 26 | bo << 21 | bi << 16 | 16 << 1 for bo in range(20) for bi in (0, 6) if bo not in (6, 7, 14, 15)]
    words += [
        start | to << 21 | 3 << 16 | 0x2000 | low for to in range(32) for start, low in ((3 << 26, 5), (31 << 26, 8))
    ]
    words += [
        21 << 26 | 3 << 21 | 4 << 16 | sh << 11 | mb << 6 | me << 1 | rc
        for sh in range(0, 32, 3)
        for mb in (0, 5, 32 - sh & 31)
        for me in (31, 31 - sh, 20)
        for rc in (0, 1)
    ]
    words += [23 << 26 | 3 << 21 | 4 << 16 | 5 << 11 | 31 << 1]
    words += [
        0x7C600000 | xo << 1 | (n & 31) << 16 | n >> 5 << 11
        for xo in (339, 467)
        for n in (
            1,
            8,
            9,
            22,
            26,
            27,
            48,
            54,
            61,
            62,
            63,
            260,
            263,
            268,
            269,
            272,
            279,
            284,
            285,
            287,
            336,
            340,
            400,
            415,
            570,
            572,
            880,
            946,
            947,
            1011,
        )
    ]
    for place, (word, text) in enumerate(zip(words, objdump.words(words, tmp_path), strict=True)):
        assert ours(word, 4 * place) == theirs(text), f"{word:08x}"


@pytest.mark.oracle
@pytest.mark.skipif(not ORACLE.exists(), reason="the recordings (../shared/oracle) are not beside this project")
@pytest.mark.parametrize("name", [*PROGRAMS, pytest.param("vmlinux-soft", marks=pytest.mark.slow)])
def test_programs_read_as_objdump_reads_them(name: str) -> None:
    elf = ORACLE / ("linux/vmlinux-soft" if name == "vmlinux-soft" else f"baremetal/{name}.elf")
    lines = objdump.program(elf)
    assert len(lines) > 100
    names = {row.mnemonic for row in instructions()}
    seen: set[tuple[int, int]] = set()
    for address, word, text in lines:
        if (word, address if word >> 26 in (16, 18) else 0) in seen:
            continue
        seen.add((word, address if word >> 26 in (16, 18) else 0))
        known = theirs(text)
        if decode(word) is None:
            # Data among the code, or what the bare core does not have (floating point, indexed DCR access).
            assert not known.startswith(".long") or word == int(known.partition(" ")[2])
            assert known.partition(" ")[0] not in names, f"{address:08x}: {word:08x} {text}"
        elif known.startswith(".long"):
            # Data again: objdump refuses reserved bits that the core ignores.
            assert is_data(lines, address), f"{address:08x}: {word:08x}"
        else:
            assert ours(word, address) == known, f"{address:08x}: {word:08x}"


def is_data(lines: list[tuple[int, int, str]], address: int) -> bool:
    """Whether a word lies in a table: none of ours jumps over one, so a neighbour is no instruction either."""
    near = [decode(word) for at, word, _ in lines if 0 < abs(at - address) <= 32]
    return None in near


def test_every_word_has_a_text() -> None:
    rng = random.Random(1)
    for _ in range(20_000):
        assert disassemble(rng.getrandbits(32), rng.getrandbits(32))


def rows_of(primary: int) -> list[Instruction]:
    return [row for row in instructions() if row.primary == primary]


def test_no_two_instructions_share_an_opcode() -> None:
    for primary in {row.primary for row in instructions()}:
        rows = rows_of(primary)
        assert len({row.extended for row in rows}) == len(rows)
        assert len(rows) == 1 or all(row.extended >= 0 for row in rows)


def test_every_encoding_decodes_to_its_own_row() -> None:
    rng = random.Random(2)
    for row in instructions():
        for _ in range(20):
            assert decode(encode(row, rng)) is row
