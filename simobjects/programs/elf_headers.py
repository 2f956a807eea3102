# SPDX-License-Identifier: BSD-3-Clause
"""The headers of a 32-bit big-endian ELF file: all that a program is loaded by.

pyelftools reads much more, and its fifty modules take as long to import as such a program takes to boot: whatever
looks further into a file uses it (`linux.fit`), and so does a message about a file that is something else.
Layouts: System V ABI, chapter 4 (object files) and 5 (program loading).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

EM_PPC, ET_EXEC = 20, 2
PT_LOAD, PT_INTERP = 1, 3
SHT_PROGBITS, SHT_SYMTAB = 1, 2
SHF_EXECINSTR = 4
MANY_SEGMENTS = 0xFFFF
"""PN_XNUM: their number is in the first section header."""

_IDENT = struct.Struct("4sBB10x")
_HEADER = struct.Struct(">16xHHIIIIIHHHHHH")
_SEGMENT = struct.Struct(">8I")
_SECTION = struct.Struct(">10I")

PROGRAM_HEADER, SECTION_HEADER = _SEGMENT.size, _SECTION.size
"""Bytes of a header in a 32-bit file."""


class Header(NamedTuple):
    """Of the file."""

    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int


class SegmentHeader(NamedTuple):
    """What is loaded, and where to."""

    type: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    flags: int
    align: int


class SectionHeader(NamedTuple):
    """What is in the file."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int


class Kind(NamedTuple):
    """What sort of file it is, of whatever word size and byte order."""

    bits: int
    order: str
    type: int
    machine: int

    @property
    def machine_name(self) -> str:
        """As the ABI names it."""
        from elftools.elf.enums import ENUM_E_MACHINE

        return _name(ENUM_E_MACHINE, self.machine)

    @property
    def type_name(self) -> str:
        """As the ABI names it."""
        from elftools.elf.enums import ENUM_E_TYPE

        return _name(ENUM_E_TYPE, self.type)


def _name(names: Mapping[str, int], code: int) -> str:
    return next((name for name, value in names.items() if value == code), str(code))


class Headers:
    """The headers of a file, read from its bytes where they are asked for. All raise struct.error beyond its end."""

    def __init__(self, data: bytes) -> None:
        """ValueError: it is of no known word size or byte order."""
        _, word, order = _IDENT.unpack_from(data)
        if word not in (1, 2) or order not in (1, 2):
            raise ValueError(f"its class is {word} and its byte order {order}")
        kind, machine = struct.unpack_from("<HH" if order == 1 else ">HH", data, _IDENT.size)
        self.kind = Kind(32 * word, "little" if order == 1 else "big", kind, machine)
        self._data = data
        self.file = Header(*_HEADER.unpack_from(data))

    def segments(self) -> int:
        """How many there are."""
        if self.file.phnum != MANY_SEGMENTS:
            return self.file.phnum
        return self.section(0).info

    def sections(self) -> int:
        """How many there are."""
        if self.file.shoff == 0:
            return 0
        return self.file.shnum or self.section(0).size

    def segment(self, number: int) -> SegmentHeader:
        """One of them, by its place."""
        return SegmentHeader(*_SEGMENT.unpack_from(self._data, self.file.phoff + number * self.file.phentsize))

    def section(self, number: int) -> SectionHeader:
        """One of them, by its place."""
        return SectionHeader(*_SECTION.unpack_from(self._data, self.file.shoff + number * self.file.shentsize))
