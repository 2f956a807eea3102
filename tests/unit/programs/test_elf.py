# SPDX-License-Identifier: BSD-3-Clause
"""ELF programs: what is loaded of them, and what is said of those that cannot be."""

from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path
from unittest import mock

import pytest

from simobjects.ppc440.symbols import Symbol, Symbols
from simobjects.programs.elf import HOW, parse_elf, read_elf
from simobjects.programs.image import ProgramError, Segment
from simobjects.programs.program import Program
from tests.helpers.elf_files import Elf, Part

PROGRAMS = Path(__file__).parents[2] / "data" / "baremetal"


def test_segments_go_to_physical_addresses_and_the_entry_with_them() -> None:
    image = parse_elf(Elf([Part(0xC0001000, b"two words", paddr=0x1000, memsize=0x100)], entry=0xC0001004).bytes())
    assert image.segments == (Segment(0x1000, b"two words", 0x100, 0xC0001000),)
    assert image.entry == 0x1004
    assert image.end == 0x1100


def test_what_is_cleared_lies_where_the_program_is_linked_if_that_is_memory() -> None:
    plain, moved, kernel = Segment(64, bytes(8), 72), Segment(64, bytes(8), 72, 512), Segment(64, bytes(8), 72, 1 << 31)
    assert [each.cleared(1024) for each in (plain, moved, kernel)] == [(72, 136), (520, 584), (72, 136)]
    assert [each.filled for each in (plain, moved, kernel)] == [(64, 72)] * 3
    assert [each.spans(1024) for each in (plain, moved, kernel)] == [[(64, 136)], [(64, 72), (520, 584)], [(64, 136)]]
    assert moved.spans(None) == [(64, 136)], "without a memory there is no other place"
    assert moved.spans(521) == [(64, 72), (520, 584)], "a part of it is memory: too small a one"
    assert moved.spans(520) == [(64, 136)]
    assert Segment(64, b"", 8, 512).spans(1024) == [(512, 520)]
    assert Segment(64, bytes(8), 8, 512).spans(1024) == [(64, 72)]


