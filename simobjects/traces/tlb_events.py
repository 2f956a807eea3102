# SPDX-License-Identifier: BSD-3-Clause
"""Logs of what a guest wrote into its TLB, and of its interrupts, as recordings.

A line is `W word entry value` (a tlbwe: entry decimal, value hexadecimal) or `X kind pc` (an interrupt, by the name of
QEMU). What such a log lacks is made up or left out, as docs/recordings.md says.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import numpy as np

from simobjects.isa.arch import ADDRESS, MSR, OP, SPR, VECTOR, W0, W2
from simobjects.isa.assemble import assemble
from simobjects.ppc440.workload import GUEST_START, Seen
from simobjects.traces._source import chunks
from simobjects.traces.columns import DTYPES, KIND, Columns
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.writer import DEFAULT_LEVEL, TraceWriter

VECTORS = {
    "DSI": VECTOR.DSI, "EXTERNAL": VECTOR.EXTERNAL, "SYSCALL": VECTOR.SYSCALL, "DECR": VECTOR.DECREMENTER,
    "DTLB": VECTOR.DTLB, "ITLB": VECTOR.ITLB,
}  # fmt: skip
FROM_OUTSIDE = ("EXTERNAL", "DECR")
KERNEL_MODE = MSR.EE | MSR.ME
STORE, AT_BOUNDARY = 1, 1
BASE, LOW = ADDRESS.KERNEL, 0x1000
AHEAD = 64
LARGEST = 64 << 20
"""Bytes of a log, which is held in memory as a whole: some four million events."""
BATCH = 1 << 16
Line = tuple[str, int, int, int]
"""`W`, word, entry, value; or the kind of an interrupt, pc, 0, 0."""


def import_tlb_events(
    source: str | Path | IO[bytes],
    out: str | Path,
    *,
    label: str | None = None,
    license_note: str = "",
    level: int = DEFAULT_LEVEL,
) -> TraceHeader:
    """Import a log of TLB writes and interrupts as a recording.

    Args:
        source: a file or an open binary stream, plain or zstd.
        out: the recording; nothing is left of it after an error.
        label: what the header gives as source, beside how many events were left out; None: the file's name.
        license_note: terms of what ran.
        level: zstd level, 1 to 22.

    Raises:
        TraceError: the log is damaged, or longer than the largest; with the byte.
    """
    name = Path(source).name if isinstance(source, (str, Path)) else "stream"
    lines = list(_lines(source))
    if not lines:
        where = source if isinstance(source, (str, Path)) else "the input stream"
        raise TraceError(where, "has no lines", fix="give a log of tlbwe and interrupts")
    guest = _Guest()
    for number, line in enumerate(lines):
        guest.take(line, lines[number + 1 : number + 1 + AHEAD])
    guest.put(KIND.END, 0, 0, 0, 0)
    seen = Seen(True, 64, 128 << 20, 400_000_000, 1, 0, GUEST_START)
    with TraceWriter(
        out,
        source=f"{label if label is not None else name} ({guest.left_out} of {len(lines)} events left out)",
        importer="tlb-events",
        architecture="ppc440",
        license_note=license_note,
        machine=json.dumps(asdict(seen), sort_keys=True),
        level=level,
    ) as writer:
        for first in range(0, len(guest.records), BATCH):
            parts = zip(zip(*guest.records[first : first + BATCH], strict=True), DTYPES.values(), strict=True)
            writer.append(Columns(*(np.array(part, dtype) for part, dtype in parts)))
        tally = writer.tally
        return writer.close(instructions=tally.fetches, loads=tally.load_lookups, stores=tally.store_lookups)


def _lines(source: str | Path | IO[bytes]) -> Iterator[Line]:
    where = source if isinstance(source, (str, Path)) else "the input stream"
    parts, size = [], 0
    for piece in chunks(source):
        size += len(piece)
        if size > LARGEST:
            raise TraceError(where, f"is longer than {LARGEST} bytes, the largest log", fix="split it")
        parts.append(piece)
    text = io.BytesIO(b"".join(parts))
    offset = 0
    for raw in text:
        parts = raw.split()
        try:
            if parts[0] == b"W" and len(parts) == 4:
                word, entry, value = int(parts[1]), int(parts[2]), int(parts[3], 16)
                if not (0 <= word <= 2 and 0 <= entry < 64 and 0 <= value <= 0xFFFF_FFFF):
                    raise ValueError
                yield "W", word, entry, value
            elif parts[0] == b"X" and len(parts) == 3 and parts[1].decode() in VECTORS:
                pc = int(parts[2], 16)
                if not 0 <= pc <= 0xFFFF_FFFF or pc & 3:
                    raise ValueError
                yield parts[1].decode(), pc, 0, 0
            else:
                raise ValueError
        except (ValueError, IndexError):
            what = f"{raw[:40]!r} is neither 'W word entry value' nor 'X kind pc' ({', '.join(VECTORS)})"
            raise TraceError(where, what, offset=offset, fix="give a log of tlbwe and interrupts") from None
        offset += len(raw)


class _Guest:
    """Where the guest is, and what its TLB holds: entries of the log, with the TIDs that they must have had."""

    def __init__(self) -> None:
        self.records: list[tuple[int, int, int, int, int]] = []
        self.left_out = 0
        self._tlb: list[list[int]] = [[0, 0, 0, 0] for _ in range(64)]
        for slot, *words in GUEST_START:
            self._tlb[slot] = list(words)
        self._pc, self._user, self._pid, self._stid = LOW, False, 0, 0
        self._pids = [1]
        self._missed: tuple[int, int, int] | None = None
        """Place, address and PID of the last miss."""
        self._begin()

    def put(self, kind: int, fetch: int, data: int, accesses: int, fetches: int) -> None:
        self.records.append((fetch, data, kind, accesses, fetches))

    def _begin(self) -> None:
        self._mtspr(SPR.IVPR, BASE)
        for vector in VECTORS.values():
            self._mtspr(SPR.IVOR0 + vector, vector << 8)

    def _privileged(self, op: int, insn: int, operand: int, value: int) -> None:
        self.put(KIND.PRIVILEGED, self._pc, insn, op << 12 | operand, value)
        self._pc += 4

    def _mtspr(self, spr: int, value: int) -> None:
        self._privileged(OP.MTSPR, assemble("mtspr", spr=spr), 0, value)

    def _context(self) -> None:
        self.put(KIND.CONTEXT, 0, int(self._user) | self._pid << 8, 0, 0)

    def _return_to(self, pc: int, user: bool) -> None:
        """Out of the handler, to a place of the program or of the kernel."""
        self._mtspr(SPR.SRR0, pc)
        self._mtspr(SPR.SRR1, KERNEL_MODE | (MSR.PR if user else 0))
        self._privileged(OP.RFI, assemble("rfi"), 0, 0)
        self._pc, self._user = pc, user
        self._context()

    def _find(self, ea: int, pid: int) -> list[int] | None:
        for entry in self._tlb:
            mask = 0xFFFF_FFFF & ~((1024 << 2 * (entry[0] >> 4 & 15)) - 1)
            if entry[0] & W0.VALID and (entry[0] ^ ea) & mask == 0 and entry[3] in (0, pid):
                return entry
        return None

    def take(self, line: Line, ahead: list[Line]) -> None:
        """The next line; `ahead` are those that follow it."""
        if line[0] == "W":
            self._write(*line[1:])
        elif not self._interrupt(line[0], line[1], ahead):
            self.left_out += 1

    def _write(self, word: int, slot: int, value: int) -> None:
        if self._user:  # the kernel wrote it, and the log does not say how it got there
            self.left_out += 1
            return
        tid = self._pid if word == 0 and value & W0.VALID and value < BASE else 0
        if word == 0 and tid != self._stid:
            self._mtspr(SPR.MMUCR, tid)
            self._stid = tid
        self._privileged(OP.TLBWE, assemble("tlbwe", ws=word), slot, value)
        self._tlb[slot][word] = value
        if word == 0:
            self._tlb[slot][3] = tid
        if self._pc < BASE and self._find(BASE, 0) is not None and word == 2:
            self._return_to(BASE + 0x2000, False)

    def _interrupt(self, kind: str, pc: int, ahead: list[Line]) -> bool:
        """Whether the guest can have had it here."""
        user = pc < BASE
        if self._pc < BASE and not self._user and user:
            return False
        if self._user and not user:
            return False
        ea = self._address(kind, pc, ahead)
        pid = self._process(kind, pc, ea)
        if ea is None or pid is None:
            return False
        if pid != self._pid and self._user:
            return False
        if pid != self._pid:
            self._mtspr(SPR.PID, pid)
            self._pid = pid
            self._context()
        if user:
            self._go_on_to(pc)
        else:
            self._return_to(pc, False)
        vector = VECTORS[kind]
        self._missed = (pc, ea, pid) if kind in ("DTLB", "ITLB") else None
        if kind in FROM_OUTSIDE:
            self.put(KIND.INTERRUPT, pc, 0, vector | AT_BOUNDARY << 5, 0)
        else:
            reference = {"DSI": STORE, "ITLB": 2}.get(kind, 0)
            self.put(KIND.FAULT, pc, ea, vector | vector << 5 | reference << 10, 0)
        self._pc, self._user = BASE | vector << 8, False
        self._context()
        # A first instruction of the handler, after which it may be anywhere in the kernel.
        self.put(0, self._pc >> 12, 0, 0, 1)
        return True

    def _go_on_to(self, pc: int) -> None:
        """Back in the program: the access that missed before is made, if it can be now, and then it is at `pc`."""
        if self._missed is None:
            self._return_to(pc, True)
            return
        before, ea, pid = self._missed
        done = pid == self._pid and before < BASE and self._find(before, pid) and self._find(ea, pid)
        self._return_to(before if done else pc, True)
        if done:
            self.put(0, before >> 12, 0 if before == ea else ea >> 12, int(before != ea), 1)
            self._pc = pc

    def _address(self, kind: str, pc: int, ahead: list[Line]) -> int | None:
        """The address of the access: the page that is written into the TLB because of it; None when none is."""
        if kind not in ("DTLB", "DSI"):
            return pc if kind == "ITLB" else 0
        for each in ahead:
            if each[0] == "W" and each[1] == 0 and each[3] & W0.VALID:
                return each[3] & W0.EPN
            if each[0] not in ("W", *FROM_OUTSIDE) and each[1] != pc:
                return None
        return None

    def _process(self, kind: str, pc: int, ea: int | None) -> int | None:
        """The PID with which the guest can have had this interrupt; the present one if possible, perhaps a new one."""
        if ea is None:
            return None
        new = next((pid for pid in range(1, 256) if pid not in self._pids), None)
        for pid in [self._pid, *reversed(self._pids), *([new] if new and kind == "ITLB" else [])]:
            if pid == 0 and (pc < BASE or ea < BASE) and kind in ("DTLB", "ITLB", "DSI", "SYSCALL"):
                continue  # the kernel's own, before there is a process
            code = kind == "ITLB" or self._find(pc, pid) is not None
            entry = self._find(ea, pid) if kind in ("DTLB", "ITLB", "DSI") else None
            if kind == "DSI":
                allowed = entry is None or bool(entry[2] & (W2.UW if pc < BASE else W2.SW))
            else:
                allowed = entry is not None
            if code and not allowed:
                if pid not in self._pids:
                    self._pids.append(pid)
                return pid
        return None
