# SPDX-License-Identifier: BSD-3-Clause
"""Programs that execute as guests of KVM, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects import (
    Bamboo,
    Core440,
    ElfProgram,
    Event,
    EventKind,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    Simulation,
    System,
)
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
    """A program as guest of a kernel with that scheme; `program` is what ElfProgram takes."""
    system = System(clock="400MHz", memory="256MiB")
    system.core = Core440(workload=ElfProgram(str(elf), memory=memory, start="kvm", **program))
    system.tlb = HardwareTLB(entries=64)
    system.guest_tlb = GuestTLB(entries=64)
    system.host = HostKernel(scheme=scheme)
    system.board = Bamboo()
    system.board.uart0.console = "none"
    system.core.translation = system.tlb.core_side
    system.core.memory = system.board.ram.port
    system.core.devices = system.board.bus.core_side
    system.core.exceptions = system.host.exits
    return system


def run_guest(elf: Path, scheme: str, *, memory: str = "32MiB", **program: Any) -> Ended:
    """The same, executed to its end."""
    simulation = Simulation(guest_system(elf, scheme, memory=memory, **program))
    last = list(simulation.run())[-1]
    return Ended(last, console(simulation), simulation)
