# SPDX-License-Identifier: BSD-3-Clause
"""ELF files: 32-bit big-endian PowerPC programs, linked at fixed addresses."""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from simobjects.base.files import read_regular
from simobjects.ppc440.symbols import Symbol, Symbols
from simobjects.programs.image import INSTRUCTION, Image, ProgramError, Segment

HOW = "build it with: powerpc-linux-gnu-gcc -mcpu=440 -ffreestanding -nostdlib -static -no-pie"
ADDRESSES = 1 << 32
PROGRAM_HEADER, SECTION_HEADER = 32, 40
"""Bytes of a header in a 32-bit file."""
LONGEST_NAME = 512
_SYMBOL = struct.Struct(">IIIBBH")
_NOTYPE, _FUNCTION = 0, 2


def read_elf(path: str | Path) -> Image:
    """The program in an ELF file.

    Args:
        path: of the file.

    Raises:
        ProgramError: it cannot be read, or is none that a 440 can start; with what to do.
    """
    try:
        return _parsed(read_regular(Path(path)), str(path))
    except OSError as error:
        raise ProgramError(path, error.strerror or "cannot be read", fix="give the path of an ELF file") from None


@lru_cache(maxsize=2)  # described, checked, loaded: three readers of one file. By its bytes: a date may lie
def _parsed(data: bytes, path: str) -> Image:
    return parse_elf(data, path)


def parse_elf(data: bytes, where: str | Path = "(memory)") -> Image:
    """The program in the bytes of an ELF file, which may be anybody's.

    Args:
        data: the whole file: 32-bit, big-endian, PowerPC, linked at fixed addresses.
        where: what it is called in messages.

    Raises:
        ProgramError: it is damaged, or for another machine; its parts overlap, or its entry is no instruction.
    """
    if data[:4] != b"\x7fELF":
        raise ProgramError(where, "is no ELF file", fix="for a raw memory image use RawImage(image=...)")
    try:
        elf = ELFFile(io.BytesIO(data))
        _check_kind(elf, data, where)
        segments = list(_segments(elf, data, where))
    except ProgramError:
        raise
    except Exception as error:  # the parser lets what it trips over through
        raise _damaged(where, "its headers", error) from error
    _check_overlaps(segments, where)
    spans = [(segment.link, segment.link + segment.size) for segment in segments]
    return Image(tuple(segments), _entry(elf, segments, where), _symbols(elf, data, spans, where))


def _damaged(where: str | Path, part: str, error: Exception) -> ProgramError:
    reason = str(error) or type(error).__name__
    return ProgramError(where, f"is damaged: {part} cannot be read ({reason})", fix="build or copy the file again")


def _check_kind(elf: Any, data: bytes, where: str | Path) -> None:
    header = elf.header
    # A header of no size would be read any number of times.
    if elf.num_segments() * PROGRAM_HEADER > len(data) or elf.num_sections() * SECTION_HEADER > len(data):
        raise ProgramError(where, "is truncated: its headers are missing", fix="build or copy the file again")
    for kind, count, size, expected in (
        ("program", elf.num_segments(), header.e_phentsize, PROGRAM_HEADER),
        ("section", elf.num_sections(), header.e_shentsize, SECTION_HEADER),
    ):
        if elf.elfclass == 32 and count and size != expected:
            what = f"is damaged: its {kind} headers have {size} bytes each, not {expected}"
            raise ProgramError(where, what, fix="build or copy the file again")
    if elf.elfclass != 32 or elf.little_endian or header.e_machine != "EM_PPC":
        order = "little" if elf.little_endian else "big"
        raise ProgramError(
            where,
            f"is for another machine: {elf.elfclass}-bit, {order}-endian, {header.e_machine}; "
            "expected 32-bit, big-endian, EM_PPC",
            fix=HOW,
        )
    if header.e_type != "ET_EXEC":
        raise ProgramError(where, f"is not linked at fixed addresses ({header.e_type})", fix=HOW)


