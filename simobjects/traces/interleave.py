# SPDX-License-Identifier: BSD-3-Clause
"""Several processes on one guest."""

from __future__ import annotations

from typing import Any

from simobjects.framework import children, param
from simobjects.framework.peers import Peers
from simobjects.ppc440.workload import Executable, Workload


class Interleave(Workload):
    """Several workloads as processes of the guest, switched by its scheduler (each has its own PID and page table)."""

    processes: list[Workload] = children("the workloads, in the order in which they first run")
    quantum: int = param(400_000, "user instructions between process switches", ge=1, le=10**15)

    def streams(self, peers: Peers) -> list[Any]:
        """The streams of all workloads, in their order; those of a workload with several follow one another."""
        return [stream for process in self.processes for stream in process.streams(peers)]

    def quantum_instructions(self) -> int:
        return self.quantum

    def process_count(self) -> int:
        """How many streams all workloads have together; at most 254, since a PID has 8 bits."""
        return sum(process.process_count() for process in self.processes)

    def check(self) -> tuple[()]:
        if not self.processes:
            self.problem("processes", None, "at least one workload", "pass processes=[TraceWorkload(...), ...]")
        if self.process_count() > 254:
            expected = "at most 254, with those of workloads within"
            self.problem("processes", self.process_count(), expected, "a PID has 8 bits")
        for each in self.processes:
            if isinstance(each, Executable):
                each.problem("", each, "a stream of references; a program needs a core of its own", "take it out")
        return ()
