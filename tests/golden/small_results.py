# SPDX-License-Identifier: BSD-3-Clause
"""The statistics of a few small machines as digests: `python -m tests.golden.small_results` records a new epoch's.

Each covers another part of the model: the bare machine, schemes with their tables, tasks of the host, each era, and
programs that execute, natively and as guests.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from simobjects import (
    VMM,
    GuestKernel,
    HostKernel,
    HostTask,
    Interleave,
    Simulation,
    SyntheticWorkload,
    System,
)
from simobjects.boards import stream_machine
from simobjects.framework.epoch import RESULTS_EPOCH
from simobjects.study.config_script import load
from tests.helpers.live_runs import two_processes

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("results.json")
"""Machines and their digests by results epoch."""


def native(era: str = "2.6.29") -> System:
    """Two processes on the bare machine, with micro-TLB misses, I/O and every other event of the guest."""
    return stream_machine(two_processes(2_000), guest=_busy_guest(era))


def _busy_guest(era: str) -> GuestKernel:
    return GuestKernel(
        era=era,
        io_every=20_000,
        syscall_every=3_000,
        timer_every=9_000,
        flush_every=70_000,
        page_flush_every=11_000,
        idle_every=50_000,
    )


def virtual(scheme: str, era: str = "2.6.29") -> System:
    """The same as a guest of KVM on a host that has other things to do."""
    host = HostKernel(
        scheme=scheme,
        hz="4kHz",
        interrupt_pages=3,
        vmm=VMM(signal_every=3, instructions=1_500, flush_every=5, page_flush_every=3),
    )
    return stream_machine(two_processes(2_000), host, guest=_busy_guest(era))


def tasks() -> System:
    """Two tasks of the host, with streams of their own, beside one process."""
    system = virtual("e4")
    system.core.workload = Interleave(
        processes=[SyntheticWorkload(code_pages=20, data_pages=80, pattern="zipf", records=4_000, seed=5)]
    )
    system.host.tasks = [HostTask(every=2, instructions=2_000, flush_every=3), HostTask(every=5, instructions=9_000)]
    return system


def program(example: str) -> System:
    """An example that executes a program."""
    return load(ROOT / "configs" / "examples" / f"{example}.py", {}, engine=True)


MACHINES: dict[str, Callable[[], System]] = {
    "native": native,
    "native, era 6.1": lambda: native("6.1"),
    "e0": lambda: virtual("e0"),
    "e3b": lambda: virtual("e3b"),
    "e4": lambda: virtual("e4"),
    "e6, era 6.1": lambda: virtual("e6", "6.1"),
    "tasks": tasks,
    "program": lambda: program("bare_metal"),
    "program as guest": lambda: program("program_guest"),
}


def digest(make: Callable[[], System]) -> str:
    """SHA-256 over every statistic of every window at the end of the run, and where that was."""
    simulation = Simulation(make())
    simulation.outlets.terminal = lambda text: None
    last = [event.kind.name for event in simulation.run(references=3_000_000)][-1]
    rows = [(row.window, row.path, row.stat, row.index, str(row.value)) for row in simulation.stats.rows()]
    end = [last, simulation.cycle, simulation.reference]
    return hashlib.sha256(json.dumps([end, rows]).encode()).hexdigest()


def recorded() -> dict[str, dict[str, str]]:
    """What the file holds: for each epoch the digest of each machine."""
    found: dict[str, dict[str, str]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def record() -> None:
    """Add this epoch to the file; an epoch that is there keeps its numbers, and takes machines that are new."""
    known = recorded()
    before = known.get(str(RESULTS_EPOCH), {})
    now = {name: digest(make) for name, make in MACHINES.items()}
    changed = [name for name in before if before[name] != now.get(name)]
    if changed:
        sys.exit(
            f"other numbers than in epoch {RESULTS_EPOCH}: {', '.join(changed)}; first raise RESULTS_EPOCH in "
            "simobjects/framework/epoch.py"
        )
    known[str(RESULTS_EPOCH)] = now
    RECORDED.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
