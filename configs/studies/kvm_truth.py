# SPDX-License-Identifier: BSD-3-Clause
"""What KVM's own counters say for a guest, as real kernels and this model count it.

    python configs/studies/kvm_truth.py --kernel 3.14.79 "0 64 0 0 1 2559 0 2 63 0 1 0 0"
    python configs/studies/kvm_truth.py --kernel 2.6.28 --fifo-start all --cases tests/golden/kvm_counters.csv
    python configs/studies/kvm_truth.py --linux --kernel 3.14 --elf vmlinux --dtb guest.dtb --initrd guest.cpio

The guest is a small bare-metal program, or with --linux a Linux kernel (the last paragraph).

A case is a line of thirteen numbers: mode W pat K warm meas handler lo hi kn outer_warm outer_meas seed. The guest
(kvm_truth_guest/guest.S, assembled beside it) gets them as parameters and chases pointers over W pages, with refills by
its own handler, PID switches, system calls, tlbwe, or accesses to devices in between. Each case is executed as a KVM
guest under the kernel's scheme, instruction by instruction, on a host whose VMM touches two pages of code and one of
data at each heavy exit. The counters run from the start of the vcpu to the guest's store to offset 4 of its marker
page, that exit included. A file of cases may have comments, a header, and columns after the case; `-` is standard
input.

With --linux the guest is a Linux kernel for KVM with its device tree (taken as it is) and initramfs. A program in it
marks windows by stores to the marker page: its number to offset 0 to begin one, any word to 4 to end it, to 0x10 when
all is done. A row is printed for each window as it ends, with the instructions that guest and host executed in it.
--mask-ticks: the VMM holds the guest's timer interrupt in every window but 18. A guest that shows neither mark nor
character for --patience simulated seconds stands still: what it does then, and why, is said on standard error.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from simobjects import (
    VMM,
    Core440,
    EventKind,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    Simulation,
    SyntheticWorkload,
    System,
)
from simobjects.base.processes import tied
from simobjects.framework import SimObjectsError, param
from simobjects.kvm.releases import find_release
from simobjects.ppc440.bus import Bus
from simobjects.ppc440.marker import MarkerDevice
from simobjects.ppc440.memory import Memory
from simobjects.programs.image import Image, Segment
from simobjects.programs.program import Program

GUEST = Path(__file__).parent / "kvm_truth_guest" / "guest.bin"
COUNTERS = ("itlb_v", "dtlb_v", "dtlb_r", "inst_emu", "sysc", "mmio")
RAM = 16 << 20
PAGE = 4096
DEVICES = 0xEF60_0000
HANDLERS = (0x20, 0x60, 0xA0, 0x100)
PARAMETERS, THREAD, DIRECTORY, INDEX, TABLES = 0x1000, 0x6000, 0x4000, 0x7000, 0x8000
CHAIN_A, CHAIN_B, KERNEL_CHAIN = 0x40_0000, 0x90_0000, 0xE0_0000
MAPPED, UNUSED = 0x4000_0000, 0x5000_0000
DIRECT_MODES, TWO_PIDS, STRAIGHT_MODES = (0, 4, 8, 9), (2, 3, 6), (0, 1, 7)
MOST_PAGES = (RAM - CHAIN_B) // PAGE
MOST_EVENTS = (RAM - KERNEL_CHAIN) // PAGE
ARRAY_SCHEMES = ("e0", "e1", "e2", "e3", "e3b")


class BadCase(Exception):
    """A line that is no case; the message says why."""


@dataclass(frozen=True)
class Case:
    """The numbers of a case line, in its order."""

    mode: int
    pages: int
    pattern: int
    burst: int
    warm: int
    measured: int
    handler: int
    first: int
    last: int
    events: int
    outer_warm: int
    outer_measured: int
    seed: int

    @classmethod
    def of(cls, line: str) -> Case:
        """The case of a line. BadCase when it is none."""
        try:
            numbers = [int(word) for word in line.split()]
        except ValueError:
            raise BadCase(f"{line!r}: a case is thirteen whole numbers") from None
        if len(numbers) != 13:
            raise BadCase(f"{line!r}: a case has thirteen numbers, this one {len(numbers)}")
        made = cls(*numbers)
        if not 0 <= made.mode <= 9 or min(numbers) < 0 or max(numbers) >= 1 << 32:
            raise BadCase(f"{line!r}: mode is 0 to 9, the other numbers 0 to 2^32 - 1")
        if made.pages > MOST_PAGES or (made.mode != 4 and made.events > MOST_EVENTS):
            raise BadCase(f"{line!r}: W is at most {MOST_PAGES}, kn at most {MOST_EVENTS}: the guest has 16 MiB")
        return made

    def __str__(self) -> str:
        return " ".join(map(str, astuple(self)))


def random_numbers(seed: int) -> Iterator[int]:
    """Marsaglia's 32-bit xorshift with the shifts 13, 17, 5."""
    state = seed or 2463534242
    while True:
        state = (state ^ (state << 13)) & 0xFFFFFFFF
        state ^= state >> 17
        state = (state ^ (state << 5)) & 0xFFFFFFFF
        yield state


