# SPDX-License-Identifier: BSD-3-Clause
"""The machine that the studies of this folder ask, and the workloads that they ask it about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from simobjects import CostModel, GuestKernel, HostKernel, Interleave, LinuxGuest, System, TraceWorkload
from simobjects.base.errors import InputError, UsageError
from simobjects.base.names import listed, nearest
from simobjects.boards import ENTRIES, bamboo, busy_life, stream_machine
from simobjects.study import Suite

Workloads = dict[str, dict[str, str]]
"""What each workload sets, by its name."""
LINUX = ("boot", "touch128", "pipe", "fork")
"""The windows of a Linux guest that stand for it: a console, refills, system calls, processes."""


def machine(
    scheme: str = "e4",
    guest: Literal["stream", "linux"] = "stream",
    trace: str = "sqlite",
    processes: int = 1,
    quantum: int = 400_000,
    entries: int = ENTRIES,
    guest_entries: int = ENTRIES,
    flush: Literal["walk", "once"] = "walk",
) -> System:
    """A guest under a scheme, on a host at 250 Hz with a VMM that is signalled and one other task.

    The guest is an imitation whose `processes` each follow the trace, for `quantum` references at a time, or a Linux.
    `entries` are the hardware's.
    """
    if guest == "linux":
        life = busy_life()
        system: System = bamboo(
            LinuxGuest(), scheme, memory="128MiB", entries=entries, guest_entries=guest_entries, host=life
        )
        system.costs = CostModel(flush=flush)
        return system
    traces = [TraceWorkload(trace) for _ in range(processes)]
    return stream_machine(
        traces[0] if processes == 1 else Interleave(processes=traces, quantum=quantum),
        HostKernel(scheme=scheme, **busy_life()),
        costs=CostModel(flush=flush),
        entries=entries,
        guest_entries=guest_entries,
        guest=GuestKernel(io_every=1_000_000),
    )


def workloads(suites: Sequence[str], linux: Path | None, windows: Sequence[str] = LINUX) -> Workloads:
    """The workloads of suites of traces (`traces`, `DIR/suite.json`), and windows of the Linux guest in a folder.

    Raises:
        InputError: there is no such suite, it is damaged, or it is none of traces.
        UsageError: there is no such window.
    """
    made = {name: {"trace": _trace(sets)} for suite in suites for name, sets in _suite(suite).settings().items()}
    if linux is not None:
        built = {"guest": "linux", "system.core.workload.built": str(linux.absolute())}
        shipped = Suite.load("linux").settings()
        if unknown := next((name for name in windows if name not in shipped), ""):
            near = nearest(unknown, shipped)
            fix = f"did you mean {near}?" if near else f"there are: {listed(shipped)}"
            raise UsageError("is no window of the suite linux", where=f"--windows {unknown}", fix=fix)
        made |= {f"linux {name}": {**built, **shipped[name]} for name in windows}
    return made


def streams(chosen: Workloads) -> Workloads:
    """Those that are no Linux."""
    return {name: sets for name, sets in chosen.items() if not is_linux({"workload": name})}


def is_linux(values: Mapping[str, str]) -> bool:
    """Whether a point's guest is a Linux."""
    return values["workload"].startswith("linux ")


def _suite(named: str) -> Suite:
    return Suite.load(Path(named) if "/" in named or "." in named else named)


def _trace(sets: Mapping[str, str]) -> str:
    if set(sets) != {"system.core.workload.trace"}:
        raise InputError(f"sets {listed(sets)}", where="--suite", fix="name a suite of traces")
    return sets["system.core.workload.trace"]
