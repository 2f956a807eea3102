# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest under every step of KVM's history, part by part; `history.py` makes tables and figures of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from linux_windows import LinuxRun, Row, guest_of  # beside this script

from simobjects import CostModel, Event, HostTask, LinuxGuest, Simulation, System
from simobjects.base.processes import tied
from simobjects.boards.measured_host import CYCLES_OF_AN_INSTRUCTION, measured_host
from simobjects.boards.parts import ENTRIES
from simobjects.kvm.releases import Release, find_release, register_release
from simobjects.programs.program import Program

PATIENCE = 5
"""Seconds of the guest's without a mark or a character, in which it stands still."""
CYCLES_A_SECOND = 400_000_000
"""Of a 440 with latencies; its timebase ticks each cycle."""
INTERRUPT_PAGES = 2
BOOT, BETWEEN = "boot", "between"
"""The parts that are no windows: up to the first mark, and what is between windows and after the last."""
WALK, ONCE = "walk", "once"
"""How the host flushes: slot by slot, as the 440 must, or by one instruction, as tlbivax would."""
QUIET, LIVE = "quiet", "live"
"""A host that has nothing else to do, as the real ones; or one with another task, whose timer interrupts a thousand
times a second and touches pages that nothing pins."""


@dataclass(frozen=True)
class Rung:
    """A step of the history, or what never was: a scheme, with all else as in a release."""

    name: str
    scheme: str
    release: str

    @property
    def kernel(self) -> str:
        """Its name as a kernel. What no release had is made known as one."""
        of = find_release(self.release)
        assert of is not None
        if of.scheme == self.scheme:
            return self.release
        name = f"{self.release} with {self.scheme}"
        if find_release(name) is None:
            register_release(Release(name, self.scheme, of.costs, of.host))
        return name


RUNGS: Mapping[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung("e0", "e0", "2.6.27"),
        Rung("e1", "e1", "2.6.28"),
        Rung("e2", "e2", "2.6.28"),
        Rung("e3", "e3", "2.6.28"),
        Rung("e3b", "e3b", "parent"),
        Rung("e4", "e4", "commit"),
        Rung("e5", "e5", "2.6.29"),
        Rung("e6", "e6", "2.6.30"),
        Rung("3.14", "e6", "3.14"),
        Rung("flush_once", "flush_once", "commit"),
        Rung("tagged", "tagged", "commit"),
        Rung("large_pages", "large_pages", "commit"),
        Rung("spare_host", "spare_host", "commit"),
    )
}
HISTORY = ("e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6")
WHAT_IFS = ("flush_once", "tagged", "large_pages", "spare_host")
SIZES = (64, 128, 256)


@dataclass(frozen=True)
class Setting:
    """One machine: a rung, the hardware TLB's entries, how the host flushes, what else it does."""

    rung: str
    entries: int = ENTRIES
    flush: str = WALK
    host: str = QUIET


SETTINGS = (
    *(Setting(rung) for rung in RUNGS),
    *(
        Setting(rung, size, flush)
        for size in SIZES
        for flush in (WALK, ONCE)
        for rung in ("e3b", "e4")
        if (size, flush) != (ENTRIES, WALK)
    ),
    Setting("e3b", host=LIVE),
    Setting("e4", host=LIVE),
)
"""All that the study runs, each twice: counted in instructions, and timed with the latencies of a 440."""


@dataclass(frozen=True)
class Guest:
    """What boots: files by name, or the folder that `simobjects guest build` has filled."""

    elf: str = ""
    dtb: str = ""
    initrd: str = ""
    built: str = "guest"
    arguments: str = ""
    """For a guest that was built: `windows=5,7 scale=4`."""

    def program(self) -> Program:
        if not self.elf:
            return LinuxGuest(built=self.built, arguments=self.arguments, memory="32MiB", start="kvm")
        program: Program = guest_of(self.elf, self.dtb, self.initrd)
        return program


@dataclass(frozen=True)
class Part:
    """What a part of a run came to. Counts by name; a name is `KIND` or `KIND.LABEL`, as in `VECTORS`."""

    setting: Setting
    name: str
    """`boot`, `between`, or a window's number; `1.2` is the second of that number."""
    counts: Mapping[str, int] = field(hash=False)

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    def under(self, kind: str) -> dict[str, int]:
        """The counts of a vector by label."""
        return {name.partition(".")[2]: count for name, count in self.counts.items() if name.startswith(f"{kind}.")}

    @property
    def exits(self) -> int:
        return sum(self.under("exits").values())

    @property
    def virt(self) -> int:
        return self["exits.itlb_v"] + self["exits.dtlb_v"]


VECTORS = {
    "exits": "system.host.exits_by_kind",
    "spent": "system.host.exit_instructions",
    "cause": "system.host.virt_miss_causes",
    "host_misses": "system.host.host_misses",
    "time": "system.core.cycles",
}
"""Statistics that each part has: exits, their host instructions, virt misses by cause, the host's own misses, and where
the time went, all in the run that counts instructions; `time` in instructions of both."""
COUNTERS = {
    "instructions": "system.core.time",
    "puts": "system.host.puts",
    "alive": "system.host.host_alive",
}
IN_CYCLES = ("time", "instructions")
CYCLES = "cycles"
"""Of a part, in the run with latencies."""


