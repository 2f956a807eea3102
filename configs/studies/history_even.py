# SPDX-License-Identifier: BSD-3-Clause
"""How many pages a guest may touch between two accesses to a device before the commit costs more than its parent.

The guest is the small program of `kvm_truth.py`, so this needs no Linux.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kvm_truth import DEVICES, Case, machine  # beside this script

from simobjects import EventKind, Simulation

PAGES = (1, 2, 3, 4, 6, 8, 16, 32)
FEW, MANY = 100, 300
"""Device accesses of two runs; what they differ by is free of the beginning."""
HWATER = 62
KERNELS = ("parent", "commit")


@dataclass(frozen=True)
class Even:
    """Host instructions for each access to a device, with all that it leads to."""

    pages: int
    instructions: dict[str, float]
    """By kernel."""
    virt: dict[str, float]
    """Virt misses, by kernel."""


def finished(pages: int, kernel: str, accesses: int) -> tuple[int, int]:
    """Host instructions and virt misses of a guest that touches so many pages before each of so many accesses."""
    case = Case.of(f"8 {pages} 0 {pages} 1 0 0 2 63 1 1 {accesses} 0")
    system = machine(case, kernel, HWATER)
    simulation = Simulation(system)
    simulation.peers[system.bus].store(DEVICES, 0)  # the window begins with the vcpu
    ended = any(
        event.kind is EventKind.MARKER and event.payload.get("window") == "end"
        for event in simulation.run(references=1_000_000)
    )
    if not ended:
        raise RuntimeError(f"the guest of {pages} pages under {kernel} came to no end")
    spent = simulation.stats.by_label("system.host.exit_instructions")
    return int(sum(spent.values())), simulation.stats.count("system.host.virt_misses")


def measured() -> Iterator[Even]:
    for pages in PAGES:
        found = {}
        for kernel in KERNELS:
            few, many = (finished(pages, kernel, accesses) for accesses in (FEW, MANY))
            found[kernel] = tuple((after - before) / (MANY - FEW) for before, after in zip(few, many, strict=True))
        yield Even(pages, {each: one[0] for each, one in found.items()}, {each: one[1] for each, one in found.items()})