class GuestMemory:
    """The guest's RAM as it is before the start: only pages that are not all zeros exist."""

    def __init__(self) -> None:
        self.pages: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(PAGE))

    def put(self, address: int, data: bytes) -> None:
        """Bytes anywhere."""
        for at, byte in enumerate(data):
            self.pages[(address + at) // PAGE][(address + at) % PAGE] = byte

    def word(self, address: int, value: int) -> None:
        """One aligned word."""
        struct.pack_into(">I", self.pages[address // PAGE], address % PAGE, value)

    def chain(self, gpa: int, ea: int, pages: int, pattern: int, seed: int) -> int:
        """A cyclic pointer chain, a word a node: in order (0), random (1), zigzag (2), mostly a hot set (3).

        Returns the effective address of its first node.
        """
        if not pages:
            return 0
        used: defaultdict[int, int] = defaultdict(int)
        nodes = []
        for page in page_order(pages, pattern, seed):
            nodes.append(page * PAGE + 4 * used[page])
            used[page] += 1
        for node, following in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            self.word(gpa + node, ea + following)
        return ea + nodes[0]

    def segments(self) -> tuple[Segment, ...]:
        """For a loader."""
        return tuple(Segment(number * PAGE, bytes(data), PAGE) for number, data in sorted(self.pages.items()))


def page_order(pages: int, pattern: int, seed: int) -> list[int]:
    """The pages of one round of a chain; a page has room for 1024 nodes, after that the next one takes them."""
    numbers = random_numbers(seed)
    length = pages if pattern == 0 else 2 * pages if pattern == 2 else 512 * pages if pages < 8 else 4096
    hot = min(pages, 8)
    used = [0] * pages
    order = []
    for i in range(length):
        if pattern == 0:
            page = i
        elif pattern == 2:
            page = i if i < pages else 2 * pages - 1 - i
        elif pattern == 1:
            page = (next(numbers) >> 8) % pages
        else:
            value = next(numbers) >> 8
            page = (value // 10) % (hot if value % 10 < 9 else pages)
        while used[page] >= PAGE // 4:
            page = (page + 1) % pages
        used[page] += 1
        order.append(page)
    return order


@cache
def image(case: Case) -> Image:
    """The guest's memory for a case: code, parameters, chains, and tables for one of its handlers."""
    memory = GuestMemory()
    memory.put(0, GUEST.read_bytes())
    base = CHAIN_A if case.mode in DIRECT_MODES else MAPPED
    pids = (1, 2) if case.mode in TWO_PIDS else (0, 2)
    chains = (
        memory.chain(CHAIN_A, base, case.pages, case.pattern, case.seed),
        memory.chain(CHAIN_B, base, case.pages, case.pattern, case.seed ^ 0x5A5A5A5A if case.seed else 1),
    )
    events = UNUSED if case.mode == 4 else memory.chain(KERNEL_CHAIN, KERNEL_CHAIN, case.events, 0, 0)
    words = (
        case.mode, case.warm, case.measured, case.burst, *chains, *pids, CHAIN_A, CHAIN_B, case.first, case.last, 0x3F,
        events, HANDLERS[case.handler & 3], case.events, case.outer_warm, case.outer_measured, THREAD, 1,
    )  # fmt: skip
    for number, value in enumerate(words):
        memory.word(PARAMETERS + 4 * number, value)
    memory.word(INDEX, case.first)
    memory.word(THREAD, DIRECTORY)
    for half in range(2):
        table = TABLES + half * PAGE
        memory.word(DIRECTORY + ((MAPPED + half * (2 << 20)) >> 21) * 4, table)
        for page in range(512):
            memory.word(table + page * 8 + 4, CHAIN_A + half * (2 << 20) + page * PAGE)
    return Image(memory.segments(), 0)


class CaseProgram(Program):
    """The guest with the parameters of one case."""

    case: str = param(description="the case line")

    def contents(self) -> Image:
        return image(Case.of(self.case))


def machine(case: Case, kernel: str, hwater: int) -> System:
    """A case as a guest of a kernel, on a host with so many replaceable slots and nothing else to do."""
    system = System(clock="400MHz", memory=(63 - hwater) * (256 << 20))
    system.core = Core440(workload=CaseProgram(case=str(case), memory=RAM, start="kvm"))
    system.tlb = HardwareTLB(entries=64)
    system.guest_tlb = GuestTLB(entries=64)
    # A turn is four instructions: one on each page of code, and an access to the page of data.
    references = SyntheticWorkload(code_pages=2, data_pages=1, records=2, instructions=2, accesses=1, stores=0)
    vmm = VMM(workload=references, instructions=4, signal_every=0)
    system.host = HostKernel(kernel=kernel, hz="1Hz", interrupt_pages=0, vmm=vmm)
    system.memory_chips = Memory()
    system.bus = Bus()
    system.marker = MarkerDevice(address=DEVICES)
    system.marker.bus = system.bus.devices
    system.core.translation = system.tlb.core_side
    system.core.memory = system.memory_chips.port
    system.core.devices = system.bus.core_side
    system.core.exceptions = system.host.exits
    return system


@dataclass(frozen=True)
class Outcome:
    """The counters of one run, and how it ended if not at the end of the measured part."""

    counters: tuple[int, ...]
    wrong_end: str = ""


def most_references(case: Case) -> int:
    """More fetches and data accesses than the guest needs if it ends at all: a hundred for each turn of its loops."""
    if case.mode in STRAIGHT_MODES:
        turns = _turns(case.warm) + _turns(case.measured)
    else:
        burst, events = case.burst, case.events
        turns = (_turns(burst) + events) if case.mode != 4 else burst + _turns(events)
        turns *= _turns(case.outer_warm) + _turns(case.outer_measured)
    return 10_000 + 100 * turns


def _turns(count: int) -> int:
    """How often the guest runs through a loop that counts down to zero before it looks."""
    return count or 1 << 32


def run(system: System, fifo_start: int | None) -> Outcome:
    """Execute a case. `fifo_start`: the slot of KVM's first map, for the schemes that keep a FIFO of their own."""
    simulation = Simulation(system)
    case = Case.of(system.core.workload.case)
    simulation.peers[system.bus].store(DEVICES, 0)  # the window begins with the vcpu
    scheme = simulation.peers[system.host].shadow_scheme()
    if fifo_start is not None:
        scheme.set_position(fifo_start)
    wrong_end = "it ended without a word"
    for event in simulation.run(references=most_references(case)):
        if event.kind is EventKind.MARKER and event.payload.get("window") == "end":
            wrong_end = ""
            break
        if event.kind is not EventKind.MARKER:
            wrong_end = "; ".join(str(event).split("\n  ")[0].splitlines()) + _reports(simulation, system)
    exits = simulation.stats.by_label("system.host.exits_by_kind")
    return Outcome(tuple(int(exits[name]) for name in COUNTERS), wrong_end)


def _reports(simulation: Simulation, system: System) -> str:
    """What the guest says of an interrupt that it did not expect: stores to 0x20 to 0x2C."""
    told = [f"{offset:#x}: {value:#x}" for offset, value in simulation.peers[system.marker].log() if offset >= 0x20]
    return f"; the guest reported {', '.join(told[:4])}" if told and told[0].startswith("0x20") else ""


def starts_of(kernel: str, given: str, hwater: int) -> list[int | None]:
    """The FIFO positions to run a case with. BadCase when the option makes no sense."""
    found = find_release(kernel)
    if found is None or found.scheme not in ARRAY_SCHEMES:
        return [None]
    if given == "all":
        return list(range(hwater + 1))
    if not given.isdecimal() or int(given) > hwater:
        raise BadCase(f"--fifo-start {given}: expected a slot from 0 to {hwater}, or all")
    return [int(given)]


def outcomes_of(case: Case, kernel: str, hwater: int, starts: list[int | None]) -> list[Outcome]:
    """A case with each of the FIFO positions. Every run has a machine of its own, built from one description."""
    image.cache_clear()
    system = machine(case, kernel, hwater)
    return [run(system, start) for start in starts]


def all_outcomes(cases: list[Case], kernel: str, hwater: int, starts: list[int | None]) -> Iterator[list[Outcome]]:
    """Those of every case, in order; on all cores when there are several cases."""
    workers = min(len(cases), len(os.sched_getaffinity(0)))
    work = partial(outcomes_of, kernel=kernel, hwater=hwater, starts=starts)
    if workers < 2:
        yield from map(work, cases)
        return
    # Python 3.14 would begin anew, and import all.
    with ProcessPoolExecutor(workers, get_context("fork"), tied()) as pool:
        yield from pool.map(work, cases)


def cases_in(lines: Iterable[str]) -> Iterator[Case]:
    """The cases of a file: its first column, without comments, header and empty lines."""
    for line in lines:
        first = line.split("#", 1)[0].split(",", 1)[0].strip(' \t"')
        if first[:1].isdigit():
            yield Case.of(first)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kernel",
        required=True,
        help="3.14.79, 2.6.28, 2.6.27, or another with KVM for the 440; commit is 7924bd4109, parent the one before it",
    )
    parser.add_argument(
        "--hwater", type=int, default=62, choices=range(50, 63), metavar="H", help="62, the default, or 61"
    )
    parser.add_argument(
        "--fifo-start", default="0", metavar="N", help="slot of the first map, or all; old schemes only"
    )
    parser.add_argument("--cases", type=Path, metavar="FILE", help="a file of cases, - for standard input")
    parser.add_argument("case", nargs="*", help="a case line, quoted")
    linux = parser.add_argument_group("a Linux guest")
    linux.add_argument("--linux", action="store_true", help="boot Linux, and count by window")
    linux.add_argument("--elf", type=Path, metavar="FILE", help="its kernel, vmlinux")
    linux.add_argument("--dtb", type=Path, metavar="FILE", help="its device tree, given as it is")
    linux.add_argument("--initrd", type=Path, metavar="FILE", help="its initramfs, loaded at 0x1900000")
    linux.add_argument("--mask-ticks", action="store_true", help="no timer interrupts in windows, but in 18")
    linux.add_argument(
        "--guest-help", action="store_true", help="give the guest what no release had (HostKernel.guest_help)"
    )
    linux.add_argument(
        "--patience", type=int, default=10, metavar="S", help="simulated seconds of silence that end the run (10)"
    )
    found = parser.parse_intermixed_args(arguments)
    if found.linux:
        _check_linux(parser, found)
    elif found.cases is None and not found.case:
        parser.error("no case; give case lines, or --cases FILE")
    if find_release(found.kernel) is None:
        parser.error(f"--kernel {found.kernel}: no kernel with KVM for the 440; 2.6.26 to 3.16 had it")
    return found


def _check_linux(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """Three files, and no case lines."""
    for name in ("elf", "dtb", "initrd"):
        file = getattr(given, name)
        if file is None or not file.is_file():
            parser.error(f"--linux needs --{name} FILE" if file is None else f"--{name} {file}: no such file")
    if given.case or given.cases is not None:
        parser.error("--linux has windows, not cases; leave the cases out")
    if given.patience < 1:
        parser.error(f"--patience {given.patience}: give at least 1 second")


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each case and start, or for each window of a Linux guest.

    1 when a case ended anywhere but at its mark or Linux before its last, 2 when a case is none.
    """
    given = parsed(arguments)
    if given.linux:
        from linux_windows import print_windows  # beside this script, and needed for a Linux guest only

        try:
            (start,) = starts_of(given.kernel, given.fifo_start, given.hwater)
        except ValueError:
            print("--fifo-start all: a Linux guest has one start; give a slot", file=sys.stderr)
            return 2
        except BadCase as error:
            print(error, file=sys.stderr)
            return 2
        return int(print_windows(given, start))
    try:
        starts = starts_of(given.kernel, given.fifo_start, given.hwater)
        cases = [Case.of(line) for line in given.case]
        if given.cases is not None:
            text = sys.stdin.read() if str(given.cases) == "-" else given.cases.read_text(encoding="utf-8-sig")
            cases = [*cases_in(text.splitlines()), *cases]
    except (BadCase, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    print("case," + ",".join(COUNTERS), flush=True)
    status = 0
    for case, outcomes in zip(cases, all_outcomes(cases, given.kernel, given.hwater, starts), strict=True):
        for outcome in outcomes:
            print(",".join([str(case), *map(str, outcome.counters)]), flush=True)
            if outcome.wrong_end:
                print(f"{case}: {outcome.wrong_end}", file=sys.stderr)
                status = 1
    return status


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
