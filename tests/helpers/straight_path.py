# SPDX-License-Identifier: BSD-3-Clause
"""The instructions along one path through a PowerPC program, read from its ELF file: a check of hand counts."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from simobjects.isa.table import decode

LIMIT = 5000
"""Instructions after which a path is lost."""

OPERATIONS = {name: name for name in ("mfmsr", "mtmsr", "wrtee", "tlbsx", "tlbwe", "tlbre", "rfi", "mfspr", "mtspr")}
OPERATIONS["wrteei"] = "wrtee"
"""What a hypervisor is asked for, by instruction."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a path: its address, its word and what it is to a hypervisor."""

    address: int
    word: int

    @property
    def privileged(self) -> str:
        """The operation that traps in user mode, or nothing: a read of SPRG4 to 7 does not, a write does."""
        row = decode(self.word)
        if row is None or ("SPR" in row.flags and not self.spr & 0x10):
            return ""
        return OPERATIONS.get(row.id, "")

    @property
    def spr(self) -> int:
        """The SPR number, its two halves put right."""
        field = self.word >> 11 & 1023
        return (field & 31) << 5 | field >> 5

    @property
    def loads(self) -> bool:
        return self._moves("LOAD")

    @property
    def stores(self) -> bool:
        return self._moves("STORE")

    def _moves(self, way: str) -> bool:
        row = decode(self.word)
        return row is not None and way in row.flags and "CACHE" not in row.flags


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
        row = decode(word)
        if at in calls:
            return calls[at] or None
        name = row.id if row is not None else ""
        if name == "b":
            return at + _signed(word & 0x3FFFFFC, 26) & 0xFFFFFFFF
        if name == "bc":
            return at + _signed(word & 0xFFFC, 16) if at in taken else None
        if name == "bclr":
            always = word >> 21 & 20 == 20
            return RETURN if always or at in taken else None
        assert name != "bcctr", f"branch by register at {at:#x}: say where it goes"
        return None


RETURN = -1


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value
