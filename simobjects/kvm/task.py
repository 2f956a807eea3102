# SPDX-License-Identifier: BSD-3-Clause
"""What else runs on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from simobjects.framework import Problem, SimObject, child, param
from simobjects.ppc440.workload import Executable, Workload
from simobjects.traces.synthetic import SyntheticWorkload


def one_stream(task: HostTask | VMM | VMMWork) -> None:
    """Report a process of the host that has no stream, or several: those are for the guest, which has a scheduler for
    them.
    """
    if isinstance(task.workload, Executable):
        expected = "a stream of references: only the core executes programs"
        task.problem("workload", task.workload, expected, "give it a trace or a SyntheticWorkload")
    elif task.workload.quantum_instructions():
        task.problem("workload", None, "one stream of references", "give each of the streams a HostTask of its own")


class HostTask(SimObject):
    """A process of the host with its own reference stream, which starts again at its end.

    Every `every` ticks it preempts the vcpu for one turn.
    """

    kind: ClassVar[str] = "host"

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = dict.fromkeys(
        ("every", "instructions", "flush_every", "page_flush_every", "fault_every"), "any"
    )

    workload: Workload = child(SyntheticWorkload, "its references", code_pages=8, data_pages=24, seed=2)
    every: int = param(10, "host timer ticks between its turns; 0: never runs", ge=0, le=10**9)
    instructions: int = param(400_000, "instructions of a turn", ge=1, le=10**12)
    flush_every: int = param(
        0, "turns between flushes of its address space, as fork, exec or munmap cause; 0: never", ge=0, le=10**9
    )
    page_flush_every: int = param(0, "turns between flushes of one page of its data; 0: never", ge=0, le=10**9)
    fault_every: int = param(0, "every so many of its TLB misses is a page fault first; 0: none", ge=0, le=10**9)

    def check(self) -> Iterable[Problem]:
        one_stream(self)
        return ()


class VMMWork(SimObject):
    """What a VMM does at one kind of its guest's accesses, instead of its usual turn."""

    kind: ClassVar[str] = "host"

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"instructions": "any"}

    workload: Workload = child(SyntheticWorkload, "its references", code_pages=8, data_pages=5, seed=3)
    instructions: int = param(100_000, "instructions of a turn", ge=1, le=10**12)

    def check(self) -> Iterable[Problem]:
        one_stream(self)
        return ()


class VMM(SimObject):
    """The process that runs the guest (QEMU): what it executes at each heavy exit before it calls KVM_RUN again."""

    kind: ClassVar[str] = "host"

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = dict.fromkeys(
        ("instructions", "flush_every", "page_flush_every", "fault_every", "signal_every"), "any"
    )

    workload: Workload = child(SyntheticWorkload, "its references", code_pages=10, data_pages=14, seed=1)
    instructions: int = param(3_000, "instructions of a turn; estimate", ge=1, le=10**12)
    flush_every: int = param(0, "turns between flushes of its address space; 0: never", ge=0, le=10**9)
    page_flush_every: int = param(0, "turns between flushes of one page of its data; 0: never", ge=0, le=10**9)
    fault_every: int = param(0, "every so many of its TLB misses is a page fault first; 0: none", ge=0, le=10**9)
    at_mark: VMMWork | None = child(
        None, "what it does instead when the guest begins or ends a window of the statistics", optional=True
    )
    signal_every: int = param(5, "host timer ticks between signals to it, each a heavy exit; 0: none", ge=0, le=10**9)
    hold_ticks: bool = param(
        False,
        "hold the guest's timer interrupt in windows of the statistics: the guest's TCR[DIE] is cleared as one begins "
        "and put back as it ends (KVM_SET_ONE_REG, from 3.10)",
    )
    ticks_in: int | None = param(
        None, "number stored at the begin of windows in which it is not held; None: held in all", ge=0, le=0xFFFF_FFFF
    )

    def check(self) -> Iterable[Problem]:
        one_stream(self)
        return ()
