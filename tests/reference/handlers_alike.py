# SPDX-License-Identifier: BSD-3-Clause
"""What the guest kernels do alike (docs/model.md sections 4.2 and 4.3): refills, the flush of everything, the wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.reference.handlers import HANDLER_CODE, INDEX_VARIABLE, Refill, Step, thread


@dataclass(frozen=True)
class Plain:
    """How many plain instructions a kernel's refill has at some places, named by what comes before."""

    pid: int
    mmucr: int
    """For an address of the kernel's."""
    pte: int
    index: int
    word1: int
    word0: int
    word0_kernel: int


def refill(miss: Refill, plain: Plain) -> Iterator[Step]:
    yield ("code", HANDLER_CODE)
    for name in ("SPRG0", "SPRG1", "SPRG4", "SPRG5"):
        yield ("mtspr", name, 0)
    yield ("run", 1)
    yield ("mtspr", "SPRG7", 0)
    yield ("mfspr", miss.where)
    yield ("run", 3)
    yield from _search_id(miss, plain)
    if miss.fetch:
        yield ("run", 2)
    else:
        yield ("mfspr", "ESR")
        yield ("run", 3)
    yield ("load", miss.pgd)
    yield ("run", 3)
    yield ("load", miss.pte)
    yield ("load", miss.pte + 4)
    yield ("run", plain.pte)
    yield ("load", INDEX_VARIABLE)
    yield ("run", plain.index + miss.wraps)
    yield ("store", INDEX_VARIABLE)
    yield ("mfspr", miss.where)
    yield ("run", 2)
    yield ("tlbwe", miss.slot, 1, miss.words[1])
    yield ("run", plain.word1)
    yield ("tlbwe", miss.slot, 0, miss.words[0])
    yield ("run", plain.word0_kernel if miss.kernel else plain.word0)
    yield ("tlbwe", miss.slot, 2, miss.words[2])
    yield ("run", 4)
    yield ("mfspr", "SPRG1")
    yield ("mfspr", "SPRG0")
    yield ("rfi back",)


def _search_id(miss: Refill, plain: Plain) -> Iterator[Step]:
    if miss.kernel:
        yield ("run", 2)
        yield ("mfspr", "MMUCR")
        yield ("run", plain.mmucr)
        yield ("mtspr", "MMUCR", 0)
        return
    yield ("mfspr", "SPRG3")
    yield ("load", thread(miss.process))
    yield ("mfspr", "MMUCR")
    yield ("mfspr", "PID")
    yield ("run", plain.pid)
    yield ("mtspr", "MMUCR", miss.process + 1)


def sweep() -> Iterator[Step]:
    """The flush of everything."""
    yield ("run", 3)
    yield ("load", INDEX_VARIABLE)
    yield ("sweep", 3)
    yield ("isync",)
    yield ("run", 1)


def wait() -> Iterator[Step]:
    """The idle loop's own instructions."""
    yield ("mfmsr",)
    yield ("run", 2)
    yield ("wait",)
    yield ("isync",)
    yield ("mtmsr",)
    yield ("isync",)
    yield ("run", 1)
