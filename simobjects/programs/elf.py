# SPDX-License-Identifier: BSD-3-Clause
"""ELF files: 32-bit big-endian PowerPC programs, linked at fixed addresses."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from simobjects.base.files import read_regular
from simobjects.ppc440.symbols import Symbol, Symbols
from simobjects.programs.elf_headers import (
    EM_PPC,
    ET_EXEC,
    PROGRAM_HEADER,
    PT_INTERP,
    PT_LOAD,
    SECTION_HEADER,
    SHF_EXECINSTR,
    SHT_SYMTAB,
    Headers,
    SectionHeader,
)
from simobjects.programs.image import INSTRUCTION, Image, ProgramError, Segment

HOW = "build it with: powerpc-linux-gnu-gcc -mcpu=440 -ffreestanding -nostdlib -static -no-pie"
ADDRESSES = 1 << 32
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
        elf = Headers(data)
        _check_kind(elf, data, where)
        segments = list(_segments(elf, data, where))
    except ProgramError:
        raise
    except (struct.error, ValueError) as error:
        raise _damaged(where, "its headers", error) from error
    _check_overlaps(segments, where)
    spans = [(segment.link, segment.link + segment.size) for segment in segments]
    return Image(tuple(segments), _entry(elf, segments, where), _symbols(elf, data, spans, where))


def _damaged(where: str | Path, part: str, error: Exception) -> ProgramError:
    reason = str(error) or type(error).__name__
    return ProgramError(where, f"is damaged: {part} cannot be read ({reason})", fix="build or copy the file again")


def _check_kind(elf: Headers, data: bytes, where: str | Path) -> None:
    kind = elf.kind
    if (kind.bits, kind.order, kind.machine) != (32, "big", EM_PPC):
        raise ProgramError(
            where,
            f"is for another machine: {kind.bits}-bit, {kind.order}-endian, {kind.machine_name}; "
            "expected 32-bit, big-endian, EM_PPC",
            fix=HOW,
        )
    # A header of no size would be read any number of times.
    if elf.segments() * PROGRAM_HEADER > len(data) or elf.sections() * SECTION_HEADER > len(data):
        raise ProgramError(where, "is truncated: its headers are missing", fix="build or copy the file again")
    for part, count, size, expected in (
        ("program", elf.segments(), elf.file.phentsize, PROGRAM_HEADER),
        ("section", elf.sections(), elf.file.shentsize, SECTION_HEADER),
    ):
        if count and size != expected:
            what = f"is damaged: its {part} headers have {size} bytes each, not {expected}"
            raise ProgramError(where, what, fix="build or copy the file again")
    if kind.type != ET_EXEC:
        raise ProgramError(where, f"is not linked at fixed addresses ({kind.type_name})", fix=HOW)


def _segments(elf: Headers, data: bytes, where: str | Path) -> Iterator[Segment]:
    """Each part that is loaded, as views: any number of headers may name the same bytes."""
    whole = memoryview(data)
    for number in range(elf.segments()):
        header = elf.segment(number)
        if header.type == PT_INTERP:
            raise ProgramError(where, "needs a dynamic loader (PT_INTERP)", fix=HOW)
        begin, length, size = header.offset, header.filesz, header.memsz
        if header.type != PT_LOAD or length == size == 0:
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
        if header.paddr + length > ADDRESSES or header.vaddr + size > ADDRESSES:
            raise ProgramError(where, f"segment {number} goes beyond 32-bit addresses", fix="link it lower")
        linked = None if header.vaddr == header.paddr else header.vaddr
        yield Segment(header.paddr, whole[begin : begin + length], size, linked)


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


def _entry(elf: Headers, segments: list[Segment], where: str | Path) -> int:
    """The entry translated to where it lies in memory."""
    entry = elf.file.entry
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


def _symbols(elf: Headers, data: bytes, spans: Sequence[tuple[int, int]], where: str | Path) -> Symbols:
    """Functions, and labels of assembly code in sections that are executed."""
    try:
        sections = [elf.section(number) for number in range(elf.sections())]
    except struct.error as error:
        raise _damaged(where, "its section headers", error) from error
    code = {number for number, header in enumerate(sections) if header.flags & SHF_EXECINSTR}
    for header in sections:
        if header.type == SHT_SYMTAB and header.link < len(sections):
            names = _bytes(data, sections[header.link], where)
            table = _bytes(data, header, where)
            return Symbols(partial(_functions, table, names, code), spans)
    return Symbols()


def _bytes(data: bytes, header: SectionHeader, where: str | Path) -> bytes:
    if header.offset + header.size > len(data):
        raise ProgramError(where, "is truncated: its symbols are missing", fix="build or copy the file again")
    return data[header.offset : header.offset + header.size]


def _functions(table: bytes, names: bytes, code: set[int]) -> Iterator[Symbol]:
    whole = len(table) // _SYMBOL.size * _SYMBOL.size
    for name, address, size, info, _, section in _SYMBOL.iter_unpack(table[:whole]):
        kind = info & 15
        if kind == _FUNCTION or (kind == _NOTYPE and section in code):
            end = names.find(b"\0", name, name + LONGEST_NAME)
            text = names[name : end if end >= 0 else name + LONGEST_NAME].decode("utf-8", "replace")
            if text and not text.startswith((".L", "$")):
                yield Symbol(address, size, text)
