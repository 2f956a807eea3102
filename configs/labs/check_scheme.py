# SPDX-License-Identifier: BSD-3-Clause
"""Checks lab 2, a shadow scheme that beats the commit's: docs/labs.md.

cp configs/labs/my_scheme.py . # and change it
python configs/labs/check_scheme.py my_scheme.py
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab_checks import Checks, argument, tried

from simobjects import (
    VMM,
    GuestKernel,
    HostKernel,
    HostTask,
    Interleave,
    PythonScheme,
    ShadowScheme,
    Simulation,
    SyntheticWorkload,
    TraceWorkload,
    Workload,
)
from simobjects.boards import stream_machine

REFERENCES = 2_000_000
LOOKS = ("holder", "of_kernel", "guest_entry", "read")
PRICE = 2
"""Instructions that a look at a slot costs at the least: a load or tlbre, and a test."""
BETTER = 0.97
"""Of the commit's time."""
SECONDS = 60
"""That one run may take."""
WORKLOADS: Mapping[str, Callable[[], Workload]] = {
    "sqlite": lambda: TraceWorkload("sqlite"),
    "zipf": lambda: SyntheticWorkload(pattern="zipf", data_pages=200, records=500_000),
    "two processes": lambda: Interleave(
        processes=[TraceWorkload("sqlite"), SyntheticWorkload(pattern="zipf", data_pages=100, records=500_000)],
        quantum=200_000,
    ),
}


class Books:
    """What a scheme has looked at, and what it has charged for."""

    def __init__(self) -> None:
        self.looks = self.charged = 0


def counted(scheme: type[PythonScheme], books: Books) -> type[PythonScheme]:
    """The scheme with books kept of what it does."""
    own: Any = scheme.running

    def look(name: str) -> Callable[..., object]:
        def call(self: object, slot: int) -> object:
            books.looks += 1
            return getattr(own, name)(self, slot)

        return call

    def charge(self: object, instructions: int) -> None:
        books.charged += instructions
        own.charge(self, instructions)

    members = {**{name: look(name) for name in LOOKS}, "charge": charge, "__module__": scheme.__module__}
    running = type("running", (own,), members)
    return type(scheme.__name__, (scheme,), {"running": running, "__module__": scheme.__module__})


def run(workload: str, scheme: str | ShadowScheme) -> Simulation:
    """The workload under a scheme, on a host with a VMM and another task."""
    host = HostKernel(scheme=scheme, hz="250Hz", vmm=VMM(signal_every=5), tasks=[HostTask(every=10)])
    sim = Simulation(stream_machine(WORKLOADS[workload](), host, guest=GuestKernel(io_every=1_000_000)))
    sim.run_all(references=REFERENCES)
    return sim


def schemes(script: Path) -> list[type[PythonScheme]]:
    """The schemes that the student's script defines itself."""
    values = runpy.run_path(str(script), run_name="lab").values()
    return [
        one for one in values if isinstance(one, type) and issubclass(one, PythonScheme) and one.__module__ == "lab"
    ]


def main() -> int:
    """Run the workloads under both."""
    script = argument("your my_scheme.py")
    with tried(script, SECONDS):
        found = schemes(script)
    if len(found) != 1:
        raise SystemExit(f"{script}: defines {len(found)} schemes; one class that derives from PythonScheme is wanted")
    checks = Checks()
    for name in WORKLOADS:
        books = Books()
        with tried(script, SECONDS):
            mine = run(name, counted(found[0], books)())
        commit = run(name, "e4")
        real = [sim.stats.count("system.host.real_misses") for sim in (mine, commit)]
        checks.that(f"{name}, the guest notices nothing", real[0] == real[1], f"real misses {real[0]:,}, {real[1]:,}")
        least = books.looks * PRICE
        checks.that(
            f"{name}, what it looks at is paid for",
            books.charged >= least,
            f"{books.looks:,} looks, {books.charged:,} instructions charged, at least {least:,} wanted",
        )
        times = [float(sim.stats.count("system.core.vcpu_time")) for sim in (mine, commit)]
        misses = [sim.stats.count("system.host.virt_misses") for sim in (mine, commit)]
        checks.that(
            f"{name}, at least {1 - BETTER:.0%} faster than the commit",
            times[0] <= BETTER * times[1],
            f"{times[0] / times[1]:.3f} of its time, virt misses {misses[0]:,} in place of {misses[1]:,}",
        )
    return int(checks.end())


if __name__ == "__main__":
    raise SystemExit(main())
