# SPDX-License-Identifier: BSD-3-Clause
"""One program, several steady states: what a shared round robin near its capacity settles at, and what moves it.

    python configs/studies/steady_states.py --out results

runs loops over a few more pages than there are slots, and two processes whose kernel goes over such a loop at each
switch, both with turns of a host task that move the round robin's hand; the pages of a real Linux guest's ping-pong
(`pingpong_pages.txt`) in a ring by themselves; and the shipped sqlite trace with its I/O calls a little earlier or
later. It prints a table of each, and writes every run into `steady-states.csv` and `steady-states.svg`.
`--replicates N` is how many runs each case has (63, one for each slot), `--parts` chooses.

    python configs/studies/steady_states.py --linux ELF DTB INITRD --kernel 3.14 --out results

boots a Linux guest whose init stores to the marker at 0xEF600000 (+0 a window begins, +4 it ends, +0x10 the last),
with a VMM that works longer and longer, so that the guest's ticks fall elsewhere, and one that touches more and more
pages. `--pingpong WINDOW` is the window to be drawn exchange by exchange, `--record FILE` writes its pages.
`--page docs/steady-states.md` writes that page's tables and figures anew.
"""

from __future__ import annotations

import argparse
import csv
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from pathlib import Path
from statistics import median

from simobjects import (
    VMM,
    ElfProgram,
    EventKind,
    GuestKernel,
    HostKernel,
    HostTask,
    Interleave,
    Simulation,
    SyntheticWorkload,
    System,
    TraceWorkload,
)
from simobjects.base.text import markdown, replace_marked
from simobjects.boards import stream_machine
from simobjects.boards.measured_host import measured_host
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.draw.palette import BLUE, COLOURS
from simobjects.guest.eras import ERAS, Era, Scripts, register_era
from simobjects.guest.script import Addresses, Event, code
from simobjects.guest.script import run as plain
from simobjects.kvm.ring import Ring, Steady, loop_rates, settle
from simobjects.study.figures.page import Page, from_zero, label, legend, panels, picture

SLOTS = 63
"""Of a 440 whose host has one pinned entry: 0 to 62 are replaced in turn."""
LOOPS = (64, 66, 70, 80)
KERNEL_PAGES = 56
"""Of a switch between the two processes, beside those that the era has anyhow."""
KERNEL_CODE = 0xC010_0000
TURNS = 6
"""Of the host task in a loop's run."""
PERIOD = 20_000_000
"""Cycles between two of them; the second half is measured."""
ROUNDS = 60
"""Rounds of a loop that are measured: the rates n / k with k to 6, 10, 12 are whole then."""
CYCLE = Path(__file__).with_name("pingpong_pages.txt")
HEAD = """SPDX-License-Identifier: BSD-3-Clause
The pages that an exchange of two Linux processes over pipes uses, in order: what
configs/studies/steady_states.py --linux ELF DTB INITRD --record FILE
writes. A page that is one of the last two is left out."""
PLACES = 16
"""Places of the ping-pong's cycle at which it is disturbed."""
IO_EVERY = 1_000_000
IO_STEP = 1_000
"""Instructions that the I/O calls of one sqlite run are further apart than those of the run before."""
VMM_LEAST, VMM_STEP = 12_000, 350
"""Instructions of a turn of the VMM's in the first boot of Linux, and how much longer it works in each further one:
about so long that the guest's ticks come to the ping-pong's window and leave it again."""
VMM_PAGES, VMM_WORK = 12, 3_000
"""Pages and instructions of a turn of the VMM's where the other of the two is varied."""
EXCHANGE = 4
"""System calls of a ping-pong's exchange: both processes write and read."""


def simulated(system: System) -> Simulation:
    """One machine after another: the memory of the last one is given back before the next one takes its own."""
    gc.collect()
    return Simulation(system)


@dataclass(frozen=True)
class Run:
    """A figure of one run: what was run, under which scheme or kernel, what was varied, and what came out."""

    case: str
    host: str
    varied: str
    value: int
    part: str
    misses: float
    """Virt misses, natively misses: of a round (loops, ping-pong) or in all."""
    ticks: int = 0
    """Of the guest's timer, meanwhile."""


# ---- a loop on the machine


def host_pages(count: int) -> SyntheticWorkload:
    """So many pages of code, an instruction on each."""
    return SyntheticWorkload(code_pages=count, data_pages=1, records=count, instructions=1, accesses=0, stores=0)


