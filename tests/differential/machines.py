# SPDX-License-Identifier: BSD-3-Clause
"""What runs an image: QEMU, the compiled core, and machines that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simobjects.framework.events import StopReason
from tests.differential import image, layout
from tests.helpers import qemu as emulator
from tests.helpers.bare_board import MEMORY_AT_0, BareBoard
from tests.reference.ppc440.core import Machine


def qemu(elf: Path, work: Path) -> np.ndarray:
    """QEMU's 440; returns the guest's memory."""
    return emulator.run(elf, work, memory_mib=layout.MEMORY_MIB).memory


def misreading(wrong: Callable[[int], int]) -> Callable[[Path, Path], np.ndarray]:
    """QEMU with a decoder that takes some words of the sequences for others: a known bug at a known place."""

    def machine(elf: Path, work: Path) -> np.ndarray:
        entry, segments = image.read_segments(elf.read_bytes())
        changed = [(where, _changed(body, wrong) if where == layout.CODE else body) for where, body in segments]
        bad = work / f"{elf.stem}-misread.elf"
        image.write_elf(bad, entry, changed)
        memory = qemu(bad, work).copy()
        code = dict(segments)[layout.CODE]
        memory[layout.CODE : layout.CODE + len(code)] = np.frombuffer(code, dtype=np.uint8)
        return memory

    return machine


def _changed(code: bytes, wrong: Callable[[int], int]) -> bytes:
    words = np.frombuffer(code, dtype=">u4").copy()
    for index, word in enumerate(words.tolist()):
        words[index] = wrong(word)
    return words.tobytes()


def core(elf: Path, work: Path) -> np.ndarray:
    """The compiled executing core; returns the guest's memory."""
    return run_core(elf).memory


@dataclass(frozen=True)
class CoreRun:
    """What a run on the compiled core left: memory, what was printed, instructions."""

    memory: np.ndarray
    printed: str
    instructions: int
    reason: str


def run_core(elf: Path, *, memory_mib: int = layout.MEMORY_MIB, limit: int = 20_000_000_000, **options: Any) -> CoreRun:
    """Runs an ELF file on a bare board until the guest resets itself, or fails."""
    board = BareBoard(memory_mib << 20, **options)
    board.load_elf(elf)
    reason, payload = board.core.advance(1 << 62, limit)
    if reason != StopReason.END_OF_WORKLOAD or payload["reason"] != "reset":
        registers = {name: hex(value) for name, value in board.core.registers().items()}
        raise AssertionError(f"{elf.name} did not end by a reset but with {reason}, {payload}, {registers}")
    memory = np.frombuffer(board.memory.read(0, memory_mib << 20), dtype=np.uint8)
    return CoreRun(memory, board.output(), board.core.instructions(), payload["reason"])


def twin(elf: Path, work: Path, *, limit: int = 3_000_000) -> np.ndarray:
    """The plain Python twin of the core, started as the bare board is; returns the guest's memory."""
    machine = Machine(layout.MEMORY_MIB << 20)
    entry, segments = image.read_segments(elf.read_bytes())
    for where, body in segments:
        machine.write_physical(where, body)
    machine.write_entry(0, *MEMORY_AT_0)
    machine.write_register("pc", entry)
    while not machine.reset:
        machine.step(1000)
        assert machine.instructions < limit, f"{elf.name} did not end: {machine.registers()}"
    return np.frombuffer(machine.ram, dtype=np.uint8)
