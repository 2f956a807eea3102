# SPDX-License-Identifier: BSD-3-Clause
"""ELF files: 32-bit big-endian PowerPC programs, linked at fixed addresses."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from simobjects.ppc440.image import Image, ProgramError, Segment, Symbol, Symbols

HOW = "build it with: powerpc-linux-gnu-gcc -mcpu=440 -ffreestanding -nostdlib -static -no-pie"
ADDRESSES = 1 << 32
LONGEST_NAME = 512
_SYMBOL = struct.Struct(">IIIBBH")
_NOTYPE, _FUNCTION = 0, 2


def read_elf(path: str | Path) -> Image:
    """The program in an ELF file; ProgramError when it is none that a 440 can start."""
    try:
        state = Path(path).stat()
    except OSError as error:
        raise ProgramError(path, error.strerror or "cannot be read", fix="give the path of an ELF file") from None
    return _read(str(path), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)  # described, checked, loaded: three readers of one file
def _read(path: str, changed: int, size: int) -> Image:
    try:
        return parse_elf(Path(path).read_bytes(), path)
    except OSError as error:
        raise ProgramError(path, error.strerror or "cannot be read", fix="give the path of an ELF file") from None


def parse_elf(data: bytes, where: str | Path = "(memory)") -> Image:
    """The program in the bytes of an ELF file."""
    if data[:4] != b"\x7fELF":
        raise ProgramError(where, "is no ELF file", fix="for a raw memory image use RawImage(image=...)")
    try:
        elf = ELFFile(io.BytesIO(data))
        _check_kind(elf, data, where)
        found = list(_segments(elf, data, where))
    except ProgramError:
        raise
    except Exception as error:  # the parser lets what it trips over through
        raise _damaged(where, "its headers", error) from error
    spans = [(start, start + segment.size) for segment, start in found]
    _check_overlaps([segment for segment, _ in found], where)
    return Image(tuple(segment for segment, _ in found), _entry(elf, found, where), _symbols(elf, data, spans, where))


def _damaged(where: str | Path, part: str, error: Exception) -> ProgramError:
    reason = str(error) or type(error).__name__
    return ProgramError(where, f"is damaged: {part} cannot be read ({reason})", fix="build or copy the file again")


def _check_kind(elf: Any, data: bytes, where: str | Path) -> None:
    header = elf.header
    # A header of no size would be read any number of times.
    if elf.num_segments() * 32 > len(data) or elf.num_sections() * 40 > len(data):
        raise ProgramError(where, "is truncated: its headers are missing", fix="build or copy the file again")
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


def _segments(elf: Any, data: bytes, where: str | Path) -> Any:
    """(segment, first effective address) of each part that is loaded."""
    for number in range(elf.num_segments()):
        header = elf.get_segment(number).header
        if header.p_type == "PT_INTERP":
            raise ProgramError(where, "needs a dynamic loader (PT_INTERP)", fix=HOW)
        if header.p_type != "PT_LOAD" or header.p_memsz == 0:
            continue
        begin, length = header.p_offset, header.p_filesz
        if begin + length > len(data):
            raise ProgramError(
                where,
                f"is truncated: segment {number} takes bytes {begin} to {begin + length}, the file has {len(data)}",
                fix="build or copy the file again",
            )
        if length > header.p_memsz:
            raise ProgramError(
                where,
                f"segment {number} has {length} bytes in the file but only {header.p_memsz} in memory",
                fix="build or copy the file again",
            )
        if header.p_paddr + header.p_memsz > ADDRESSES or header.p_vaddr + header.p_memsz > ADDRESSES:
            raise ProgramError(where, f"segment {number} goes beyond 32-bit addresses", fix="link it lower")
        yield Segment(header.p_paddr, data[begin : begin + length], header.p_memsz), header.p_vaddr


def _check_overlaps(segments: list[Segment], where: str | Path) -> None:
    if not segments:
        raise ProgramError(where, "has nothing to load (no PT_LOAD segment)", fix=HOW)
    ordered = sorted(segments, key=lambda segment: segment.address)
    for low, high in zip(ordered, ordered[1:], strict=False):
        if high.address < low.end:
            raise ProgramError(
                where,
                f"its segments overlap in memory: {low.address:#x} to {low.end:#x} and "
                f"{high.address:#x} to {high.end:#x}",
                fix="correct the physical addresses (AT) in the linker script",
            )


def _entry(elf: Any, found: list[tuple[Segment, int]], where: str | Path) -> int:
    """The entry translated to where it lies in memory."""
    entry = int(elf.header.e_entry)
    for segment, start in found:
        if start <= entry < start + segment.size:
            return entry - start + segment.address
    raise ProgramError(where, f"its entry {entry:#x} is in no segment", fix="name the entry in the linker script")


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
            return Symbols(list(_functions(table, names, code)), spans)
    return Symbols()


def _bytes(data: bytes, header: Any, where: str | Path) -> bytes:
    if header.sh_offset + header.sh_size > len(data):
        raise ProgramError(where, "is truncated: its symbols are missing", fix="build or copy the file again")
    return data[header.sh_offset : header.sh_offset + header.sh_size]


def _functions(table: bytes, names: bytes, code: set[int]) -> Any:
    whole = len(table) // _SYMBOL.size * _SYMBOL.size
    for name, address, size, info, _, section in _SYMBOL.iter_unpack(table[:whole]):
        kind = info & 15
        if kind == _FUNCTION or (kind == _NOTYPE and section in code):
            end = names.find(b"\0", name, name + LONGEST_NAME)
            text = names[name : end if end >= 0 else name + LONGEST_NAME].decode("utf-8", "replace")
            if text and not text.startswith((".L", "$")):
                yield Symbol(address, size, text)
