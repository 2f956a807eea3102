# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest under KVM to its last mark, window by window; `kvm_truth.py --linux` prints what this finds."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simobjects import ElfProgram, Event, EventKind, Simulation, System
from simobjects.boards.measured_host import CYCLES_OF_AN_INSTRUCTION, measured_host
from simobjects.kvm.releases import Release, find_release, register_release
from simobjects.kvm.schemes import LazyPidReload

COUNTERS = ("itlb_v", "dtlb_v", "itlb_r", "dtlb_r", "inst_emu", "sysc", "isi", "dsi", "mmio", "dcr")
GUESTS_OWN = ("itlb_r", "dtlb_r", "sysc", "isi", "dsi", "mmio", "dcr")
"""Those that depend on the guest alone."""
REAL_WINDOWS = Path(__file__).with_name("history_windows.csv")
"""What real kernels counted."""
SECOND = 2_000_000_000
"""Cycles of the machine's second."""
FAULTS = ("isi", "dsi", "itlb_r", "dtlb_r")
LOOKED_AT = 20_000
"""References in which a guest that stands still shows what it does."""


@dataclass(frozen=True)
class Row:
    """A window: the number that the guest stored at its begin, KVM's counters, instructions of host and guest."""

    number: int
    counts: Mapping[str, int]
    instructions: int
    steps: int
    """Of the host's round robin, from the entry after one mark to that after the other, modulo its slots."""

    def __str__(self) -> str:
        return ",".join(map(str, (self.number, *(self.counts[name] for name in COUNTERS), self.instructions)))


