# SPDX-License-Identifier: BSD-3-Clause
"""What runs an image: QEMU, and machines that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.differential import image, layout
from tests.helpers import qemu as emulator


def qemu(elf: Path, work: Path) -> np.ndarray:
    """QEMU's 440; returns the guest's memory."""
    return emulator.run(elf, work, memory_mib=layout.MEMORY_MIB).memory


def misreading(wrong: Callable[[int], int]) -> Callable[[Path, Path], np.ndarray]:
    """QEMU with a decoder that takes some words of the sequences for others: a known bug at a known place."""

    def machine(elf: Path, work: Path) -> np.ndarray:
        entry, segments = image.read_segments(elf.read_bytes())
        changed = [
            (where, _changed(body, wrong) if where == layout.CODE else body) for where, body in segments
        ]
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
