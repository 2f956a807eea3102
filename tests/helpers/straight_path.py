# SPDX-License-Identifier: BSD-3-Clause
"""The instructions along one path through a PowerPC program, read from its ELF file: a check of hand counts."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

LIMIT = 5000
"""Instructions after which a path is lost."""

XO = {83: "mfmsr", 146: "mtmsr", 131: "wrtee", 163: "wrtee", 914: "tlbsx", 978: "tlbwe", 946: "tlbre"}
LOADS = {32, 33, 34, 35, 40, 41, 42, 43, 46}
STORES = {36, 37, 38, 39, 44, 45, 47}
INDEXED_LOADS = {20, 23, 55, 87, 119, 279, 311, 343, 375}
INDEXED_STORES = {150, 151, 183, 215, 247, 407, 439}


@dataclass(frozen=True)
class Instruction:
    """One instruction of a path: its address, its word and what it is to a hypervisor."""

    address: int
    word: int

    @property
    def privileged(self) -> str:
        """The operation that traps in user mode, or nothing: a read of SPRG4 to 7 does not, a write does."""
        primary, xo = self.word >> 26, self.word >> 1 & 1023
        if primary == 19:
            return "rfi" if xo == 50 else ""
        if primary != 31:
            return ""
        if xo in (339, 467):
            return ("mfspr" if xo == 339 else "mtspr") if self.spr & 0x10 else ""
        return XO.get(xo, "")

    @property
    def spr(self) -> int:
        """The SPR number, its two halves put right."""
        field = self.word >> 11 & 1023
        return (field & 31) << 5 | field >> 5

    @property
    def loads(self) -> bool:
        return self.word >> 26 in LOADS or (self.word >> 26 == 31 and (self.word >> 1 & 1023) in INDEXED_LOADS)

    @property
    def stores(self) -> bool:
        return self.word >> 26 in STORES or (self.word >> 26 == 31 and (self.word >> 1 & 1023) in INDEXED_STORES)


class Program:
    """A linked 32-bit big-endian ELF file and its System.map."""

    def __init__(self, elf: Path, symbols: Path) -> None:
        image = elf.read_bytes()
        assert image[:6] == b"\x7fELF\x01\x02", "a 32-bit big-endian ELF file"
        offset, count = struct.unpack_from(">I", image, 28)[0], struct.unpack_from(">H", image, 44)[0]
        self.segments = []
        for i in range(count):
            kind, at, start, _, size = struct.unpack_from(">5I", image, offset + 32 * i)
            if kind == 1:
                self.segments.append((start, image[at : at + size]))
        lines = (line.split() for line in symbols.read_text().splitlines())
        self.symbols = {name: int(address, 16) for address, _, name in lines}

    def word(self, address: int) -> int:
        for start, content in self.segments:
            if start <= address < start + len(content):
                return int(struct.unpack_from(">I", content, address - start)[0])
        raise ValueError(f"{address:#x} is not in the file")

    def path(
        self, start: int, *, taken: Collection[int] = (), calls: Mapping[int, int] | None = None, stop: int = 0
    ) -> list[Instruction]:
        """Instructions from `start` to the rfi, the return from it, or before `stop`.

        Conditional branches are taken where `taken` has their address. `calls` has the target of a branch by register,
        and 0 for a call that is not followed.
        """
        calls = calls or {}
        found: list[Instruction] = []
        returns: list[int] = []
        at = start
        while at != stop:
            assert len(found) < LIMIT, f"lost near {at:#x}"
            instruction = Instruction(at, self.word(at))
            found.append(instruction)
            if instruction.privileged == "rfi":
                break
            goes = self._branch(instruction, taken, calls)
            if goes == RETURN:
                if not returns:
                    break
                at = returns.pop()
                continue
            if goes is not None and instruction.word & 1:
                returns.append(at + 4)
            at = at + 4 if goes is None else goes
        return found

    @staticmethod
    def _branch(instruction: Instruction, taken: Collection[int], calls: Mapping[int, int]) -> int | None:
        """Where it goes, if it branches."""
        at, word = instruction.address, instruction.word
        primary, xo = word >> 26, word >> 1 & 1023
        if at in calls:
            return calls[at] or None
        if primary == 18:
            return at + _signed(word & 0x3FFFFFC, 26) & 0xFFFFFFFF
        if primary == 16:
            return at + _signed(word & 0xFFFC, 16) if at in taken else None
        if primary == 19 and xo == 16:
            always = word >> 21 & 20 == 20
            return RETURN if always or at in taken else None
        assert not (primary == 19 and xo == 528), f"branch by register at {at:#x}: say where it goes"
        return None


RETURN = -1


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value
