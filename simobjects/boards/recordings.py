# SPDX-License-Identifier: BSD-3-Clause
"""The machine that replays what another executed."""

from __future__ import annotations

from simobjects import Core440, CostModel, HardwareTLB, HostKernel, Recording, System

from .parts import ENTRIES, put_under


def recording_machine(
    recording: Recording,
    host: HostKernel | None = None,
    *,
    memory: str = "256MiB",
    costs: CostModel | None = None,
    entries: int = ENTRIES,
    guest_entries: int = ENTRIES,
) -> System:
    """What replays a recording.

    Args:
        recording: of a whole guest.
        host: the host kernel; None: the bare machine.
        memory: the machine's, with its unit.
        costs: what things cost; None: the defaults.
        entries: of the hardware's TLB.
        guest_entries: of the guest's TLB, which has to be as large as the guest saw it.
    """
    system = System(clock=recording.clock(), memory=memory)
    system.costs = costs or CostModel()
    system.core = Core440(workload=recording, timebase_ratio=recording.seen().timebase_ratio)
    system.tlb = HardwareTLB(entries=entries)
    system.core.translation = system.tlb.core_side
    if host is None:
        system.core.exceptions = recording.vectors
    else:
        put_under(system, host, guest_entries)
    return system
