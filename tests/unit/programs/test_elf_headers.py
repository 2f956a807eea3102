# SPDX-License-Identifier: BSD-3-Clause
"""The headers of ELF files are those that pyelftools reads, also where a byte of them is another."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_E_MACHINE, ENUM_E_TYPE, ENUM_P_TYPE_BASE, ENUM_SH_TYPE_BASE
from elftools.elf.enums import ENUM_P_TYPE_ARM as MORE_SEGMENTS

from simobjects.programs import elf_headers
from simobjects.programs.elf_headers import Headers
from tests.helpers.elf_files import Elf, Part

FILES = sorted((Path(__file__).parents[2] / "data" / "baremetal").glob("*.elf"))[:6]
MADE = Elf([Part(), Part(0x20000, b"more", memsize=64)], symbols=[("f", 0x10000, 4)]).bytes()


def number(value: object, names: Mapping[str, int]) -> object:
    return names.get(value, value) if isinstance(value, str) else value


def same(data: bytes) -> bool:
    """AssertionError: pyelftools reads another number. False: it refuses the file."""
    try:
        theirs = ELFFile(io.BytesIO(data))
        if theirs.elfclass != 32 or theirs.little_endian:
            return False
        counts = theirs.num_segments(), theirs.num_sections()
    except Exception:
        return False
    ours = Headers(data)
    assert (ours.segments(), ours.sections()) == counts
    header = theirs.header
    assert ours.file.entry == header.e_entry
    assert (ours.file.phentsize, ours.file.shentsize) == (header.e_phentsize, header.e_shentsize)
    assert ours.kind.type == number(header.e_type, ENUM_E_TYPE)
    assert ours.kind.machine == number(header.e_machine, ENUM_E_MACHINE)
    for place in range(min(counts[0], 20)):
        try:
            raw = theirs.get_segment(place).header
        except Exception:
            continue
        found = ours.segment(place)
        assert found[1:] == tuple(raw[f"p_{name}"] for name in found._fields[1:])
        if isinstance(raw.p_type, int) or raw.p_type in ENUM_P_TYPE_BASE:
            assert found.type == number(raw.p_type, {**MORE_SEGMENTS, **ENUM_P_TYPE_BASE})
    for place in range(min(counts[1], 40)):
        try:
            raw = theirs.get_section(place).header
        except Exception:
            continue
        section = ours.section(place)
        names = [f"sh_{name}" for name in section._fields]
        assert section[2:] == tuple(raw[name] for name in names[2:])
        if isinstance(raw.sh_type, int) or raw.sh_type in ENUM_SH_TYPE_BASE:
            assert section.type == number(raw.sh_type, ENUM_SH_TYPE_BASE)
    return True


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_real_program(file: Path) -> None:
    assert same(file.read_bytes())


def test_bytes_of_all_kinds() -> None:
    rng = random.Random(5)
    read = 0
    for _ in range(400):
        data = bytearray(MADE)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(16, 52) if rng.random() < 0.5 else rng.randrange(16, len(data))
            data[at] = rng.choice((0, 1, 255, rng.randrange(256)))
        read += same(bytes(data))
    assert read > 100, "most of them were refused"


def test_many_segments_and_sections_are_counted_in_the_first_section_header() -> None:
    data = bytearray(MADE)
    sections = struct.unpack_from(">I", data, 32)[0]
    struct.pack_into(">H", data, 44, 0xFFFF)
    struct.pack_into(">I", data, sections + 28, 70_000)
    assert Headers(bytes(data)).segments() == 70_000 == ELFFile(io.BytesIO(bytes(data))).num_segments()
    data = bytearray(MADE)
    struct.pack_into(">H", data, 48, 0)
    struct.pack_into(">I", data, sections + 20, 80_000)
    assert Headers(bytes(data)).sections() == 80_000 == ELFFile(io.BytesIO(bytes(data))).num_sections()


def test_the_codes_are_those_of_the_abi() -> None:
    assert elf_headers.EM_PPC == ENUM_E_MACHINE["EM_PPC"]
    assert elf_headers.ET_EXEC == ENUM_E_TYPE["ET_EXEC"]
    assert (elf_headers.PT_LOAD, elf_headers.PT_INTERP) == (ENUM_P_TYPE_BASE["PT_LOAD"], ENUM_P_TYPE_BASE["PT_INTERP"])
    codes = (ENUM_SH_TYPE_BASE["SHT_PROGBITS"], ENUM_SH_TYPE_BASE["SHT_SYMTAB"])
    assert (elf_headers.SHT_PROGBITS, elf_headers.SHT_SYMTAB) == codes


def test_a_file_cut_anywhere_raises_what_its_reader_expects() -> None:
    for length in range(len(MADE)):
        try:
            headers = Headers(MADE[:length])
            for place in range(headers.segments()):
                headers.segment(place)
            for place in range(headers.sections()):
                headers.section(place)
        except (struct.error, ValueError):
            continue
        assert length >= 52
