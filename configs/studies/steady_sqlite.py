# SPDX-License-Identifier: BSD-3-Clause
"""The shipped sqlite trace with its I/O calls a little earlier or later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from steady_run import Run, simulated, spread  # these are beside this script

from simobjects import GuestKernel, HostKernel, TraceWorkload
from simobjects.base.text import markdown
from simobjects.boards import stream_machine

IO_EVERY = 1_000_000
IO_STEP = 1_000
"""Instructions that the I/O calls of one sqlite run are further apart than those of the run before."""


def sqlite_run(scheme: str, io_every: int) -> Run:
    """The whole trace; `native` is no scheme."""
    host = None if scheme == "native" else HostKernel(scheme=scheme)
    sim = simulated(stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(io_every=io_every)))
    sim.run_all()
    stat = "system.tlb.misses" if scheme == "native" else "system.host.virt_misses"
    return Run("sqlite", scheme, "I/O every", io_every, "all", sim.stats.count(stat))


def sqlite(replicates: int) -> Iterator[Run]:
    """Natively and under two schemes, the I/O calls further and further apart."""
    for scheme in ("native", "e3b", "e6"):
        for each in range(replicates):
            yield sqlite_run(scheme, IO_EVERY + IO_STEP * each)


def sqlite_table(runs: Sequence[Run]) -> str:
    """Natively and by scheme: the spread of the misses."""
    rows = [[host, *spread([run.misses for run in group])] for host, group in groupby(runs, key=lambda run: run.host)]
    return markdown(["host", "least", "median", "most", "apart"], rows)
