# SPDX-License-Identifier: BSD-3-Clause
"""The imitation of a Linux guest beside the real one, window by window, on the same references of its programs.

    simobjects run linux.py --record linux.arrow
    python configs/studies/imitation.py linux.arrow --scheme e4

`linux.arrow` is the recording of a guest that marks windows. What its programs referred to in a window is fed to
`GuestKernel`, which makes as many system calls; what KVM then counts stands beside what it counts for the recording
itself, replayed under the same scheme. The last columns are the pages that the real kernel executed in and touched
there: the working set that an imitation has to be given (docs/gains.md). Columns: window, user instructions, processes,
system calls, then real misses, emulated instructions and virt misses, each of the real guest and of the imitation.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from simobjects import GuestKernel, HostKernel, Interleave, Recording, Simulation, TraceWorkload, Workload
from simobjects.boards import recording_machine, stream_machine
from simobjects.framework import SimObjectsError
from simobjects.isa.arch import ADDRESS
from simobjects.traces.columns import KIND, REFERENCE_KINDS, Columns
from simobjects.traces.tracefile import TraceWriter, open_trace

KERNEL = ADDRESS.KERNEL >> 12
HEADER = (
    "window,user_instructions,processes,sysc,real,real_imitated,inst_emu,inst_emu_imitated,virt,virt_imitated,"
    "kernel_code_pages,kernel_data_pages"
)
MARK_BEGIN, MARK_END = 1, 2
STEPS = ("e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6")


@dataclass(frozen=True)
class Window:
    """What happened between two marks."""

    number: int
    processes: Mapping[int, Columns]
    """The references in user mode, by PID."""
    kernel_code: int
    kernel_data: int
    """Pages, of the references in supervisor mode."""

    @property
    def instructions(self) -> int:
        return sum(int(columns.fetches.sum()) for columns in self.processes.values())


def chosen(columns: Columns, which: Any) -> Columns:
    """Some of the records, by a slice or a mask."""
    return Columns(**{name: column[which] for name, column in columns._asdict().items()})


def windows(columns: Columns) -> Iterator[Window]:
    """Every window of a recording."""
    contexts = np.flatnonzero(columns.kind == KIND.CONTEXT)
    marks = np.flatnonzero(columns.kind == KIND.MARK)
    begin, number = -1, 0
    for mark in marks.tolist():
        if columns.accesses[mark] == MARK_BEGIN:
            begin, number = mark, int(columns.data_page[mark])
        elif columns.accesses[mark] == MARK_END and begin >= 0:
            part = chosen(columns, slice(begin, mark))
            yield window(number, part, context_of(columns, contexts, begin, mark))
            begin = -1


def context_of(columns: Columns, contexts: np.ndarray, begin: int, end: int) -> np.ndarray:
    """The word of the context in which each record from `begin` to `end` is."""
    place = np.searchsorted(contexts, np.arange(begin, end), side="right") - 1
    return np.where(place >= 0, columns.data_page[contexts[np.maximum(place, 0)]], 0)


def window(number: int, part: Columns, context: np.ndarray) -> Window:
    references = part.kind < REFERENCE_KINDS
    user = references & ((context & 1) == 1) & (part.kind < KIND.READ)
    kernel = references & ((context & 1) == 0)
    processes = {int(pid): chosen(part, user & (context >> 8 == pid)) for pid in np.unique(context[user] >> 8)}
    code = np.unique(part.fetch_page[kernel & (part.fetches > 0)])
    data = np.unique(part.data_page[kernel & (part.accesses > 0)])
    return Window(number, processes, len(code), int((data >= KERNEL).sum()))


def imitated(found: Window, scheme: str, sysc: int, folder: Path) -> Simulation:
    """The imitation with the same programs, run to their end."""
    processes: list[Workload] = []
    for pid, columns in found.processes.items():
        file = folder / f"{pid}.arrow"
        with TraceWriter(file, source="a window", importer="imitation", architecture="ppc440") as writer:
            writer.append(columns)
            loads, stores = writer.tally.load_lookups, writer.tally.store_lookups
            writer.close(instructions=writer.tally.fetches, loads=loads, stores=stores)
        processes.append(TraceWorkload(str(file)))
    quantum = max(1, found.instructions // (4 * len(processes)))
    workload = processes[0] if len(processes) == 1 else Interleave(processes=processes, quantum=quantum)
    every = max(1, found.instructions // sysc) if sysc else 0
    guest = GuestKernel(era="6.1", kuap=False, io_every=0, syscall_every=every)
    simulation = Simulation(stream_machine(workload, HostKernel(scheme=scheme), guest=guest))
    simulation.run_all()
    return simulation


def counts(exits: Mapping[str, int]) -> tuple[int, int, int]:
    """Real misses, emulated instructions, virt misses."""
    return exits["itlb_r"] + exits["dtlb_r"], exits["inst_emu"], exits["itlb_v"] + exits["dtlb_v"]


@dataclass(frozen=True)
class Replay:
    """A replay under one scheme: it, its cycles up to the first mark and after it, and the boot's counts."""

    simulation: Simulation
    cycles: tuple[int, int]
    exits: float
    virt: float
    """In the boot, per million guest instructions."""