CODE = Part()
ACCEPTED = {
    "bss over what follows in a rom": [CODE, Part(0x30000, b"data", 0x10004, 0x800), Part(0x40000, b"x", 0x10008)],
    "bss alone": [CODE, Part(0x30000, b"", 0x10004, 0x800), Part(0x40000, b"more", 0x10004)],
    "bss over other bytes' load address": [CODE, Part(0x30000, b"data", 0x20000, 0x800), Part(0x50000, b"x", 0x30100)],
    "two overlays": [CODE, Part(0x30000, b"one1", 0x20000, 0x100), Part(0x30000, b"two2", 0x20004, 0x100)],
    "bytes side by side": [CODE, Part(0x10004, b"data")],
    "nothing at all beside it": [CODE, Part(0x10000, b"", memsize=0)],
    "nothing, taken from beyond the file": [CODE, Part(0x20000, b"", memsize=64, offset=1 << 20)],
    "load addresses up to the last": [CODE, Part(0x30000, b"data", 0xFFFFFFFC, 0x800)],
    "link addresses up to the last": [CODE, Part(0xFFFFF800, b"data", 0x20000, 0x800)],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_a_linker_may_lay_out(name: str) -> None:
    parts = ACCEPTED[name]
    image = parse_elf(Elf(parts).bytes())
    wanted = [part for part in parts if part.data or part.memsize]
    assert [(each.address, each.data, each.size, each.link) for each in image.segments] == [
        (
            part.vaddr if part.paddr is None else part.paddr,
            part.data,
            len(part.data) if part.memsize is None else part.memsize,
            part.vaddr,
        )
        for part in wanted
    ]


def test_a_file_of_the_same_date_and_size_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "p.elf"
    for data in (b"\x60\0\0\0", b"\x60\0\0\1"):
        file.write_bytes(Elf([Part(data=data)]).bytes())
        os.utime(file, ns=(10**18, 10**18))
        assert read_elf(file).segments[0].data == data


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
    symbols = Symbols(lambda: [Symbol(16, 0, "label"), Symbol(16, 4, "function"), Symbol(16, 0, "zlabel")])
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
    "bytes_without_memory": (
        Elf([Part(), Part(0x20000, b"abcd", memsize=0)]).bytes(),
        "segment 1 has 4 bytes in the file but only 0 in memory",
        "build or copy the file again",
    ),
    "identical": (
        Elf([Part(), Part()]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x10004 and 0x10000 to 0x10004",
        "correct the physical addresses (AT) in the linker script",
    ),
    "contained": (
        Elf([Part(0x10000, bytes(64)), Part(0x30000, b"in", 0x10010)]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x10040 and 0x10010 to 0x10012",
        "correct the physical addresses (AT) in the linker script",
    ),
    "contained_behind_a_short_one": (
        Elf([Part(0x10000, bytes(64)), Part(0x30000, b"", 0x10008, 64), Part(0x40000, b"in", 0x10010)]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x10040 and 0x10010 to 0x10012",
        "correct the physical addresses (AT) in the linker script",
    ),
    "in_its_bss": (
        Elf([Part(memsize=0x1000), Part(0x40000, b"x", 0x10800)]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x11000 and 0x10800 to 0x10801",
        "correct the physical addresses (AT) in the linker script",
    ),
    "in_the_bss_of_a_kernel": (
        Elf([Part(0xC0010000, bytes(4), 0x10000, 0x1000), Part(0xC0010800, b"x", 0x10800)], entry=0xC0010000).bytes(),
        "its segments overlap in memory: 0x10000 to 0x11000 and 0x10800 to 0x10801",
        "correct the physical addresses (AT) in the linker script",
    ),
    "loaded_beyond": (
        Elf([Part(), Part(0x30000, b"data", 0xFFFFFFFD)]).bytes(),
        "segment 1 goes beyond 32-bit addresses",
        "link it lower",
    ),
    "linked_beyond": (
        Elf([Part(), Part(0xFFFFFFF0, b"data", 0x30000, 0x11)]).bytes(),
        "segment 1 goes beyond 32-bit addresses",
        "link it lower",
    ),
    "short_program_headers": (
        GOOD[:42] + b"\0\x10" + GOOD[44:],
        "is damaged: its program headers have 16 bytes each, not 32",
        "build or copy the file again",
    ),
    "long_section_headers": (
        GOOD[:46] + b"\0\x40" + GOOD[48:],
        "is damaged: its section headers have 64 bytes each, not 40",
        "build or copy the file again",
    ),
    **{
        f"entry_{entry:#x}": (
            Elf([Part(data=bytes(8))], entry=entry).bytes(),
            f"its entry {entry:#x} is no address of an instruction, which is a multiple of 4",
            "align its label (.balign 4), or name another entry in the linker script",
        )
        for entry in (0x10001, 0x10002, 0x10003, 0x10007, 0xFFFFFFFF)
    },
    "entry_moved": (
        Elf([Part(0x10000, bytes(8), 0x20002)]).bytes(),
        "its entry 0x10000 is loaded to 0x20002, which is no multiple of 4",
        "correct the physical addresses (AT) in the linker script",
    ),
    "entry_in_bss": (
        Elf([Part(memsize=64)], entry=0x10010).bytes(),
        "its entry 0x10010 is in memory that the file does not fill: there is no instruction",
        "name the entry in the linker script",
    ),
    "entry_in_the_last_bytes": (
        Elf([Part(data=bytes(7))], entry=0x10004).bytes(),
        "its entry 0x10004 is in memory that the file does not fill: there is no instruction",
        "name the entry in the linker script",
    ),
    "entry_behind": (
        Elf(entry=0x10004).bytes(),
        "its entry 0x10004 is in no segment",
        "name the entry in the linker script",
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


def test_headers_that_share_bytes_take_no_more_memory_than_the_file() -> None:
    """4,000 headers of the same 600 KB, one behind the other in memory: as copies they would be 2.4 GB."""
    count, size = 4_000, 600_000
    one = Elf([Part(data=bytes(4))]).bytes()
    at = 52 + 32 * count
    headers = b"".join(
        struct.pack(">8I", 1, at, 0x10000 + size * number, 0x10000 + size * number, size, size, 7, 4)
        for number in range(count)
    )
    data = one[:44] + struct.pack(">H", count) + one[46:52] + headers + bytes(size)
    tracemalloc.start()
    image = parse_elf(data, "many.elf")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert len(image.segments) == count
    assert {len(each.data) for each in image.segments} == {size}


class Cleared:
    """Memory that only counts what is cleared."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []

    def zero(self, begin: int, count: int) -> None:
        self.spans.append((begin, begin + count))

    def write(self, begin: int, data: object) -> None:
        pass


def test_each_byte_is_cleared_once_however_many_headers_say_so() -> None:
    """Parts that are moved by other distances may be linked at the same place: 20,000 times 64 MB take minutes."""
    program = Program()
    parts = [Segment(0x10000 + 4 * number, b"abcd", 0x1000, linked=0x100000) for number in range(3)]
    parts.append(Segment(0x30000, b"", 0x800, linked=0x100C00))
    with (
        mock.patch.object(Program, "placed", lambda self: (("elf", part) for part in parts)),
        mock.patch.object(Program, "memory_size", lambda self: 1 << 24),
    ):
        memory = Cleared()
        program.load(memory, 0x40)  # type: ignore[arg-type]
    assert memory.spans == [(0x100044, 0x101040), (0x101040, 0x101440)]