def touching(scheme: str, offset: int) -> HostKernel:
    """A host with a task that touches so many pages of its own at each tick, and nothing else."""
    task = HostTask(workload=host_pages(offset), every=1, instructions=offset)
    return HostKernel(scheme=scheme, hz="20Hz", interrupt_pages=0, vmm=VMM(signal_every=0), tasks=[task])


def loop_machine(scheme: str, pages: int, offset: int) -> System:
    """A guest that loops over `pages` pages."""
    rounds = (TURNS + 1) * PERIOD // 400
    workload = SyntheticWorkload(code_pages=pages, data_pages=1, records=rounds, instructions=1, accesses=0, stores=0)
    return stream_machine(workload, touching(scheme, offset), guest_entries=256)


def settled(system: System, references: int) -> Iterator[tuple[str, float]]:
    """Misses of a round of so many references, halfway between the turns of the host's task."""
    sim = simulated(system)
    for turn in range(TURNS):
        sim.run_all(cycles=PERIOD * turn + PERIOD // 2 - sim.cycle)
        before = sim.stats.count("system.host.virt_misses")
        sim.run_all(references=references * ROUNDS)
        yield f"turn {turn}", (sim.stats.count("system.host.virt_misses") - before) / ROUNDS


def loop_runs(scheme: str, pages: int, offset: int) -> Iterator[Run]:
    """Misses of a round before the first turn and after each of the others."""
    for turn, misses in settled(loop_machine(scheme, pages, offset), pages):
        yield Run(f"loop{pages}", scheme, "host pages", offset, turn, misses)


# ---- two processes on the machine


def switching(kernel_pages: int) -> Era:
    """A 2.6.29 whose scheduler goes over so many more pages of the kernel's at each switch of processes."""

    def scripts(at: Addresses, kuap: bool) -> Scripts:
        made = dict(ERAS["2.6.29"].scripts(at, kuap))
        switch = made[Event.SWITCH]
        middle = next(place for place, step in enumerate(switch) if step == plain(200))
        more = [step for page in range(kernel_pages) for step in (code(KERNEL_CODE + 4096 * page), plain(1))]
        made[Event.SWITCH] = (*switch[:middle], *more, *switch[middle:])
        return made

    return register_era(Era(f"2.6.29+{kernel_pages}", "2.6.29 with a longer way through a switch", scripts))


def processes_machine(offset: int) -> System:
    """Two processes with two pages each, which are switched at every tenth instruction; the host as of a loop."""
    processes = [
        SyntheticWorkload(code_pages=1, data_pages=1, records=PERIOD // 100, instructions=10, accesses=1, stores=0)
        for _ in range(2)
    ]
    guest = GuestKernel(era=switching(KERNEL_PAGES).name, io_every=0)
    return stream_machine(
        Interleave(processes=processes, quantum=10), touching("e6", offset), guest=guest, guest_entries=256
    )


def processes(replicates: int) -> Iterator[Run]:
    """Misses of an exchange (two switches) before the first turn and after each of the others."""
    for offset in range(1, min(replicates, SLOTS - 1) + 1):
        for turn, misses in settled(processes_machine(offset), 22):
            yield Run("processes", "e6", "host pages", offset, turn, misses)


# ---- the ping-pong's pages in a ring


@dataclass(frozen=True)
class Cycle:
    """What a program uses between two equal places: pages in order, and where the guest's PID changes."""

    pages: tuple[int, ...]
    switches: tuple[int, ...]

    @property
    def user(self) -> set[int]:
        """Pages of user mode: they leave when the PID changes."""
        return {page for page in self.pages if page < 0xC0000}

    def settle(self, ring: Ring) -> Steady:
        return settle(ring, self.pages, self.switches, self.user)

    @classmethod
    def read(cls, file: Path) -> Cycle:
        """A file of this study: a page number (hexadecimal) a line, `switch` where the PID changes."""
        pages: list[int] = []
        switches: list[int] = []
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            word = line.partition("#")[0].strip()
            if word == "switch":
                switches.append(len(pages))
            elif word:
                try:
                    pages.append(int(word, 16))
                except ValueError:
                    raise SystemExit(
                        f"{file}:{number}: {word!r}; expected a page number in hexadecimal, or switch"
                    ) from None
        return cls(tuple(pages), tuple(switches))

    def write(self, file: Path, head: str) -> None:
        lines = [f"# {line}" for line in head.splitlines()]
        for place, page in enumerate(self.pages):
            lines += ["switch"] * self.switches.count(place)
            lines.append(f"{page:x}")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def start(cycle: Cycle, lost: int) -> Ring:
    """A ring in the steady state that follows when so many pages are lost in the one that an empty ring comes to."""
    ring = Ring(SLOTS)
    cycle.settle(ring)
    ring.take(lost)
    cycle.settle(ring)
    return ring


Disturbance = Callable[[Ring, int], None]


def disturbed(cycle: Cycle, ring: Ring, place: int, disturb: Disturbance, count: int) -> Steady:
    """What comes of a steady ring that is disturbed once, at a place of the cycle, by so many slots."""
    use(ring, cycle, 0, place)
    disturb(ring, count)
    use(ring, cycle, place, len(cycle.pages))
    return cycle.settle(ring)


def use(ring: Ring, cycle: Cycle, begin: int, end: int) -> None:
    """The references of a part of the cycle."""
    for place in range(begin, end):
        if place in cycle.switches:
            ring.drop(cycle.user)
        ring.use(cycle.pages[place])


DISTURBANCES: dict[str, Disturbance] = {"take": Ring.take, "skip": Ring.skip}


def pingpong_runs(cycle: Cycle, replicates: int) -> Iterator[Run]:
    """From two steady states: so many pages are lost at once, or the hand passes so many, at each of the places."""
    for lost in (0, SLOTS // 2):
        before = float(cycle.settle(start(cycle, lost)).rate)
        for place in range(PLACES):
            at = place * len(cycle.pages) // PLACES
            for name, disturb in DISTURBANCES.items():
                for count in range(replicates):
                    found = disturbed(cycle, start(cycle, lost), at, disturb, count)
                    yield Run("pingpong", f"from {number(before)}", name, count, f"place {place}", float(found.rate))


# ---- the shipped trace


def sqlite_run(scheme: str, io_every: int) -> Run:
    """The whole trace; `native` is no scheme."""
    host = None if scheme == "native" else HostKernel(scheme=scheme)
    sim = simulated(stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(io_every=io_every)))
    sim.run_all()
    stat = "system.tlb.misses" if scheme == "native" else "system.host.virt_misses"
    return Run("sqlite", scheme, "I/O every", io_every, "all", sim.stats.count(stat))


# ---- a Linux guest


@dataclass(frozen=True)
class Guest:
    """The files of a Linux guest, and the kernel of its host."""

    elf: Path
    device_tree: Path
    initrd: Path
    kernel: str
    pingpong: int

    def machine(self, pages: int, instructions: int, hold: bool = False) -> System:
        """`pages` are the VMM's; it works on them for `instructions` instructions at each of its turns. `hold`: it
        holds the guest's ticks in windows."""
        program = ElfProgram(
            str(self.elf),
            memory="32MiB",
            device_tree=str(self.device_tree),
            fill_device_tree=False,
            initrd=str(self.initrd),
        )
        system = measured_host(program, self.kernel, hold_ticks=hold)
        system.host.vmm.at_mark = None  # at a mark it works on those pages too
        system.host.vmm.workload = host_pages(pages)
        system.host.vmm.instructions = instructions
        return system


@dataclass(frozen=True)
class Window:
    """Of a boot."""

    number: int
    misses: int
    ticks: int
    """Interrupts of the guest's decrementer."""


@dataclass(frozen=True)
class Boot:
    """The windows in their order, and the virt misses of each of the ping-pong's exchanges."""

    windows: tuple[Window, ...]
    exchanges: tuple[int, ...]


class Exchanges:
    """Counts virt misses by exchange while the ping-pong's window is open."""

    def __init__(self) -> None:
        self.misses = [0]
        self._calls = 0

    def __call__(self, line: str) -> None:
        """A line of the host's exits."""
        if "tlb_v " in line:
            self.misses[-1] += 1
        elif "sysc " in line:
            self._calls += 1
            if self._calls % EXCHANGE == 0:
                self.misses.append(0)


def boot(guest: Guest, pages: int, instructions: int, hold: bool = False) -> Boot:
    """To the guest's last word."""
    sim = simulated(guest.machine(pages, instructions, hold))
    exchanges = Exchanges()
    numbers: list[int] = []
    for event in sim.run():
        if event.kind is not EventKind.MARKER:
            continue
        begins = event.payload["window"] == "begin"
        if begins:
            numbers.append(event.payload["value"])
        if numbers[-1] == guest.pingpong:
            sim.debug("system.host", ["exits"], sim.cycle, None if begins else sim.cycle, exchanges)
    windows = (window for window in sim.stats.windows() if window.label.startswith("marker"))
    found = (
        Window(
            number,
            window.count("system.host.virt_misses"),
            window.counts("system.host.delivered")["decrementer"],
        )
        for number, window in zip(numbers, windows, strict=True)
    )
    return Boot(tuple(found), tuple(exchanges.misses[:-1]))


def linux_runs(guest: Guest, replicates: int) -> Iterator[tuple[Run, ...]]:
    """Boots with a VMM that works longer and longer; then, with ticks held, with one that has more and more pages."""
    for number in range(replicates):
        work = VMM_LEAST + VMM_STEP * number
        yield boot_runs(guest, "VMM work", work, boot(guest, VMM_PAGES, work))
    for pages in range(1, replicates + 1):
        yield boot_runs(guest, "VMM pages", pages, boot(guest, pages, VMM_WORK, hold=True))


def boot_runs(guest: Guest, varied: str, value: int, found: Boot) -> tuple[Run, ...]:
    """The rows of a boot: its windows, then the exchanges of its ping-pong."""
    windows = [
        Run("linux", guest.kernel, varied, value, f"window {each.number}", each.misses, each.ticks)
        for each in found.windows
    ]
    exchanges = [
        Run("linux", guest.kernel, varied, value, f"exchange {number}", misses)
        for number, misses in enumerate(found.exchanges)
    ]
    return (*windows, *exchanges)


def record(guest: Guest) -> Cycle:
    """The pages of one exchange, from the middle of the ping-pong: each instruction is executed with an empty TLB, so
    that all that it uses misses."""
    sim = simulated(guest.machine(VMM_PAGES, VMM_WORK, hold=True))
    host = sim.peers[sim.system.host]
    for event in sim.run():
        if event.kind is EventKind.MARKER and event.payload == {"window": "begin", "value": guest.pingpong}:
            break
    sim.run_all(references=100_000)
    probe = HostProbe(host)
    host.debug_enable(["exits"], 0, -1)
    host.debug_drain()
    calls, pid = -1, host.vcpu()["pid"]
    pages: list[int] = []
    switches: list[int] = []
    while calls < EXCHANGE:
        probe.flush_address_space()
        sim.step()
        for _, _, text in host.debug_drain():
            kind, ea, _ = text.split()
            if kind == "sysc":
                calls += 1
            elif calls >= 0 and kind in ("itlb_v", "dtlb_v"):
                page = int(ea.removeprefix("ea="), 16) >> 12
                if page not in pages[-2:]:
                    pages.append(page)
        if host.vcpu()["pid"] != pid:
            pid = host.vcpu()["pid"]
            if calls >= 0:
                switches.append(len(pages))
    return Cycle(tuple(pages), tuple(switches))


# ---- tables, figures, files


def number(value: float) -> str:
    """With a decimal only where it has some."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.005 else f"{value:,.1f}"


def spread(values: Sequence[float]) -> list[str]:
    """Least, median and most, and how far apart they are, in percent of the median."""
    middle = median(values)
    apart = 100 * (max(values) - min(values)) / middle if middle else 0.0
    return [number(min(values)), number(middle), number(max(values)), f"{apart:.1f} %"]


def shares(values: Iterable[float], rate: Callable[[float], str]) -> str:
    """Which rates came out, and how often."""
    counts = Counter(values)
    return ", ".join(f"{rate(value)} ({counts[value]})" for value in sorted(counts, reverse=True))


def loop_table(runs: Sequence[Run]) -> str:
    """By loop: what is possible, and in how many runs which rate was found before the first turn and after the last."""
    rows = []
    for pages in LOOPS:
        mine = [run for run in runs if run.case == f"loop{pages}"]
        if not mine:
            continue
        possible = loop_rates(pages, SLOTS)
        for host, group in groupby(mine, key=lambda run: run.host):
            found = list(group)
            cells = [
                shares(
                    (rounds_of(run.misses, pages) for run in found if run.part == f"turn {turn}"), lambda k: f"{k:g}"
                )
                for turn in (0, 1, TURNS - 1)
            ]
            rows.append([str(pages), f"1 to {len(possible)}", host, *cells])
    return markdown(
        ["pages", "possible k", "scheme", "k at first", "after one turn", f"after {TURNS - 1}"], rows, left=range(6)
    )


def processes_table(runs: Sequence[Run]) -> str:
    """By turn: the spread over the pages that the host's task touches."""
    turns = dict.fromkeys(run.part for run in runs)
    rows = [[turn.removeprefix("turn "), *spread([run.misses for run in runs if run.part == turn])] for turn in turns]
    return markdown(["turns", "least", "median", "most", "apart"], rows)


def rounds_of(rate: float, pages: int) -> int:
    """The k of a loop's rate pages / k, which the measured rounds may cut somewhere."""
    return round(pages / rate)


def pingpong_table(runs: Sequence[Run]) -> str:
    """The rates of the ring before and after one disturbance, and how many disturbances led to each."""
    mine = [run for run in runs if run.case == "pingpong"]
    rows = []
    for (before, varied), group in groupby(sorted(mine, key=kind), key=kind):
        rates = (round(run.misses, 1) for run in group)
        rows.append([before, varied, shares(rates, number)])
    return markdown(["exchange", "disturbance", "misses of an exchange afterwards (disturbances)"], rows, left=range(3))


def kind(run: Run) -> tuple[str, str]:
    return run.host, run.varied


def sqlite_table(runs: Sequence[Run]) -> str:
    """Natively and by scheme: the spread of the misses."""
    rows = [[host, *spread([run.misses for run in group])] for host, group in groupby(runs, key=lambda run: run.host)]
    return markdown(["host", "least", "median", "most", "apart"], rows)


def linux_table(runs: Sequence[Run]) -> str:
    """By window: the spread over the VMM's pages and over its work, and how many of those boots had a tick in it."""
    rows = []
    windows = dict.fromkeys(run.part for run in runs if run.part.startswith("window "))
    for window in windows:
        of = {
            varied: [run for run in runs if (run.part, run.varied) == (window, varied)]
            for varied in ("VMM pages", "VMM work")
        }
        pages, work = of["VMM pages"], of["VMM work"]
        low, _, high, apart = spread([run.misses for run in pages])
        ticked = sum(run.ticks > 0 for run in work)
        rows.append(
            [
                window.removeprefix("window "),
                f"{low} to {high}",
                apart,
                *spread([run.misses for run in work]),
                str(ticked),
            ]
        )
    heads = ["window", "over pages", "apart", "over work: least", "median", "most", "apart", "boots with a tick"]
    return markdown(heads, rows)


def loop_figure(runs: Sequence[Run]) -> bytes:
    """Misses of a round after the first turn, over the pages that it touched."""
    page = Page()
    with picture(page, "One loop, several rates: E6, after one turn of a host task", 95) as (figure, content):
        (plot,) = panels(figure, page, [""])
        handles = []
        for pages, marker, colour in zip(LOOPS, "osD^", COLOURS, strict=False):
            mine = [run for run in runs if (run.case, run.host, run.part) == (f"loop{pages}", "e6", "turn 1")]
            handles += plot.plot(
                [run.value for run in mine],
                [run.misses for run in mine],
                marker,
                color=colour,
                markersize=3.5,
                label=f"{pages} pages",
            )
        from_zero(plot, 0)
        plot.grid(True)
        label(figure, page, "pages that the host task touches", "virt misses of a round")
        legend(figure, page, handles)
    return content.getvalue()


def linux_figure(runs: Sequence[Run], kernel: str) -> bytes:
    """Virt misses of the ping-pong, exchange by exchange, a line for each boot."""
    mine = [run for run in runs if run.varied == "VMM work" and run.part.startswith("exchange ")]
    boots = {value: [run.misses for run in group] for value, group in groupby(mine, key=lambda run: run.value)}
    page = Page()
    title = f"The same 800 system calls in {len(boots)} boots under {kernel}"
    with picture(page, title, 95) as (figure, content):
        (plot,) = panels(figure, page, [""])
        for misses in boots.values():
            plot.plot(misses, color=BLUE, alpha=0.35, linewidth=0.9)
        from_zero(plot, 0)
        plot.grid(True)
        label(figure, page, "exchange of the two processes", "virt misses of the exchange")
    return content.getvalue()


def write_csv(file: Path, runs: Iterable[Run]) -> None:
    """Every figure, a line each."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow([field.name for field in fields(Run)])
        rows.writerows(astuple(run) for run in runs)


@dataclass(frozen=True)
class Result:
    """What a command made: runs, tables by the page's mark, and a figure."""

    name: str
    runs: Sequence[Run]
    tables: dict[str, str]
    figure: bytes | None

    def write(self, out: Path | None, page: Path | None) -> None:
        print("\n\n".join(self.tables.values()))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            write_csv(out / f"{self.name}.csv", self.runs)
            self._draw(out)
        if page is not None:
            replace_marked(page, self.tables)
            self._draw(page.parent)

    def _draw(self, folder: Path) -> None:
        if self.figure is not None:
            (folder / f"{self.name}.svg").write_bytes(self.figure)


def loops(replicates: int) -> Iterator[Run]:
    """Under E6, and one loop under E4 too, where a put empties the TLB."""
    for pages in LOOPS:
        for scheme in ("e4", "e6") if pages == LOOPS[1] else ("e6",):
            for offset in range(1, min(replicates, SLOTS - 1) + 1):
                yield from loop_runs(scheme, pages, offset)


def sqlite(replicates: int) -> Iterator[Run]:
    """Natively and under two schemes, the I/O calls further and further apart."""
    for scheme in ("native", "e3b", "e6"):
        for each in range(replicates):
            yield sqlite_run(scheme, IO_EVERY + IO_STEP * each)


def pingpong(replicates: int) -> Iterator[Run]:
    return pingpong_runs(Cycle.read(CYCLE), replicates)


PARTS: dict[str, tuple[Callable[[int], Iterator[Run]], Callable[[Sequence[Run]], str]]] = {
    "loops": (loops, loop_table),
    "processes": (processes, processes_table),
    "pingpong": (pingpong, pingpong_table),
    "sqlite": (sqlite, sqlite_table),
}
"""What needs nothing but the project: the runs of each part, and their table."""


def shipped(parts: Sequence[str], replicates: int) -> Result:
    runs = {part: list(PARTS[part][0](replicates)) for part in parts}
    tables = {part: PARTS[part][1](found) for part, found in runs.items()}
    figure = loop_figure(runs["loops"]) if "loops" in runs else None
    return Result("steady-states", [run for found in runs.values() for run in found], tables, figure)


def linux(guest: Guest, replicates: int) -> Result:
    """The windows of a guest."""
    runs = [run for found in linux_runs(guest, replicates) for run in found]
    mark = "linux_" + guest.kernel.replace(".", "_")
    return Result(f"steady-states-{guest.kernel}", runs, {mark: linux_table(runs)}, linux_figure(runs, guest.kernel))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=SLOTS, metavar="N", help="runs of each case (63)")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}, with commas between")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the table of all runs and the figure go")
    parser.add_argument("--page", type=Path, help="a page whose tables and figures are to be replaced")
    parser.add_argument("--linux", nargs=3, type=Path, metavar=("ELF", "DTB", "INITRD"), help="boot this guest instead")
    parser.add_argument("--kernel", default="3.14", help="of the guest's host, as HostKernel takes it (3.14)")
    parser.add_argument("--pingpong", type=int, default=11, metavar="WINDOW", help="window of the ping-pong (11)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the pages of an exchange, and nothing else")
    given = parser.parse_args()
    if given.replicates < 1:
        parser.error(f"--replicates {given.replicates}: expected at least 1")
    parts = given.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"--parts {unknown[0]}: expected {', '.join(PARTS)}")
    if given.record and not given.linux:
        parser.error("--record: needs a guest; give --linux ELF DTB INITRD")
    if not given.linux:
        shipped(parts, given.replicates).write(given.out, given.page)
        return
    guest = Guest(given.linux[0], given.linux[1], given.linux[2], given.kernel, given.pingpong)
    if given.record:
        record(guest).write(given.record, f"{HEAD} Host {guest.kernel}.")
        return
    linux(guest, given.replicates).write(given.out, given.page)


if __name__ == "__main__":
    main()