def _segments(elf: Any, data: bytes, where: str | Path) -> Iterator[Segment]:
    """Each part that is loaded, as views: any number of headers may name the same bytes."""
    whole = memoryview(data)
    for number in range(elf.num_segments()):
        header = elf.get_segment(number).header
        if header.p_type == "PT_INTERP":
            raise ProgramError(where, "needs a dynamic loader (PT_INTERP)", fix=HOW)
        begin, length, size = header.p_offset, header.p_filesz, header.p_memsz
        if header.p_type != "PT_LOAD" or length == size == 0:
            continue
        if length and begin + length > len(data):
            raise ProgramError(
                where,
                f"is truncated: segment {number} takes bytes {begin} to {begin + length}, the file has {len(data)}",
                fix="build or copy the file again",
            )
        if length > size:
            raise ProgramError(
                where,
                f"segment {number} has {length} bytes in the file but only {size} in memory",
                fix="build or copy the file again",
            )
        if header.p_paddr + length > ADDRESSES or header.p_vaddr + size > ADDRESSES:
            raise ProgramError(where, f"segment {number} goes beyond 32-bit addresses", fix="link it lower")
        linked = None if header.p_vaddr == header.p_paddr else header.p_vaddr
        yield Segment(header.p_paddr, whole[begin : begin + length], size, linked)


def _check_overlaps(segments: list[Segment], where: str | Path) -> None:
    """What is cleared is in the way of others only where it surely lies: at its own load address, or among parts that
    are moved by the same distance and so overlap wherever they are."""
    if not segments:
        raise ProgramError(where, "has nothing to load (no PT_LOAD segment)", fix=HOW)
    moved: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for segment in segments:
        moved[segment.link - segment.address].append((segment.address, segment.end))
    surely = [(each.address, each.end) if each.linked is None else each.filled for each in segments]
    for spans in (surely, *moved.values()):
        ordered = sorted(span for span in spans if span[0] < span[1])
        for low, high in pairwise(ordered):
            if high[0] < low[1]:
                raise ProgramError(
                    where,
                    f"its segments overlap in memory: {low[0]:#x} to {low[1]:#x} and {high[0]:#x} to {high[1]:#x}",
                    fix="correct the physical addresses (AT) in the linker script",
                )


def _entry(elf: Any, segments: list[Segment], where: str | Path) -> int:
    """The entry translated to where it lies in memory."""
    entry = int(elf.header.e_entry)
    if entry % INSTRUCTION:
        what = f"its entry {entry:#x} is no address of an instruction, which is a multiple of {INSTRUCTION}"
        raise ProgramError(where, what, fix="align its label (.balign 4), or name another entry in the linker script")
    for segment in segments:
        if segment.link <= entry <= segment.link + len(segment.data) - INSTRUCTION:
            place = entry - segment.link + segment.address
            if place % INSTRUCTION:
                what = f"its entry {entry:#x} is loaded to {place:#x}, which is no multiple of {INSTRUCTION}"
                raise ProgramError(where, what, fix="correct the physical addresses (AT) in the linker script")
            return place
    if any(segment.link <= entry < segment.link + segment.size for segment in segments):
        what = f"its entry {entry:#x} is in memory that the file does not fill: there is no instruction"
    else:
        what = f"its entry {entry:#x} is in no segment"
    raise ProgramError(where, what, fix="name the entry in the linker script")


def _symbols(elf: Any, data: bytes, spans: Sequence[tuple[int, int]], where: str | Path) -> Symbols:
    """Functions, and labels of assembly code in sections that are executed."""
    try:
        sections = [elf.get_section(number).header for number in range(elf.num_sections())]
    except Exception as error:
        raise _damaged(where, "its section headers", error) from error
    code = {number for number, header in enumerate(sections) if header.sh_flags & 4}
    for header in sections:
        if header.sh_type == "SHT_SYMTAB" and header.sh_link < len(sections):
            names = _bytes(data, sections[header.sh_link], where)
            table = _bytes(data, header, where)
            return Symbols(partial(_functions, table, names, code), spans)
    return Symbols()


def _bytes(data: bytes, header: Any, where: str | Path) -> bytes:
    if header.sh_offset + header.sh_size > len(data):
        raise ProgramError(where, "is truncated: its symbols are missing", fix="build or copy the file again")
    return data[header.sh_offset : header.sh_offset + header.sh_size]


def _functions(table: bytes, names: bytes, code: set[int]) -> Iterator[Symbol]:
    whole = len(table) // _SYMBOL.size * _SYMBOL.size
    for name, address, size, info, _, section in _SYMBOL.iter_unpack(table[:whole]):
        kind = info & 15
        if kind == _FUNCTION or (kind == _NOTYPE and section in code):
            end = names.find(b"\0", name, name + LONGEST_NAME)
            text = names[name : end if end >= 0 else name + LONGEST_NAME].decode("utf-8", "replace")
            if text and not text.startswith((".L", "$")):
                yield Symbol(address, size, text)
