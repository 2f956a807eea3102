# SPDX-License-Identifier: BSD-3-Clause
"""The machine of the studies that compare schemes: the shipped trace, on a host that has other things to do."""

from __future__ import annotations

from typing import Any

from simobjects import VMM, CostModel, GuestKernel, HostKernel, HostTask, System, TraceWorkload

from .parts import ENTRIES, NATIVE
from .streams import stream_machine


def busy_host(scheme: str, entries: int = ENTRIES, flush: str = "walk") -> System:
    """A guest with I/O under `scheme`, its VMM with signals, and one other task of the host; or `NATIVE`.

    `entries` is the size of the hardware's TLB and of the guest's, `flush` as in `CostModel`.
    """
    host = None if scheme == NATIVE else HostKernel(scheme=scheme, **busy_life())
    guest = GuestKernel(io_every=1_000_000)
    return stream_machine(TraceWorkload("sqlite"), host, costs=CostModel(flush=flush), entries=entries, guest=guest)


def busy_life() -> dict[str, Any]:
    """What such a host is beside its scheme: ticks at 250 Hz, a VMM with signals, one other task."""
    return {"hz": "250Hz", "vmm": VMM(signal_every=5), "tasks": [HostTask(every=10)]}
