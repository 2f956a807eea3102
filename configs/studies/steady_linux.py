# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest booted again and again, with one thing of its VMM a little different, and the pages that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from steady_cycle import Cycle  # these are beside this script
from steady_run import host_pages, simulated

from simobjects import ElfProgram, EventKind, System
from simobjects.boards.measured_host import measured_host
from simobjects.cext.kvm.host_probe import HostProbe

VMM_PAGES, VMM_WORK = 12, 3_000
"""Pages and instructions of a turn of the VMM's where the other of the two is varied."""
LEAST_WORK, MOST_WORK = 1_500, 17_500
"""Instructions of a turn of the VMM's: from those of the real one to where the guest's ticks, one in 100 million
instructions, come about a whole period elsewhere. Its kernel prints some 6,000 characters, each a turn."""
MOST_PAGES = 32
EXCHANGE = 4
"""System calls of a ping-pong's exchange: both processes write and read."""
MISSES = ("itlb_v", "dtlb_v")


@dataclass(frozen=True)
class Guest:
    """The files of a Linux guest, the kernel of its host, and the number of the ping-pong's window."""

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
    """Of a boot: KVM's exits by kind, and how many interrupts of the guest's decrementer came."""

    number: int
    exits: Mapping[str, int]
    ticks: int

    @property
    def misses(self) -> int:
        """Virt misses."""
        return sum(self.exits[name] for name in MISSES)


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
            window.counts("system.host.exits_by_kind"),
            window.counts("system.host.delivered")["decrementer"],
        )
        for number, window in zip(numbers, windows, strict=True)
    )
    return Boot(tuple(found), tuple(exchanges.misses[:-1]))


def boots_by_work(guest: Guest, count: int, least: int, most: int) -> Iterator[tuple[int, Boot]]:
    """With a VMM that works longer and longer, from `least` instructions a turn to before `most`."""
    for number in range(count):
        work = least + (most - least) * number // count
        yield work, boot(guest, VMM_PAGES, work)


def boots_by_pages(guest: Guest, count: int) -> Iterator[tuple[int, Boot]]:
    """With a VMM that holds ticks and has more and more pages."""
    for pages in sorted({-(-MOST_PAGES * number // count) for number in range(1, count + 1)}):
        yield pages, boot(guest, pages, VMM_WORK, hold=True)


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