def replayed(recording: str, scheme: str) -> Replay:
    """The recording under a host with that scheme, to its end."""
    host = HostKernel(scheme=scheme, guest_pvr=Recording(recording).seen().pvr)
    simulation = Simulation(recording_machine(Recording(recording), host))
    boot, exits, virt = 0, 0.0, 0.0
    for event in simulation.run():
        if event.payload.get("window") == "begin" and not boot:
            counted = simulation.stats.current().counts("system.host.exits_by_kind")
            million = simulation.stats.count("system.core.instructions") / 1e6
            boot, exits = event.cycle, sum(counted.values()) / million
            virt = (counted["itlb_v"] + counted["dtlb_v"]) / million
    return Replay(simulation, (boot, simulation.cycle - boot), exits, virt)


def print_gains(recording: str) -> None:
    """The time that each step of KVM's history saves on this guest, of the time before."""
    print("part,exits,virt_e0,virt_e3,virt_e4," + ",".join(f"{one}_{next_}" for one, next_ in pairwise(STEPS)))
    found = {scheme: replayed(recording, scheme) for scheme in STEPS}
    for number, name in enumerate(("boot", "windows")):
        spent = [found[scheme].cycles[number] for scheme in STEPS]
        gains = [f"{100 * (1 - after / max(1, before)):.1f}" for before, after in pairwise(spent)]
        boot = [f"{found['e4'].exits:.0f}", *(f"{found[scheme].virt:.0f}" for scheme in ("e0", "e3", "e4"))]
        print(name, *(boot if number == 0 else ["", "", "", ""]), *gains, sep=",")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", help="of a guest that marks windows")
    parser.add_argument("--scheme", default="e4", help="of both hosts (default: e4)")
    parser.add_argument("--gains", action="store_true", help="print instead what each step from E0 to E6 saves")
    arguments = parser.parse_args()
    if arguments.gains:
        print_gains(arguments.recording)
        return 0
    real = replayed(arguments.recording, arguments.scheme).simulation
    exits = [each.counts("system.host.exits_by_kind") for each in real.stats.windows() if "marker" in each.label]
    print(HEADER)
    for found, counted in zip(windows(open_trace(arguments.recording).columns), exits, strict=False):
        if found.instructions == 0:
            continue
        with tempfile.TemporaryDirectory() as folder:
            again = imitated(found, arguments.scheme, counted["sysc"], Path(folder))
        ours = counts(again.stats.current().counts("system.host.exits_by_kind"))
        pairs = [value for pair in zip(counts(counted), ours, strict=True) for value in pair]
        print(found.number, found.instructions, len(found.processes), counted["sysc"], *pairs, found.kernel_code,
              found.kernel_data, sep=",", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
