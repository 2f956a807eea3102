# SPDX-License-Identifier: BSD-3-Clause
"""GNU objdump's text for instruction words and programs, in one spelling with ours."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.helpers.cross import needed

OBJDUMP = "powerpc-linux-gnu-objdump"
ROW = re.compile(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} ){4})\t(.*)$", re.MULTILINE)


def words(values: Sequence[int], work: Path, *, raw: bool = False) -> list[str]:
    """The text of each word; word n lies at address 4 n."""
    path = work / "words.bin"
    path.write_bytes(b"".join(value.to_bytes(4, "big") for value in values))
    options = ["-D", "-z", "-b", "binary", "-m", "powerpc", "-EB", "-M440,raw" if raw else "-M440"]
    return [text for _, _, text in run([*options, str(path)])]


def program(elf: Path) -> list[tuple[int, int, str]]:
    """Address, word and text of everything in the ELF file's code sections."""
    return run(["-d", "-z", "-M440", str(elf)])


def run(options: list[str]) -> list[tuple[int, int, str]]:
    done = subprocess.run([needed(OBJDUMP), *options], capture_output=True, text=True, check=True)
    return [(int(at, 16), int(word.replace(" ", ""), 16), text) for at, word, text in ROW.findall(done.stdout)]


def normal(text: str) -> str:
    """Without symbols, hints and differences in white space; targets as hexadecimal numbers without 0x."""
    text = re.sub(r" *<[^>]*>| *#.*", "", text)
    mnemonic, _, operands = text.strip().partition(" ")
    if mnemonic.startswith("b"):
        mnemonic = mnemonic.rstrip("+-")
        operands = re.sub(r"\b(?:0x)?([0-9a-f]+)$", r"\1", operands)
    return f"{mnemonic} {operands.strip()}".replace(" ,", ",").strip() if operands else mnemonic