class LinuxRun:
    """One guest under one kernel. `rows` gives its windows as they end; `problem` says afterwards what went wrong."""

    def __init__(self, system: System, patience: int, fifo_start: int | None = None) -> None:
        """`fifo_start`: the slot of KVM's first map, for the schemes that keep a FIFO of their own."""
        self.system = system
        self.patience = patience
        self.simulation = Simulation(system)
        if fifo_start is not None:
            self.simulation.peers[system.host].shadow_scheme().set_position(fifo_start)
        self.problem = ""
        self.window: int | None = None
        self._counts: dict[str, int] = {}
        self._cycle = 0
        self._index = 0

    def rows(self) -> Iterator[Row]:
        """Run to the store that ends the guest, or until it stands still for so long."""
        quiet, before = 0, ""
        while quiet < self.patience:
            counted = self.counts()
            for event in self.simulation.run(cycles=SECOND):
                if event.kind is EventKind.MARKER:
                    quiet = 0
                    row = self._mark(event)
                    if row is not None:
                        yield row
                elif event.kind is not EventKind.CYCLE_LIMIT:
                    self.problem = self._wrong_end(event)
                    return
            output = self._output()
            quiet, before = (quiet + 1, before) if output == before else (0, output)
        self.problem = f"{self._place()}: {self.patience} seconds passed without a mark or a character; "
        self.problem += self._standstill(counted)

    def counts(self) -> dict[str, int]:
        """KVM's counters as of now."""
        return {name: int(value) for name, value in self.simulation.stats.by_label("system.host.exits_by_kind").items()}

    def _mark(self, event: Event) -> Row | None:
        """The row of a window that ends; None when one begins, or for a store that means nothing."""
        number = self.window
        if event.payload.get("window") == "begin":
            self.window, self._counts, self._cycle = int(event.payload["value"]), self.counts(), event.cycle
            self._index = self._host_index()
        elif event.payload.get("window") == "end" and number is not None:
            self.window = None
            counts = {name: value - self._counts[name] for name, value in self.counts().items()}
            steps = (self._host_index() - self._index) % (self.system.host.hwater + 1)
            return Row(number, counts, (event.cycle - self._cycle) // CYCLES_OF_AN_INSTRUCTION, steps)
        return None

    def _host_index(self) -> int:
        """The slot that the host filled last, or KVM where the two share the counter."""
        return int(self.simulation.peers[self.system.host].vcpu()["host_index"])

    def _output(self) -> str:
        """How much the guest has printed."""
        return str(self.simulation.stats.count("system.board.uart0.sent"))

    def _place(self) -> str:
        return "outside of windows" if self.window is None else f"window {self.window}"

    def _wrong_end(self, event: Event) -> str:
        """Nothing when the guest stored to +0x10; else what the run says."""
        if event.kind is EventKind.END_OF_WORKLOAD and event.payload.get("reason") == "marker":
            return ""
        return f"{self._place()}: {str(event).splitlines()[0]}"

    def _standstill(self, before: Mapping[str, int]) -> str:
        """What a guest that gets nowhere does: `before` are the counters a second ago."""
        made = {name: value - before[name] for name, value in self.counts().items()}
        repeated = self._repeated()
        if repeated:
            return repeated
        if not any(made[name] for name in (*FAULTS, "sysc")):
            return "every process waits, and only the guest's timer wakes its kernel"
        return "it computes; a longer --patience lets it"

    def _repeated(self) -> str:
        """The same fault at the same place again and again, if that is it."""
        host = self.simulation.peers[self.system.host]
        host.debug_enable(["exits"], 0, -1)
        host.debug_drain()
        self.simulation.run_all(references=LOOKED_AT, cycles=SECOND)
        texts = [text for _, _, text in host.debug_drain() if text.split()[0] in (*FAULTS, "itlb_v", "dtlb_v")]
        if not texts:
            return ""
        text, times = Counter(texts).most_common(1)[0]
        return f"the same fault comes back: {text}, {times} times in {LOOKED_AT} references" if times > 3 else ""


def guest_of(elf: Path | str, dtb: Path | str, initrd: Path | str) -> ElfProgram:
    """The guest that the real kernels ran, by its files: the device tree is taken as it is."""
    return ElfProgram(
        str(elf), memory="32MiB", start="kvm", device_tree=str(dtb), fill_device_tree=False, initrd=str(initrd)
    )


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file whose first lines may be comments."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def machine(given: argparse.Namespace, kernel: str) -> System:
    """The guest of the command line under a kernel."""
    program = guest_of(given.elf, given.dtb, given.initrd)
    system = measured_host(program, kernel, hold_ticks=given.mask_ticks)
    system.host.guest_help = given.guest_help
    return system


def reason(run: LinuxRun, given: argparse.Namespace) -> str:
    """Why a guest came to a standstill, found by running it again where one thing is different."""
    scheme, stood = run.system.host.scheme, run.window
    if not isinstance(scheme, LazyPidReload) or stood is None:
        return ""
    was = find_release(given.kernel)
    assert was is not None
    name = f"{was.name} with its drop as PID is written"
    register_release(Release(name, "e3b", costs=was.costs, host=was.host))
    other = LinuxRun(machine(given, name), run.patience)
    got_on = any(row.number == stood for row in other.rows())
    if not got_on:
        return ""
    return (
        f"With user shadows dropped as the guest writes PID (fe4e771d5c does so) the same guest ends window {stood}. "
        "Under this kernel they go at the next privilege switch only: after the switch to another process the guest's "
        "kernel still reached a user page of the one before through its stale mapping, and copied from or to it."
    )


def print_windows(given: argparse.Namespace, fifo_start: int | None) -> int:
    """Header and one row a window on standard output; 0 when the guest reached its end."""
    run = LinuxRun(machine(given, given.kernel), given.patience, fifo_start)
    print(",".join(("window", *COUNTERS, "instructions")), flush=True)
    for row in run.rows():
        print(row, flush=True)
    if run.problem:
        print(f"{given.kernel}: {run.problem}", file=sys.stderr)
        because = reason(run, given)
        if because:
            print(because, file=sys.stderr)
    return 1 if run.problem else 0
