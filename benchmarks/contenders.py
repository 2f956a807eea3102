# SPDX-License-Identifier: BSD-3-Clause
"""What is measured against what."""

from __future__ import annotations

from benchmarks import peers
from benchmarks.machines import KINDS, PINNED, PYTHON_SCHEME, Kind, build, build_python_scheme
from benchmarks.naive import Naive
from benchmarks.sample import Sample
from benchmarks.timing import Contender, Run
from simobjects import Simulation, System
from simobjects.boards import ENTRIES

NAIVE = "naive scan"
GENEROUS = "naive scan, page numbers only"
BARE = "native, no I/O"
PYTHON = "scheme in Python"
ABOUT = {
    "native": "the guest owns the TLB; 1 in 10^6 instructions is a system call that takes a slot for a device",
    "e3b": "KVM before the commit (E3b), live host",
    "e4": "KVM after the commit (E4), live host: configs/examples/kvm_guest.py",
}
EVERYTHING = 10**12
"""References in a slice: the run is one call of the kernels."""


def scans(naive: Naive) -> list[Contender]:
    """The naive simulators: a pinned entry and round robin over the others, as on the bare machine."""
    return [
        Contender(
            NAIVE, f"C, {ENTRIES} structs: V, TS, TID, page size mask", lambda: lambda: naive.textbook(ENTRIES, PINNED)
        ),
        Contender(GENEROUS, f"C, {ENTRIES} page numbers in a row", lambda: lambda: naive.pages(ENTRIES, PINNED)),
    ]


def machines(sample: Sample) -> list[Contender]:
    """Each machine, micro-TLBs off and on. Making the machine is not timed, running it is, Python and all."""
    bare = Contender(
        BARE,
        "its guest does no I/O: exactly the naive scan's misses",
        lambda: _ready(sample, build("native", sample.trace, io_every=0)),
    )
    python = Contender(
        PYTHON,
        f"the machine of e4, slots chosen in Python: {PYTHON_SCHEME}",
        lambda: _ready(sample, build_python_scheme(sample.trace)),
    )
    return [bare, *(_machine(sample, kind, micro) for micro in (False, True) for kind in KINDS), python]


def _machine(sample: Sample, kind: Kind, micro: bool) -> Contender:
    name = f"{kind}, micro-TLBs 4/8" if micro else kind
    return Contender(name, ABOUT[kind], lambda: _ready(sample, build(kind, sample.trace, micro=micro)))


def _ready(sample: Sample, system: System) -> Run:
    simulation = Simulation(system)

    def run() -> int:
        simulation.run_all(references=sample.references, slice=EVERYTHING)
        by_reference = simulation.stats.raw("system.core.misses")
        assert isinstance(by_reference, tuple)
        return sum(by_reference)

    return run


def others(sample: Sample, naive: Naive) -> list[Contender]:
    """Simulators called from Python, with the naive scan over the same part of the trace to compare with."""
    pages = list(sample.pages())
    addresses = [page << 12 for page in pages]
    slots = ENTRIES - PINNED
    found = [
        Contender(NAIVE, "the same scan on this part of the trace", lambda: lambda: naive.textbook(ENTRIES, PINNED)),
        Contender("Python set and ring", "plain Python", lambda: lambda: peers.python_set(pages, slots)),
    ]
    if peers.has_pycachesim():
        about = f"PyPI pycachesim: 1 set, {slots} ways, 4 KiB lines, FIFO, all addresses in one call"
        found.append(Contender("pycachesim", about, lambda: lambda: peers.pycachesim(addresses, slots)))
    return found
