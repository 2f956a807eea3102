# SPDX-License-Identifier: BSD-3-Clause
"""The machines that all others are variants of: a guest follows references, is executed, or is replayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simobjects import (
    Bamboo,
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    Recording,
    System,
    Workload,
)
from simobjects.programs.program import Program

CLOCK = "400MHz"
ENTRIES = 64
"""Of the 440's TLB."""


def stream_machine(
    workload: Workload,
    host: HostKernel | None = None,
    *,
    memory: str = "256MiB",
    costs: CostModel | None = None,
    core: Mapping[str, Any] | None = None,
    entries: int = ENTRIES,
    guest: GuestKernel | None = None,
    guest_entries: int | None = None,
) -> System:
    """An imitation Linux whose programs are the references of `workload`: under `host`, or on the bare machine.

    `core` are further parameters of the core; `entries` is the size of the hardware's TLB, and of the guest's unless
    `guest_entries` says otherwise.
    """
    system = System(clock=CLOCK, memory=memory)
    system.costs = costs or CostModel()
    system.core = Core440(workload=workload, **(core or {}))
    system.tlb = HardwareTLB(entries=entries)
    system.guest = guest or GuestKernel()
    system.core.translation = system.tlb.core_side
    if host is None:
        system.core.exceptions = system.guest.vectors
    else:
        _under(system, host, entries if guest_entries is None else guest_entries)
    return system


def program_machine(
    program: Program,
    host: HostKernel | None = None,
    *,
    memory: str = "256MiB",
    core: Mapping[str, Any] | None = None,
    entries: int = ENTRIES,
    guest_entries: int | None = None,
) -> System:
    """A Bamboo board whose core executes `program`, under `host` or on the bare machine; nothing is printed."""
    system = System(clock=CLOCK, memory=memory)
    system.core = Core440(workload=program, **(core or {}))
    system.tlb = HardwareTLB(entries=entries)
    if host is not None:
        _under(system, host, entries if guest_entries is None else guest_entries)
    system.board = Bamboo()
    system.board.uart0.console = "none"
    system.core.translation = system.tlb.core_side
    system.core.memory = system.board.ram.port
    system.core.devices = system.board.bus.core_side
    if host is None:
        system.core.exceptions = system.core.workload.vectors
    return system


def recording_machine(
    recording: Recording,
    host: HostKernel | None = None,
    *,
    memory: str = "256MiB",
    costs: CostModel | None = None,
    entries: int = ENTRIES,
    guest_entries: int = ENTRIES,
) -> System:
    """What replays `recording` under `host`, or on the bare machine; `entries`: of the hardware's TLB."""
    system = System(clock=recording.clock(), memory=memory)
    system.costs = costs or CostModel()
    system.core = Core440(workload=recording, timebase_ratio=recording.seen().timebase_ratio)
    system.tlb = HardwareTLB(entries=entries)
    system.core.translation = system.tlb.core_side
    if host is None:
        system.core.exceptions = recording.vectors
    else:
        _under(system, host, guest_entries)
    return system


def _under(system: System, host: HostKernel, guest_entries: int) -> None:
    """Put the host and the TLB that it keeps for its guest into the machine; the core's exceptions go to it."""
    system.guest_tlb = GuestTLB(entries=guest_entries)
    system.host = host
    system.core.exceptions = system.host.exits
