# SPDX-License-Identifier: BSD-3-Clause
"""Machines that are recorded, machines that replay, and all that both count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simobjects import Event, HostKernel, Recording, Simulation, System, record
from simobjects.boards import recording_machine

NOT_IN_RECORDINGS = ("diagnostics",)
"""What of a core follows from the values of registers, which no recording has."""


def recorded(system: System, path: Path, **limits: Any) -> tuple[Simulation, Event]:
    """Run and record."""
    simulation = Simulation(system)
    with record(simulation, path):
        last = simulation.run_all(**limits)
    return simulation, last


def executed(system: System, **limits: Any) -> tuple[Simulation, Event]:
    """The same without a recording."""
    simulation = Simulation(system)
    return simulation, simulation.run_all(**limits)


def replayed(
    path: Path, host: HostKernel | None, *, slice: int = 2_000_000, **machine: Any
) -> tuple[Simulation, Event]:
    """Replay under `host`, or on the bare machine."""
    memory = machine.pop("memory", "256MiB")
    simulation = Simulation(recording_machine(Recording(str(path)), host, memory=memory, **machine))
    return simulation, simulation.run_all(slice=slice)


def counters(simulation: Simulation, *without: str) -> dict[Any, Any]:
    """Every value of every statistic of core, TLBs and host, by window; `without`: names left out."""
    left_out = (*NOT_IN_RECORDINGS, *without)
    return {
        (row.window, row.path, row.stat, row.index): row.value
        for row in simulation.stats.rows()
        if row.path in ("system.core", "system.tlb", "system.guest_tlb", "system.host") and row.stat not in left_out
    }


def differences(one: dict[Any, Any], other: dict[Any, Any]) -> dict[Any, Any]:
    """What is not equal."""
    return {key: (one.get(key), other.get(key)) for key in one | other if one.get(key) != other.get(key)}
