# SPDX-License-Identifier: BSD-3-Clause
"""Machines whose guest follows references: with any workload, and the busy one of the studies that compare schemes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simobjects import (
    VMM,
    Core440,
    CostModel,
    GuestKernel,
    HardwareTLB,
    HostKernel,
    HostTask,
    System,
    TraceWorkload,
    Workload,
)

from .parts import CLOCK, ENTRIES, NATIVE, put_under


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

    Args:
        workload: a TraceWorkload, SyntheticWorkload or Interleave.
        host: the host kernel; None: the bare machine.
        memory: the machine's, with its unit.
        costs: what things cost; None: the defaults.
        core: further parameters of the core.
        entries: of the hardware's TLB.
        guest: the guest's kernel; None: a GuestKernel with its defaults.
        guest_entries: of the guest's TLB; None: as many as the hardware's.
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
        put_under(system, host, entries if guest_entries is None else guest_entries)
    return system


def busy_host(scheme: str, entries: int = ENTRIES, flush: str = "walk") -> System:
    """A guest with I/O, its VMM with signals, and one other task of the host, on the shipped trace.

    Args:
        scheme: by its short name, or `NATIVE` for the bare machine.
        entries: of the hardware's TLB and of the guest's.
        flush: as in `CostModel`: `walk` or `once`.
    """
    host = None if scheme == NATIVE else HostKernel(scheme=scheme, **busy_life())
    guest = GuestKernel(io_every=1_000_000)
    return stream_machine(TraceWorkload("sqlite"), host, costs=CostModel(flush=flush), entries=entries, guest=guest)


def busy_life() -> dict[str, Any]:
    """What such a host is beside its scheme: ticks at 250 Hz, a VMM with signals, one other task."""
    return {"hz": "250Hz", "vmm": VMM(signal_every=5), "tasks": [HostTask(every=10)]}
