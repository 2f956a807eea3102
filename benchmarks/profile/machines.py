# SPDX-License-Identifier: BSD-3-Clause
"""The machines whose kernels are profiled, by the package's interface alone: a checkout may be an older one."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.profile.functions import functions

PROGRAMS = {"s1": "s1_compute", "s2": "s2_thrash", "s3": "s3_fit"}
EVERYTHING = 10**12


def machine(name: str, guest: str) -> Callable[[], Any]:
    """What runs the machine once."""
    from simobjects import ElfProgram, GuestKernel, HostKernel, HostTask, LinuxGuest, Simulation, TraceWorkload
    from simobjects.boards import bamboo, stream_machine

    kind, _, scheme = name.partition("-")
    if kind == "sqlite":
        host = None if scheme == "native" else HostKernel(scheme=scheme, hz="250Hz", tasks=[HostTask(every=10)])
        workload = stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(era="2.6.29", memory="128MiB"))
        simulation = Simulation(workload)
        return lambda: simulation.run_all(slice=EVERYTHING)
    if kind == "init":
        system = bamboo(LinuxGuest(built=guest), memory="128MiB")
    else:
        elf = Path(__file__).resolve().parents[2] / "tests" / "data" / "baremetal" / f"{PROGRAMS[name]}.elf"
        system = bamboo(ElfProgram(str(elf)), memory="128MiB")
    simulation = Simulation(system)
    return simulation.run_all


def main() -> None:
    """Print milliseconds of a run by function as JSON, most first."""
    name, guest, rounds = json.loads(sys.argv[1])
    runs = [machine(name, guest) for _ in range(rounds)]
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        found = functions(lambda: [run() for run in runs], Path(folder))
        each = 1000 * (time.process_time() - begin) / rounds / sum(found.values())
    print(json.dumps({name: each * ticks for name, ticks in found.most_common()}))