class PartsRun(LinuxRun):  # type: ignore[misc]  # a type checker does not find the module beside this script
    """A run that keeps more statistics of each window, of the boot and of what is between."""

    def __init__(self, system: System) -> None:
        super().__init__(system, PATIENCE)
        self.parts: dict[str, Counter[str]] = {}
        self._from: Counter[str] = Counter()

    def play(self) -> None:
        """To the end of the guest, or until it stands still."""
        for _ in self.rows():
            pass
        if not self.problem:
            whole = self.statistics()
            for counts in self.parts.values():
                whole.subtract(counts)
            self.parts[BETWEEN] = whole

    def _mark(self, event: Event) -> Row | None:
        now = self.statistics()
        row = super()._mark(event)
        if row is not None:
            now.subtract(self._from)
            same = sum(name.partition(".")[0] == str(row.number) for name in self.parts)
            self.parts[f"{row.number}.{same + 1}" if same else str(row.number)] = now
        elif event.payload.get("window") == "begin":
            self.parts.setdefault(BOOT, now)
            self._from = now
        return row

    def statistics(self) -> Counter[str]:
        stats = self.simulation.stats
        found = {name: int(stats.count(path)) for name, path in COUNTERS.items()}
        for kind, path in VECTORS.items():
            found |= {f"{kind}.{label}": int(count) for label, count in stats.by_label(path).items()}
        return Counter(found)


def machine(guest: Guest, setting: Setting, *, latencies: bool = False) -> System:
    """The computer of the real measurements with another TLB or flush; with `latencies` as a 440 at 400 MHz has."""
    system = measured_host(guest.program(), RUNGS[setting.rung].kernel, hold_ticks=True)
    system.tlb.entries = setting.entries
    if latencies:
        system.costs, system.clock, system.core.timebase_ratio = CostModel(), CYCLES_A_SECOND, 1
    system.costs.flush = setting.flush
    if setting.host == LIVE:
        system.host.hz, system.host.interrupt_pages, system.host.tasks = "1000Hz", INTERRUPT_PAGES, [HostTask(every=4)]
    return system


def measure(setting: Setting, guest: Guest) -> list[Part]:
    """The parts of a run, in order; of a guest that stands still those that it ended."""
    counted, timed = (PartsRun(machine(guest, setting, latencies=latencies)) for latencies in (False, True))
    for run in (counted, timed):
        run.play()
    found = []
    for name, counts in counted.parts.items():
        made = {
            each: count // (CYCLES_OF_AN_INSTRUCTION if each.partition(".")[0] in IN_CYCLES else 1)
            for each, count in counts.items()
            if count
        }
        if name in timed.parts:
            made[CYCLES] = timed.parts[name]["instructions"]
        found.append(Part(setting, name, made))
    return found


def measure_all(settings: Sequence[Setting], guest: Guest, workers: int) -> list[Part]:
    """All of them, on so many processes, in the order of `settings`.

    Raises:
        SimObjectsError: the guest is none.
    """
    Simulation(machine(guest, settings[0]))  # what is wrong with the guest is said here, before there are processes
    work = partial(measure, guest=guest)
    if workers < 2:
        return [part for setting in settings for part in work(setting)]
    # Python 3.14 would begin anew, and import all.
    with ProcessPoolExecutor(workers, get_context("fork"), tied()) as pool:
        return [part for parts in pool.map(work, settings) for part in parts]


# ---- the file ----

ABOUT = "# Written by configs/studies/history.py --out: a row for each machine and part of a Linux guest's run.\n"
KEYS = ("rung", "entries", "flush", "host", "part")


def written(parts: Iterable[Part]) -> str:
    """The parts as CSV, a row each. What is nothing everywhere has no column."""
    rows = list(parts)
    used = {name for part in rows for name, count in part.counts.items() if count}
    names = [*COUNTERS, CYCLES, *sorted(name for name in used if "." in name)]
    file = io.StringIO()
    file.write(ABOUT)
    table = csv.writer(file, lineterminator="\n")
    table.writerow((*KEYS, *names))
    for part in rows:
        at = part.setting
        table.writerow((at.rung, at.entries, at.flush, at.host, part.name, *(part[name] for name in names)))
    return file.getvalue()


def read(file: Path) -> list[Part]:
    """What `written` wrote.

    Raises:
        ValueError: the file is no such table; the message has its place.
    """
    found: list[Part] = []
    with file.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(line for line in lines if not line.startswith("#"))
        missing = [name for name in (*KEYS, *COUNTERS) if name not in (table.fieldnames or ())]
        if missing:
            raise ValueError(f"{file}: no column {', '.join(missing)}; give a table that history.py has written")
        for row in table:
            place = f"{file}, row {table.line_num}"
            rung = row["rung"]
            if rung not in RUNGS:
                raise ValueError(f"{place}: {rung!r} is none of {', '.join(RUNGS)}")
            try:
                setting = Setting(rung, int(row["entries"]), row["flush"], row["host"])
                counts = {
                    name: int(value) for name, value in row.items() if name not in KEYS and value not in ("0", "")
                }
            except (TypeError, ValueError):
                raise ValueError(f"{place}: a count that is no whole number") from None
            found.append(Part(setting, row["part"], counts))
    return found
