# SPDX-License-Identifier: BSD-3-Clause
"""Programs that execute as guests of KVM, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects import (
    ElfProgram,
    Event,
    EventKind,
    Simulation,
    System,
)
from simobjects.boards import bamboo
from tests.helpers.small_programs import console

SCHEMES = ("e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6")
"""All that KVM on the 440 had, in the order of their years."""


@dataclass(frozen=True)
class Ended:
    """A finished run: its last event, and what the guest had printed."""

    last: Event
    output: str
    simulation: Simulation

    @property
    def message(self) -> str:
        return str(self.last.payload.get("message", ""))

    def assert_spins(self) -> None:
        """The end of a program that resets the processor: KVM only stores DBCR0, and the branch to itself follows."""
        assert self.last.kind is EventKind.END_OF_WORKLOAD
        assert self.last.payload["reason"] == "spins for nothing"


def guest_system(elf: Path, scheme: str, *, memory: str = "32MiB", **program: Any) -> System:
    """A program as guest of a kernel with that scheme, or of that release; `program` is what ElfProgram takes."""
    return bamboo(ElfProgram(str(elf), memory=memory, **program), scheme)


def run_guest(elf: Path, scheme: str, *, memory: str = "32MiB", **program: Any) -> Ended:
    """The same, executed to its end."""
    simulation = Simulation(guest_system(elf, scheme, memory=memory, **program))
    last = list(simulation.run())[-1]
    return Ended(last, console(simulation), simulation)
