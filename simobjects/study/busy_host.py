# SPDX-License-Identifier: BSD-3-Clause
"""The machine of the studies that compare schemes: the shipped trace, on a host that has other things to do."""

from __future__ import annotations

from simobjects import (
    VMM,
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    HostTask,
    System,
    TraceWorkload,
)

NATIVE = "native"
"""Instead of a scheme: the same guest on the bare machine."""


def busy_host(scheme: str, entries: int = 64, flush: str = "walk") -> System:
    """A guest with I/O under `scheme`, its VMM with signals, and one other task of the host; or `NATIVE`.

    `entries` is the size of the hardware's TLB and of the guest's, `flush` as in `CostModel`.
    """
    system = System(clock="400MHz", memory="256MiB")
    system.costs = CostModel(flush=flush)
    system.core = Core440(workload=TraceWorkload("sqlite"))
    system.tlb = HardwareTLB(entries=entries)
    system.guest = GuestKernel(io_every=1_000_000)
    system.core.translation = system.tlb.core_side
    if scheme == NATIVE:
        system.core.exceptions = system.guest.vectors
        return system
    system.guest_tlb = GuestTLB(entries=entries)
    system.host = HostKernel(scheme=scheme, hz="250Hz", vmm=VMM(signal_every=5), tasks=[HostTask(every=10)])
    system.core.exceptions = system.host.exits
    return system
