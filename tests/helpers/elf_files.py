# SPDX-License-Identifier: BSD-3-Clause
"""ELF files written by hand: any header field can be wrong."""

from __future__ import annotations

import builtins
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A program header and its bytes. Fields that are None follow from the others."""

    vaddr: int = 0x10000
    data: bytes = b"\x60\0\0\0"
    paddr: int | None = None
    memsize: int | None = None
    filesize: int | None = None
    kind: int = 1
    offset: int | None = None


@dataclass(frozen=True)
class Elf:
    """A big-endian 32-bit PowerPC executable, and what is wrong with it."""

    parts: Sequence[Part] = field(default_factory=lambda: [Part()])
    entry: int = 0x10000
    symbols: Sequence[tuple[str, int, int]] = ()
    machine: int = 20
    kind: int = 2
    ident: bytes = b"\x7fELF\x01\x02\x01"

    def bytes(self) -> bytes:
        order = "<" if self.ident[5:6] == b"\x01" else ">"
        at = 52 + 32 * len(self.parts)
        headers, bodies = b"", b""
        for part in self.parts:
            size = len(part.data) if part.filesize is None else part.filesize
            headers += struct.pack(
                order + "8I",
                part.kind,
                at + len(bodies) if part.offset is None else part.offset,
                part.vaddr,
                part.vaddr if part.paddr is None else part.paddr,
                size,
                size if part.memsize is None else part.memsize,
                7,
                4,
            )
            bodies += part.data
        sections, tail = self._sections(order, at + len(bodies)) if self.symbols else (b"", b"")
        section_at = at + len(bodies) + len(tail) if sections else 0
        header = self.ident.ljust(16, b"\0") + struct.pack(
            order + "HHIIIIIHHHHHH",
            self.kind,
            self.machine,
            1,
            self.entry,
            52,
            section_at,
            0,
            52,
            32,
            len(self.parts),
            40,
            len(sections) // 40,
            0,
        )
        return header + headers + bodies + tail + sections

    def _sections(self, order: str, at: int) -> tuple[builtins.bytes, builtins.bytes]:
        names, table = b"\0", struct.pack(order + "IIIBBH", 0, 0, 0, 0, 0, 0)
        for name, address, size in self.symbols:
            table += struct.pack(order + "IIIBBH", len(names), address, size, 2, 0, 1)
            names += name.encode() + b"\0"
        made = bytes(40)
        made += struct.pack(order + "10I", 0, 2, 0, 0, at, len(table), 2, 0, 4, 16)
        made += struct.pack(order + "10I", 0, 3, 0, 0, at + len(table), len(names), 0, 0, 1, 0)
        return made, table + names
