# SPDX-License-Identifier: BSD-3-Clause
"""What the guest sees does not depend on who runs beneath it: the same real misses, in the same order (invariant 45).

A second, tiny model stands beside: the guest's replacement is first in, first out over its G - 1 slots.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest

from simobjects import Interleave, Simulation, SyntheticWorkload, System, TraceWorkload, Workload
from simobjects.traces.tracefile import open_trace
from tests.helpers.played_machine import native_system, virtual_system

SHIPPED = 120_000  # references of the shipped trace: enough for thousands of refills
GUEST_TLB = [8, 32, 64]


def fifo_misses(slots: int, references: int) -> int:
    """Misses of the shipped trace's references in a FIFO of page numbers."""
    order: deque[int] = deque()
    held: set[int] = set()
    misses = 0
    for page in shipped_pages(references):
        if page not in held:
            misses += 1
            if len(order) == slots:
                held.remove(order.popleft())
            order.append(page)
            held.add(page)
    return misses


def shipped_pages(references: int) -> list[int]:
    """The page of each reference of the shipped trace, records spread as docs/model.md says."""
    pages: list[int] = []
    for fetch, data, _, n, m in zip(*(np.asarray(column).tolist() for column in columns()), strict=True):
        if n == 0:
            pages += [fetch] * m
        for i in range(n):
            pages += [fetch] * ((i + 1) * m // n - i * m // n) + [data]
        if len(pages) >= references:
            return pages[:references]
    return pages


def columns() -> list[Any]:
    return [column[:SHIPPED] for column in open_trace("sqlite").columns]


def run(system: System, references: int | None) -> dict[str, Any]:
    """The guest's side of a run."""
    sim = Simulation(system)
    list(sim.run(references=references))
    guest = sim.peers[system.guest].read_stats()
    core = sim.peers[system.core].read_stats()
    return {**guest, "kernel instructions": core["kernel_instructions"], "references": core["references"]}


def machines(entries: int, workload: Any, guest: dict[str, Any]) -> dict[str, System]:
    return {
        "native": native_system(entries=entries, workload=workload(), guest=guest),
        "e3b": virtual_system("e3b", guest_entries=entries, workload=workload(), guest=guest),
        "e4": virtual_system("e4", guest_entries=entries, workload=workload(), guest=guest),
        "e4, small": virtual_system("e4", entries=12, guest_entries=entries, workload=workload(), guest=guest),
        "e3b, 64K": virtual_system("e3b", page_size="64KiB", guest_entries=entries, workload=workload(), guest=guest),
    }


@pytest.mark.parametrize("entries", GUEST_TLB)
def test_shipped_trace(entries: int) -> None:
    seen = {
        name: run(system, SHIPPED)
        for name, system in machines(entries, lambda: TraceWorkload("sqlite"), {"io_every": 0}).items()
    }
    native = seen.pop("native")
    assert sum(native["refills"]) > 50
    for name, guest in seen.items():
        assert guest == native, name
    assert sum(native["refills"]) == fifo_misses(entries - 1, SHIPPED)


def interleaved() -> Workload:
    processes = [SyntheticWorkload(data_pages=70, pattern="random", records=600, seed=seed) for seed in (5, 6, 7)]
    return Interleave(processes=processes, quantum=2_500)


def test_processes_and_io_as_well() -> None:
    seen = {name: run(system, None) for name, system in machines(32, interleaved, {"io_every": 7_000}).items()}
    native = seen.pop("native")
    assert native["switches"] > 20 and native["ios"] > 5 and native["refills"][2] > 0
    for name, guest in seen.items():
        assert guest == native, name


@pytest.mark.parametrize("scheme", ["e3b", "e4"])
def test_the_sequence_not_only_the_number(scheme: str) -> None:
    def real_misses(**settings: Any) -> list[str]:
        system = virtual_system(scheme, workload=interleaved(), guest_entries=32, **settings)
        sim = Simulation(system)
        lines: list[str] = []
        sim.debug("system.host", kinds=["exits"], sink=lines.append)
        list(sim.run())
        return [line.split("exits: ")[1].split(" pc=")[0] for line in lines if "_r ea=" in line]

    quiet = real_misses()
    assert len(quiet) > 1_000
    assert real_misses(entries=20) == quiet
    assert real_misses(page_size="64KiB") == quiet
    assert real_misses(hz="2kHz", interrupt_pages=4, vmm={"signal_every": 2}) == quiet, "a live host changes nothing"
