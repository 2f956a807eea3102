# SPDX-License-Identifier: BSD-3-Clause
"""Busy machines: two guest processes, I/O, signals, a host task that flushes, ticks close together."""

from __future__ import annotations

from typing import Any

from simobjects import HostTask, Interleave, SyntheticWorkload, Workload
from simobjects.kvm.schemes import ShadowScheme
from tests.helpers.played_machine import Played


def two_processes(records: int = 400) -> Workload:
    """Two processes with more pages than the TLB has entries; the scheduler switches them often."""
    first = SyntheticWorkload(code_pages=12, data_pages=60, pattern="random", records=records, seed=3)
    second = SyntheticWorkload(code_pages=5, data_pages=90, pattern="zipf", records=records, seed=4)
    return Interleave(processes=[first, second], quantum=3_000)


def busy_host_task() -> HostTask:
    return HostTask(every=2, instructions=2_000, flush_every=3, page_flush_every=2)


def live(scheme: str | ShadowScheme | None, **settings: Any) -> Played:
    """A busy machine under KVM at time zero; every kind of exit and every kind of flush happens in it."""
    busy: dict[str, Any] = {
        "workload": two_processes(),
        "hz": "4kHz",
        "interrupt_pages": 3,
        "vmm": {"signal_every": 3, "instructions": 1_500, "flush_every": 5, "page_flush_every": 3},
        "guest": {"io_every": 4_000},
        "tasks": [busy_host_task()],
    }
    return Played(scheme, **{**busy, **settings})


def run_to_end(machine: Played) -> None:
    """Run a played machine until its workload has ended, past the description side."""
    reason, _ = machine.core.advance(-1, -1)
    assert reason == 1, f"stopped for reason {reason} instead of the end of the workload"
