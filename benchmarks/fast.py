# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.fast [TRACE ...]`: reference streams against the naive scan, and what the time depends on.

Prints the tables of docs/fast.md: each trace on each machine, the time of a miss, 64 sizes of the TLB against one, and
the time by references and by entries. CPU time of one thread, contenders in turn; Status 1: a count of misses differs
between rounds.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.machines import KINDS, PINNED, build
from benchmarks.naive import Naive, compile_scan
from benchmarks.sample import Sample
from benchmarks.timing import Contender, Run, measure
from simobjects import (
    GuestKernel,
    HostKernel,
    HostTask,
    Interleave,
    Simulation,
    SyntheticWorkload,
    System,
    TraceWorkload,
)
from simobjects.base.text import markdown
from simobjects.boards import ENTRIES, stream_machine

ROWS = ("native", "native, no I/O", "e3b", "e4", "native, micro-TLBs 4/8", "e4, micro-TLBs 4/8", "native, plain path")
NAIVE = "naive scan"
EVERYTHING = 10**12
"""References in a slice: the run is one call of the kernels."""
SIZES = range(16, 528, 8)
MISSES = 500_000


def system_of(row: str, trace: str) -> System:
    """The machine of a row."""
    name, _, more = row.partition(", ")
    kind = next(each for each in KINDS if each == name)
    if more == "no I/O":
        return build(kind, trace, io_every=0)
    made = build(kind, trace, micro=more.startswith("micro"))
    made.core.fast = more != "plain path"
    return made


def ready(make: Callable[[], System]) -> Callable[[], Run]:
    """Making the machine is not timed, running it is."""

    def prepare() -> Run:
        simulation = Simulation(make())

        def run() -> int:
            simulation.run_all(slice=EVERYTHING)
            return sum(simulation.stats.counts("system.core.misses").values())

        return run

    return prepare


def traces(names: list[str], rounds: int, told: Callable[[str], None]) -> list[tuple[str, ...]]:
    """Rows: trace, machine, times the naive scan's speed, ns a reference, user misses."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        library = compile_scan(Path(folder))
        for name in names:
            told(name)
            sample = Sample.take(name)
            naive = Naive(sample.columns, library)
            scan = Contender(NAIVE, "", partial(partial, naive.textbook, ENTRIES, PINNED))
            found = [Contender(row, "", ready(partial(system_of, row, name))) for row in ROWS]
            measure([scan, *found], rounds, lambda _: None)
            assert all(len(contender.misses) == 1 for contender in found), name
            per_thousand = 1000 * max(scan.misses) / sample.references
            for each in found:
                cells = f"{each.times_as_fast_as(scan):.1f}", f"{1e9 * each.median / sample.references:.3f}"
                rows.append((Path(name).stem, f"{per_thousand:.3f}", each.name, *cells, str(max(each.misses))))
    return rows


def storm(scheme: str, guest: int = ENTRIES) -> System:
    """Every data access misses in the hardware; where the guest has more than 100 entries of its own, virt."""
    stream = SyntheticWorkload(code_pages=1, data_pages=100, records=MISSES, instructions=1, accesses=1, pattern="loop")
    kernel = GuestKernel(era="2.6.29", memory="128MiB", io_every=0)
    if scheme == "native":
        return stream_machine(stream, None, guest=kernel)
    made = stream_machine(stream, HostKernel(scheme=scheme, hz="250Hz", tasks=[HostTask(every=10)]), guest=kernel)
    made.guest_tlb.entries = guest
    return made


Make = Callable[[], System]

STORMS: dict[str, Make] = {
    "native miss, its refill included": lambda: storm("native"),
    "real miss under E4, all its exits included": lambda: storm("e4"),
    "real miss under E3b, all its exits included": lambda: storm("e3b"),
    "virt miss under E4": lambda: storm("e4", 256),
    "virt miss under E3b": lambda: storm("e3b", 256),
}


def timed(run: Run) -> float:
    begin = time.thread_time()
    run()
    return time.thread_time() - begin


def misses(rounds: int) -> list[tuple[str, str]]:
    """ns of a miss, by what it is."""
    return [
        (name, f"{1e9 * median(timed(ready(make)()) for _ in range(rounds)) / MISSES:.0f}")
        for name, make in STORMS.items()
    ]


def sizes() -> tuple[float, float]:
    """Seconds of native runs of the shipped trace with 64 sizes of the TLB, and of one with 64 entries."""

    def of(entries: int) -> float:
        machine = build("native", "sqlite")
        machine.tlb.entries = entries
        return timed(ready(lambda: machine)())

    return sum(map(of, SIZES)), median(of(64) for _ in range(5))


def again(trace: str, times: int, entries: int) -> System:
    """The bare machine on a trace, so many times in a row: processes of which each runs to its end."""
    each = [TraceWorkload(trace) for _ in range(times)]
    machine = stream_machine(Interleave(processes=each, quantum=10**15), None, guest=GuestKernel(memory="256MiB"))
    machine.tlb.entries = entries
    return machine


def synthetic(references: int, entries: int) -> System:
    """The bare machine on 54 pages, records of 240 references."""
    stream = SyntheticWorkload(
        code_pages=4, data_pages=50, records=references // 240, instructions=180, accesses=60, pattern="zipf"
    )
    machine = stream_machine(stream, None, guest=GuestKernel(memory="256MiB"))
    machine.tlb.entries = entries
    return machine


def scale() -> list[tuple[str, ...]]:
    """Rows: workload, references, entries, misses of the user, ms, peak MiB of this process."""
    rows: list[tuple[str, ...]] = []
    length = Sample.take("sqlite").references

    def row(name: str, machine: System, references: int, entries: int) -> None:
        simulation = Simulation(machine)

        def run() -> int:
            simulation.run_all(references=references, slice=EVERYTHING)
            return sum(simulation.stats.counts("system.core.misses").values())

        begin = time.thread_time()
        missed = run()
        seconds = time.thread_time() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append((name, f"{references:.0e}", str(entries), str(missed), f"{1000 * seconds:.1f}", f"{peak:.0f}"))

    sizes = (16, 64, 256, 1024, 4096)
    for references in (10**exponent for exponent in range(6, 10)):
        row("sqlite", again("sqlite", -(-references // length), 64), references, 64)
    for entries in sizes:
        row("sqlite", again("sqlite", 2, entries), 10**8, entries)
    for references in (10**exponent for exponent in range(6, 10)):
        row("synthetic", synthetic(references, 64), references, 64)
    for entries in sizes:
        row("synthetic", synthetic(10**8, entries), 10**8, entries)
    return rows


def main() -> int:
    """Print the tables and write results/fast.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fast", description=__doc__)
    parser.add_argument("traces", nargs="*", default=["sqlite"], help="trace files or names (default: the shipped one)")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")

    def told(name: str) -> None:
        print(name, file=sys.stderr, flush=True)

    by_size = scale()
    told("misses")
    by_miss = misses(arguments.rounds)
    told("sizes")
    all_sizes, one_size = sizes()
    by_trace = traces(arguments.traces, arguments.rounds, told)
    head = ("trace", "misses per 1,000", "machine", "x naive scan", "ns a reference", "user misses")
    print(markdown(head, by_trace), "\n")
    print(markdown(("what", "ns"), by_miss), "\n")
    print(f"64 sizes of the TLB: {all_sizes / one_size:.1f} times one run with 64 entries\n")
    print(markdown(("workload", "references", "entries", "user misses", "ms", "peak MiB"), by_size))
    found = {"scale": by_size, "misses": by_miss, "sizes": [all_sizes, one_size], "traces": by_trace}
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "fast.json").write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
