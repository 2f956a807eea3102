# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects disasm`: instruction words as assembler text, and the page about the instructions."""

from __future__ import annotations

import argparse
from pathlib import Path

from simobjects.base.errors import InputError, UsageError, fix_of
from simobjects.base.files import read_regular, reason
from simobjects.isa.disassemble import disassemble
from simobjects.programs.code import read_code
from simobjects.programs.elf_program import program_file

from ._instructions_page import page

LARGEST = 64 << 20
"""Bytes of a memory image: some 17 million lines."""


def disasm(arguments: argparse.Namespace) -> int:
    """Print instructions, an address, a word and its text in each line: of words, of a file of words or of a program.

    Raises:
        UsageError: there is nothing to show, or a word or an address is no hexadecimal number of 32 bits.
        InputError: a file cannot be read, or is no whole number of words.
    """
    if arguments.markdown:
        print(page(), end="")
        return 0
    if arguments.elf is not None:
        _show_program(program_file(arguments.elf), raw=arguments.raw)
        return 0
    words = [_number("WORD", word) for word in arguments.words]
    if arguments.binary is not None:
        words += _words_of(arguments.binary)
    if not words:
        raise UsageError("disasm: nothing to show", fix="give instruction words in hexadecimal, --binary or --elf FILE")
    address = _number("--address", arguments.address)
    for place, word in enumerate(words):
        print(_line(word, (address + 4 * place) & 0xFFFFFFFF, raw=arguments.raw))
    return 0


def _line(word: int, at: int, *, raw: bool) -> str:
    """Address, word and text: `c0000000  38600001  li      r3,1`."""
    return f"{at:08x}  {word:08x}  {disassemble(word, at, raw=raw)}"


def _show_program(path: Path, *, raw: bool) -> None:
    """Every word of every section of code, a function's name above its first."""
    sections, symbols = read_code(path)
    for section in sections:
        for offset in range(0, len(section.data) - 3, 4):
            at = section.address + offset
            function = symbols.at(at)
            if function is not None and function.address == at:
                print(f"\n{function.name}:")
            print(_line(int.from_bytes(section.data[offset : offset + 4], "big"), at, raw=raw))


def _number(what: str, text: str) -> int:
    """A hexadecimal number of 32 bits, with or without `0x`; `what` names it in the UsageError for anything else."""
    try:
        value = int(text, 16)
    except ValueError:
        value = -1
    if not 0 <= value <= 0xFFFFFFFF:
        raise UsageError(
            f"disasm: {what} is {text!r}", fix="it must be a hexadecimal number of at most 32 bits, as 7c0802a6"
        )
    return value


def _words_of(path: Path) -> list[int]:
    """The words of a raw image, big endian. InputError: it cannot be read, or has a rest of 1 to 3 bytes."""
    try:
        data = read_regular(path, LARGEST)
    except OSError as error:
        raise InputError(reason(error), where=path, fix=fix_of(error)) from None
    if len(data) % 4:
        raise InputError(f"{len(data)} bytes are no whole number of words", where=path, fix="code has a multiple of 4")
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
