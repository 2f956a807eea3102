# SPDX-License-Identifier: BSD-3-Clause
"""The code of an ELF file, by effective address, for tools that show it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.base.files import read_regular
from simobjects.ppc440.symbols import Symbols
from simobjects.programs.elf import parse_elf
from simobjects.programs.elf_headers import SHF_EXECINSTR, SHT_PROGBITS, Headers
from simobjects.programs.image import ProgramError


@dataclass(frozen=True)
class Code:
    """Bytes that are executed, from an effective address on.

    Attributes:
        address: of the first byte.
        data: instructions, big-endian.
    """

    address: int
    data: bytes


def read_code(path: str | Path) -> tuple[list[Code], Symbols]:
    """The executable sections of a program, and the names of its functions.

    Args:
        path: of an ELF file.

    Raises:
        InputError: it cannot be read.
        ProgramError: it is no program, or has no section of code.
    """
    try:
        data = read_regular(Path(path))
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise InputError(what, where=path, fix="give the path of an ELF file") from None
    symbols = parse_elf(data, path).symbols
    try:
        elf = Headers(data)
        headers = [elf.section(number) for number in range(elf.sections())]
        found = [
            Code(header.addr, data[header.offset : header.offset + header.size])
            for header in headers
            if header.flags & SHF_EXECINSTR and header.type == SHT_PROGBITS
        ]
    except struct.error as error:
        reason = str(error) or type(error).__name__
        what = f"is damaged: its section headers cannot be read ({reason})"
        raise ProgramError(path, what, fix="build or copy the file again") from error
    if not found:
        raise ProgramError(path, "has no section of code", fix="give a program that was not stripped of its sections")
    return found, symbols
