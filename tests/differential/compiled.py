# SPDX-License-Identifier: BSD-3-Clause
"""The C programs of tests/data/programs in one ELF file, and the time base that each of them took."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.helpers import cross

SOURCES = Path(__file__).parents[1] / "data" / "programs"
LEVELS = ("-O0", "-O1", "-O2", "-Os")
MEMORY_MIB = 16
MARK = np.frombuffer(b"TIMEBASE", dtype=np.uint8)


def build(level: str, folder: Path) -> Path:
    """All programs, compiled at one optimisation level."""
    sources = [SOURCES / "start.S", *sorted(SOURCES.glob("*.c"))]
    output = folder / f"programs{level}.elf"
    return cross.build(sources, output, script=SOURCES / "program.ld", options=(level,), libgcc=True)


def times(memory: np.ndarray) -> list[int]:
    """Ticks of the time base that each program took, as main.c left them in memory."""
    low = memory[0x10000:0x80000]
    starts = np.flatnonzero(low[: len(low) - 8] == MARK[0])
    where = next(int(at) for at in starts if (low[at : at + 8] == MARK).all())
    words = low[where : where + 4 * 64].view(">u4")
    return [int(word) for word in words[4 : 4 + int(words[2])]]
