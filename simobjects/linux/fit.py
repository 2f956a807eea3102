# SPDX-License-Identifier: BSD-3-Clause
"""What a kernel of today needs so that KVM on the 440 can run it: single instructions of its file are replaced.

A kernel is edited and not its source, so that any kernel with symbols can be made fit, and what changes is these words.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from simobjects.base.errors import InputError
from simobjects.isa.arch import SPR
from simobjects.isa.assemble import assemble
from simobjects.isa.table import decode
from simobjects.kvm.releases import find_release, known_releases, nearest_release
from simobjects.programs.elf import parse_elf

NOP = assemble("ori")
LI = assemble("addi")
REGISTER = assemble("addi", rt=31) ^ LI
"""Of an instruction: the first of its registers."""
CLEARS_SX = assemble("rlwinm", ra=11, rs=11, sh=0, mb=30, me=28)
OPCODE = 0xFC00_07FE
MOVES = {assemble("mfspr"), assemble("mtspr")}
NEWEST = "3.14"
"""The emulation of the last releases (`HostKernel.emulation`)."""


@dataclass(frozen=True)
class Edit:
    """Instructions that are replaced. `needed` is asked with the emulation of a release."""

    name: str
    why: str
    place: str
    """The function in which they are; empty: anywhere."""
    replacement: Callable[[int], int | None]
    """What takes the place of an instruction word; None: it stays."""
    needed: Callable[[str], bool] = lambda emulation: True
    required: bool = False
    """Whether a kernel without such an instruction cannot be made fit."""


def _moves(name: str, spr: str) -> Callable[[int], bool]:
    """A test of a word: whether it is that move (mfspr, mtspr) of that special register, with any general register."""
    wanted = assemble(name, spr=SPR[spr])

    def is_one(word: int) -> bool:
        row = decode(word)
        return row is not None and row.id == name and word & ~(REGISTER | 1) == wanted

    return is_one


def _clears_sx(word: int) -> int | None:
    return NOP if word == CLEARS_SX else None


def _writes_mcsr(word: int) -> int | None:
    return NOP if _moves("mtspr", "MCSR")(word) else None


def _reads_tcr(word: int) -> int | None:
    return LI | word & REGISTER if _moves("mfspr", "TCR")(word) else None


EDITS = (
    Edit(
        "user pages stay executable for the kernel",
        "from E3 on KVM maps a page when the guest writes the entry, with the rights of the guest's kernel, which is "
        "running then: a user's page that the kernel may not execute would fault at each instruction for ever",
        "finish_tlb_load_44x",
        _clears_sx,
        required=True,
    ),
    Edit(
        "MCSR is not written",
        "KVM before the last releases does not emulate it",
        "",
        _writes_mcsr,
        lambda emulation: emulation != NEWEST,
    ),
    Edit(
        "TCR reads as 0, its value at that time",
        "KVM before the last releases does not emulate reading it",
        "",
        _reads_tcr,
        lambda emulation: emulation not in ("3.6", NEWEST),
    ),
)


@dataclass(frozen=True)
class Replaced:
    """A word that was replaced.

    Attributes:
        edit: which asked for it.
        address: effective address of the word in the kernel's image.
        before: the instruction word that was there.
        after: the one that is there now.
    """

    edit: Edit
    address: int
    before: int
    after: int


def edits_for(release: str = "") -> tuple[Edit, ...]:
    """What a kernel needs under KVM of a release; of every release when it is empty. InputError: there is none."""
    if not release:
        return EDITS
    found = find_release(release)
    if found is None:
        near = nearest_release(release)
        fix = f"write {near}" if near else f"name {known_releases()}"
        raise InputError("is no kernel with KVM for the 440", where=release, fix=fix)
    return tuple(edit for edit in EDITS if edit.needed(found.emulation))


def make_fit(image: bytes, where: str, edits: tuple[Edit, ...] = EDITS) -> tuple[bytes, list[Replaced]]:
    """The kernel in an ELF file with the edits, and what was replaced.

    The file keeps its size: only words change. A file that is fit already is refused, because the required edit finds
    nothing in it.

    Args:
        image: the bytes of a vmlinux, with its symbols.
        where: its name, for errors.
        edits: those to make, as `edits_for` gives them for a release.

    Returns:
        The new bytes, and the words that differ, edit by edit.

    Raises:
        ProgramError: it is no program for a 440.
        InputError: it has no symbols, or not the instruction that an edit must replace.
    """
    parse_elf(image, where)
    try:
        found = list(_found(ELFFile(io.BytesIO(image)), image, where, edits))
    except InputError:
        raise
    except Exception as error:  # sections and symbols of any file are read here; the parser lets errors through
        what = f"is damaged: its sections cannot be read ({error or type(error).__name__})"
        raise InputError(what, where=where, fix="build or copy the file again") from error
    made = bytearray(image)
    for offset, item in found:
        struct.pack_into(">I", made, offset, item.after)
    return bytes(made), [item for _, item in found]


def _found(elf: Any, image: bytes, where: str, edits: tuple[Edit, ...]) -> Iterator[tuple[int, Replaced]]:
    """What is replaced, with the offset in the file."""
    for edit in edits:
        found = [item for span in _spans(elf, edit.place, where) for item in _replacements(image, edit, *span)]
        if edit.required and not found:
            what = f"has no instruction to replace in {edit.place} ({edit.name})"
            raise InputError(what, where=where, fix="give a Linux 6.1 for the 44x that is not made fit yet")
        yield from found


def _replacements(image: bytes, edit: Edit, offset: int, address: int, size: int) -> Iterator[tuple[int, Replaced]]:
    words = struct.unpack_from(f">{size // 4}I", image, offset)
    for index, word in enumerate(words):
        after = edit.replacement(word) if _may_be(word) else None
        if after is not None:
            yield offset + 4 * index, Replaced(edit, address + 4 * index, word, after)


def _may_be(word: int) -> bool:
    """Whether it is one of the opcodes that edits are about: decoding every word of a kernel takes seconds."""
    return word >> 26 == CLEARS_SX >> 26 or word & OPCODE in MOVES


def _spans(elf: Any, function: str, where: str) -> list[tuple[int, int, int]]:
    """(offset in the file, address, bytes) of the code: that of a function, or all of it."""
    sections = [
        section
        for section in elf.iter_sections()
        if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR and section["sh_type"] == "SHT_PROGBITS"
    ]
    if not function:
        return [(each["sh_offset"], each["sh_addr"], each["sh_size"]) for each in sections]
    begin, end = _function(elf, function, where)
    for section in sections:
        if section["sh_addr"] <= begin < section["sh_addr"] + section["sh_size"]:
            end = min(end, section["sh_addr"] + section["sh_size"])
            return [(section["sh_offset"] + begin - section["sh_addr"], begin, end - begin)]
    raise InputError(f"has no code at {function}", where=where, fix="build it again")


def _function(elf: Any, name: str, where: str) -> tuple[int, int]:
    """Where a function begins, and the next symbol."""
    addresses, begin = set(), None
    for section in elf.iter_sections():
        if isinstance(section, SymbolTableSection):
            for symbol in section.iter_symbols():
                if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["type"] != "STT_SECTION":
                    addresses.add(symbol["st_value"])
                    if symbol.name == name:
                        begin = symbol["st_value"]
    if begin is None:
        what = f"has no symbol {name}"
        raise InputError(what, where=where, fix="give the vmlinux of a Linux 6.1 for the 44x, not stripped")
    return begin, min((address for address in addresses if address > begin), default=begin + 4096)
