# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects disasm`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        words: texts, hexadecimal if they are right.
        binary: path or None.
        elf: a path or the name of a shipped program, as text; None: none.
        address: hexadecimal text.
        raw, markdown: bool.
    """
    parser = command(
        commands,
        "disasm",
        "_disasm.disasm",
        "show PowerPC 440 instruction words as assembler text",
        "The spelling is that of GNU binutils.",
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="instruction words, in hexadecimal")
    parser.add_argument("--binary", type=Path, metavar="FILE", help="take them from a raw memory image, big endian")
    parser.add_argument("--elf", metavar="FILE", help="show the code of a program (a path; hello, refill) by function")
    parser.add_argument("--address", default="0", metavar="HEX", help="effective address of the first word, default 0")
    parser.add_argument("--raw", action="store_true", help="the instructions' own names instead of simplified ones")
    parser.add_argument("--markdown", action="store_true", help="every instruction there is, as a page of Markdown")
