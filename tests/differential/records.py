# SPDX-License-Identifier: BSD-3-Clause
"""The log of an image: one record of the whole state per exception and per end of a sequence, and how two compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simobjects.isa import arch
from tests.differential import layout

FIELDS = (
    *(f"r{n}" for n in range(32)),
    *("cr", "xer", "lr", "ctr", "srr0", "srr1", "esr", "dear", "vector", "run", "count", "hash"),
)
COLUMN = {name: n for n, name in enumerate(FIELDS)}
WORDS = len(FIELDS)
LOG_POINTER = 0x288  # the runtime's variable V_LOG
TIMES = 0x28C  # V_RESUMED and V_EXECUTED, which depend on the machine's clock
TIMES_END = 0x298
SCRATCH_END = 0x29C  # after them the target of the runtime's dummy stwcx.
OUTSIDE = 9  # instructions between the two readings that are not the sequence's

DSI, ISI, PROGRAM, SYSTEM_CALL, DTLB, ITLB = (
    arch.VECTOR[name] for name in ("DSI", "ISI", "PROGRAM", "SYSCALL", "DTLB", "ITLB")
)
XO_DCBZ, XO_DCBI, XO_ICBI = 1014, 470, 982


def log_end(memory: np.ndarray) -> int:
    """Where the log ends. A run of another program has none: all of its memory counts."""
    end = int.from_bytes(memory[LOG_POINTER : LOG_POINTER + 4].tobytes(), "big")
    return end if end else len(memory)


def read(memory: np.ndarray, window_bytes: int = 0) -> np.ndarray:
    """The records of a finished run as rows of words; with `window_bytes` each row has the data window at its end."""
    words = memory[: len(memory) // 4 * 4].view(">u4")
    end = log_end(memory)
    columns = WORDS + window_bytes // 4
    rows = (end - layout.LOG) // (4 * columns)
    start = layout.LOG // 4
    return words[start : start + rows * columns].reshape(rows, columns).astype(np.uint32)


def executed(memory: np.ndarray, records: np.ndarray) -> int:
    """Instructions of sequences, on a machine whose time base advances by one an instruction."""
    ticks = int.from_bytes(memory[TIMES + 4 : TIMES_END].tobytes(), "big")
    return ticks - OUTSIDE * len(records)


def comparable(records: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """The records without what QEMU is known to do otherwise than a 440, each by its Q number."""
    masked = records.copy()
    vector = records[:, COLUMN["vector"]]
    instruction = instructions(records, memory)
    operation = np.where(instruction >> 26 == 31, instruction >> 1 & 1023, 0)
    data_fault = (vector == DSI) | (vector == DTLB)
    masked[vector == PROGRAM, COLUMN["srr1"]] &= 0xFFF1_FFFF  # Q12
    masked[(vector == ITLB) | (vector == ISI), COLUMN["esr"]] = 0  # Q14
    masked[(vector == ITLB) | (vector == ISI), COLUMN["dear"]] = 0  # Q14
    aligned = data_fault & ((operation == XO_DCBZ) | (operation == XO_ICBI))
    masked[aligned, COLUMN["dear"]] &= 0xFFFF_FFE0  # Q20, Q33
    masked[data_fault & (operation == XO_DCBI), COLUMN["esr"]] = 0  # Q32
    return masked


def instructions(records: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """The instruction word at each record's SRR0 when that lies in the sequences' code, else 0."""
    words = memory[: len(memory) // 4 * 4].view(">u4")
    offset = records[:, COLUMN["srr0"]].astype(np.int64) - layout.CODE_EA
    inside = (offset >= 0) & (offset < layout.LOG - layout.CODE)
    return np.where(inside, words[(layout.CODE + np.where(inside, offset, 0)) // 4], 0).astype(np.uint32)


@dataclass(frozen=True)
class Difference:
    """The first record that differs: its number, that of its run, and the two values of each field that does."""

    record: int
    run: int
    fields: dict[str, tuple[int, int]]

    def __str__(self) -> str:
        values = ", ".join(f"{name} {one:08x} against {two:08x}" for name, (one, two) in self.fields.items())
        return f"record {self.record}, run {self.run}: {values}"


def first_difference(ours: np.ndarray, theirs: np.ndarray) -> Difference | None:
    """Where two logs (rows as `comparable` gives them) part, or None."""
    both = min(len(ours), len(theirs))
    unequal = np.flatnonzero((ours[:both] != theirs[:both]).any(axis=1))
    if len(unequal):
        row = int(unequal[0])
        fields = {
            FIELDS[column] if column < WORDS else f"data+{4 * (column - WORDS):#x}": (
                int(ours[row, column]),
                int(theirs[row, column]),
            )
            for column in np.flatnonzero(ours[row] != theirs[row])
        }
        return Difference(row, min(int(ours[row, COLUMN["run"]]), int(theirs[row, COLUMN["run"]])), fields)
    if len(ours) != len(theirs):
        longer = ours if len(ours) > both else theirs
        return Difference(both, int(longer[both, COLUMN["run"]]), {"records": (len(ours), len(theirs))})
    return None


def memory_difference(ours: np.ndarray, theirs: np.ndarray) -> int | None:
    """The lowest physical address outside the log (compared as records) and QEMU's device tree that differs."""
    for start, end in (
        (0, layout.PARAMETERS - 0x100),
        (layout.PARAMETERS, TIMES),
        (SCRATCH_END, layout.DEVICE_TREE),
        (layout.DEVICE_TREE + layout.DEVICE_TREE_BYTES, layout.LOG),
    ):
        unequal = np.flatnonzero(ours[start:end] != theirs[start:end])
        if len(unequal):
            return start + int(unequal[0])
    return None
