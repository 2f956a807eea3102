# SPDX-License-Identifier: BSD-3-Clause
"""ELF programs: what is loaded of them, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.ppc440.image import ProgramError, Segment, Symbol, Symbols
from simobjects.workloads.elf import HOW, parse_elf, read_elf
from tests.helpers.elf_files import Elf, Part

PROGRAMS = Path(__file__).parents[2] / "data" / "baremetal"


def test_segments_go_to_physical_addresses_and_the_entry_with_them() -> None:
    image = parse_elf(Elf([Part(0xC0001000, b"code", paddr=0x1000, memsize=0x100)], entry=0xC0001004).bytes())
    assert image.segments == (Segment(0x1000, b"code", 0x100),)
    assert image.entry == 0x1004
    assert image.end == 0x1100


def test_symbols_name_addresses() -> None:
    symbols = [("first", 0x10000, 8), ("second", 0x10010, 0), ("third", 0x10040, 4)]
    image = parse_elf(Elf([Part(data=bytes(0x50))], symbols=symbols).bytes())
    assert [image.symbols.name(ea) for ea in (0x10000, 0x10004, 0x10008, 0x10020, 0x10044, 0)] == [
        "first",
        "first+0x4",
        "0x00010008",
        "second+0x10",
        "0x00010044",
        "0x00000000",
    ]
    assert image.symbols.find("third") == 0x10040
    assert image.symbols.find("fourth") is None


def test_of_several_names_the_one_with_a_size_is_taken() -> None:
    symbols = Symbols([Symbol(16, 0, "label"), Symbol(16, 4, "function"), Symbol(16, 0, "zlabel")])
    assert symbols.name(16) == "function"


def test_a_real_program() -> None:
    image = read_elf(PROGRAMS / "t01_sizes.elf")
    assert [(segment.address, len(segment.data), segment.size) for segment in image.segments] == [
        (0x10000, 0x1EB0, 0x71E0)
    ]
    assert image.entry == 0x11000
    assert image.symbols.name(0x10100) == "common"
    assert image.symbols.name(image.entry) == "_start"


GOOD = Elf(symbols=[("f", 0x10000, 4)]).bytes()
CASES: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "is no ELF file", "for a raw memory image use RawImage(image=...)"),
    "text": (b"hello", "is no ELF file", "for a raw memory image use RawImage(image=...)"),
    "only_ident": (GOOD[:20], "is damaged: its headers cannot be read", "build or copy the file again"),
    "no_headers": (GOOD[:52], "is truncated: its headers are missing", "build or copy the file again"),
    "truncated": (
        Elf([Part(filesize=4096)]).bytes(),
        "is truncated: segment 0 takes bytes 84 to 4180, the file has 88",
        "build or copy the file again",
    ),
    "x86": (
        Elf(machine=3).bytes(),
        "is for another machine: 32-bit, big-endian, EM_386; expected 32-bit, big-endian, EM_PPC",
        HOW,
    ),
    "little_endian": (
        Elf(ident=b"\x7fELF\x01\x01\x01").bytes(),
        "is for another machine: 32-bit, little-endian, EM_PPC; expected 32-bit, big-endian, EM_PPC",
        HOW,
    ),
    "shared": (Elf(kind=3).bytes(), "is not linked at fixed addresses (ET_DYN)", HOW),
    "object": (Elf(kind=1).bytes(), "is not linked at fixed addresses (ET_REL)", HOW),
    "dynamic": (
        Elf([Part(), Part(kind=3)]).bytes(),
        "needs a dynamic loader (PT_INTERP)",
        HOW,
    ),
    "nothing": (Elf([Part(kind=4)]).bytes(), "has nothing to load (no PT_LOAD segment)", HOW),
    "overlap": (
        Elf([Part(0x10000, bytes(0x20)), Part(0x20000, bytes(4), paddr=0x1001C)]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x10020 and 0x1001c to 0x10020",
        "correct the physical addresses (AT) in the linker script",
    ),
    "wrapping": (Elf([Part(0xFFFFFFFE)]).bytes(), "segment 0 goes beyond 32-bit addresses", "link it lower"),
    "shrinking": (
        Elf([Part(memsize=2)]).bytes(),
        "segment 0 has 4 bytes in the file but only 2 in memory",
        "build or copy the file again",
    ),
    "entry": (Elf(entry=0).bytes(), "its entry 0x0 is in no segment", "name the entry in the linker script"),
    "symbols_cut": (GOOD[:-1], "is damaged: its section headers cannot be read", "build or copy the file again"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_loaded_is_told(case: str) -> None:
    data, what, fix = CASES[case]
    with pytest.raises(ProgramError) as caught:
        parse_elf(data, "prog.elf")
    assert str(caught.value).startswith(f"prog.elf: {what}")
    assert caught.value.fix == fix


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ProgramError, match=r"absent\.elf: No such file or directory\n  fix: give the path"):
        read_elf("absent.elf")
