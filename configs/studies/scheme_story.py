# SPDX-License-Identifier: BSD-3-Clause
"""One short story played with every scheme by the compiled kernels: what is where after each step, and what it cost.

A guest has two processes and a kernel; its host has pages of its own in the same TLB. Each step is what the machine
itself would do: a reference that misses, a privileged instruction, a vcpu that leaves the processor and comes back.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simobjects import VMM, CostModel, GuestKernel, HostKernel, Simulation, SyntheticWorkload
from simobjects.boards import stream_machine
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.cext.kvm.schemes.direct import DirectInsertion
from simobjects.cext.kvm.schemes.reload import ShadowArray
from simobjects.isa import arch
from simobjects.isa.arch import ADDRESS, OP, SPR, W0, entry
from simobjects.ppc440.core import CYCLE_KINDS

EMPTY, USER, KERNEL, HOST, PINNED = "", "guest's user", "guest's kernel", "host", "pinned"
GUEST_SPACE = W0.VALID | W0.TS
FIRST, SECOND = 1, 2
"""The guest's PIDs."""
PAGE = 4096
LARGE, OTHERS = 0x1001_0000, 0x2000_0000
"""Where the first process has its large page, and the second its only one."""
STEPS = (
    "so far",
    "a page is used for the first time",
    "the guest reads SPRG0",
    "system call; the kernel uses two pages",
    "its kernel writes a new PID",
    "back to user mode; a page is used",
    "the vcpu is put",
    "the vcpu is back: load, entry",
)
MAPPED, ENTERED, CALLED, SWITCHED, RETURNED, PUT, LOADED = range(1, 8)


@dataclass(frozen=True)
class Frame:
    """What is where after a step, by slot; which slots of the hardware were written; what the step cost.

    `memory` is what KVM keeps of each shadow: its translation, or only where it is (`references`). `copy` is a second
    table, of the host's entries in E0 and of what was saved in E5 and E6; None where there is none.
    """

    references: bool
    memory: tuple[str, ...]
    copy: tuple[str, ...] | None
    hardware: tuple[str, ...]
    written: frozenset[int]
    instructions: int
    tlbwe: int


@dataclass(frozen=True)
class Story:
    """All frames of a scheme, and the guest's own TLB."""

    frames: tuple[Frame, ...]
    guest: tuple[str, ...]

    @property
    def drops(self) -> int:
        """The step of the change of process in which shadows go; that of the new PID when none do."""
        for step in (CALLED, SWITCHED, RETURNED):
            before, after = self.frames[step - 1].memory, self.frames[step].memory
            if any(then and not now for then, now in zip(before, after, strict=True)):
                return step
        return SWITCHED


def effect(story: Story, step: int) -> dict[str, object]:
    """What a step did, wherever it did it: how many entries of each kind came and went in each table, and were written.

    Of the beginning: what is there.
    """
    after = story.frames[step]
    if step == 0:
        there = {"only where": after.references, "memory": Counter(after.memory), "hardware": Counter(after.hardware)}
        return {**there, "tables": 1 + (after.copy is not None)}
    before = story.frames[step - 1]
    found: dict[str, object] = {"written": len(after.written)}
    for name in ("memory", "copy", "hardware"):
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and new is not None:
            found[name] = _changes(old, new)
    return found


def alike(one: dict[str, object], other: dict[str, object]) -> bool:
    """Whether two steps did the same in the tables that both schemes have."""
    return all(one[name] == other[name] for name in one if name in other)


def _changes(before: tuple[str, ...], after: tuple[str, ...]) -> Counter[tuple[str, str]]:
    pairs = zip(before, after, strict=False)
    return Counter((then, now) for then, now in pairs if then != now)


class _Player:
    """A machine under KVM that is played by hand."""

    def __init__(self, scheme: str, entries: int) -> None:
        system = stream_machine(
            SyntheticWorkload(records=64),
            HostKernel(scheme=scheme, hz="1Hz", interrupt_pages=0, vmm=VMM(signal_every=0), tasks=[]),
            costs=CostModel(tlbwe_latency=0),
            entries=entries,
            guest=GuestKernel(io_every=0, memory="128MiB"),
        )
        if scheme == "wide_guest":  # which chooses the size itself
            system.guest_tlb.entries = system.host.scheme.factor * entries
        self.sim = Simulation(system)
        self.core, self.tlb, self.guest_tlb, self.host = (
            self.sim.peers[part] for part in (system.core, system.tlb, system.guest_tlb, system.host)
        )
        self.scheme: Any = self.host.shadow_scheme()
        self.probe = HostProbe(self.host)
        self.name = scheme
        self.hwater = int(system.host.hwater)
        self.core.begin()
        self.before: tuple[str, ...] = self.hardware()
        self.entered = False

    def guest_entry(self, index: int, ea: int, frame: int, size: int = PAGE, pid: int = FIRST) -> None:
        self.guest_tlb.write_all(index, *entry(ea, frame * PAGE, size, arch.USER | arch.SUPERVISOR), pid)

    def user_page(self, number: int) -> int:
        return 0x1000_0000 + number * PAGE

    def use(self, *addresses: int, user: bool = True) -> None:
        for ea in addresses:
            self.core.touch(ea, 0, user)

    def hosts_pages(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            self.probe.touch(0, 0xD000_0000 + number * PAGE)

    # ---- what is where ----

    def hardware(self) -> tuple[str, ...]:
        return tuple(self._slot(slot) for slot in range(self.tlb.entries))

    def _slot(self, slot: int) -> str:
        word = self.tlb.read(slot)[0]
        if not word & W0.VALID:
            return EMPTY
        if slot > self.hwater:
            return PINNED
        return _whose(word) if word & GUEST_SPACE == GUEST_SPACE else HOST

    def memory(self) -> tuple[str, ...]:
        if isinstance(self.scheme, ShadowArray):
            return tuple(_whose(row[0]) for row in self.scheme.shadows())
        return tuple(
            EMPTY if page < 0 else _whose(self.guest_tlb.read(index)[0] | W0.VALID)
            for page, index, *_ in self.scheme.references()
        )

    def copy(self) -> tuple[str, ...] | None:
        if self.name == "e0":
            replaced = self.before[: self.hwater] if self.entered else ()
            return (*replaced, *[EMPTY] * (self.tlb.entries - len(replaced)))
        saved = self.host.save().get("scheme.saved")
        if saved is None:
            return None
        words = [word for word, *_ in struct.iter_unpack("=IIIi", saved)]
        kept = [_whose(word) if word & GUEST_SPACE == GUEST_SPACE else EMPTY for word in words]
        return (*kept, *[EMPTY] * (self.tlb.entries - len(kept)))

    def entries(self) -> list[tuple[int, int, int, int]]:
        return [self.tlb.read(slot) for slot in range(self.tlb.entries)]

    def costs(self) -> tuple[int, int, int, int]:
        stats = self.host.read_stats()
        switching = self.core.read_stats()["cycles"][CYCLE_KINDS.index("switch")]
        instructions = sum(stats["exit_instructions"]) + switching // 1000
        return instructions, self.tlb.read_stats()["tlbwe"], stats["slots_written"], stats["sweeps"]

    def step(self, does: Callable[[], object]) -> Frame:
        self.before, was, at = self.hardware(), self.entries(), self.costs()
        does()
        self.entered = True
        instructions, tlbwe, slots, sweeps = (now - then for now, then in zip(self.costs(), at, strict=True))
        written = {slot for slot, (old, new) in enumerate(zip(was, self.entries(), strict=True)) if old != new}
        # What is in a slot already is written again all the same: by an entry that writes every slot, and by a sweep.
        if slots >= self.hwater:
            written |= set(range(self.hwater))
        if sweeps and tlbwe > self.hwater:
            written |= set(range(self.hwater + 1))
        tlbwe = max(tlbwe, 3 * slots)
        frame = (isinstance(self.scheme, DirectInsertion), self.memory(), self.copy(), self.hardware())
        return Frame(*frame, frozenset(written), instructions, tlbwe)


def _whose(word: int) -> str:
    if not word & W0.VALID:
        return EMPTY
    return KERNEL if word >= ADDRESS.KERNEL else USER


def _map_guest(player: _Player) -> None:
    """The guest's own TLB: four small pages and a large one of the first process, one page of the second."""
    for number in range(4):
        player.guest_entry(number, player.user_page(number), 16 + number)
    player.guest_entry(4, LARGE, 64, size=4 * PAGE)
    player.guest_entry(5, OTHERS, 32, pid=SECOND)


def play(scheme: str, entries: int) -> Story:
    """The story with a scheme, on a hardware TLB of so many entries."""
    player = _Player(scheme, entries)
    _map_guest(player)
    kernel = (ADDRESS.KERNEL + 0x1000, ADDRESS.KERNEL + 0x300000)

    def until_now() -> None:
        player.hosts_pages(0, 4)
        player.core.privileged_instruction(OP.RFI, value=0)
        player.use(*kernel, user=False)
        player.core.privileged_instruction(OP.RFI, value=1)
        player.use(*(player.user_page(number) for number in range(3)))
        player.use(*(LARGE + number * PAGE for number in range(3)))
        player.probe.set_index(0)  # so that the host's own pages are next

    def call() -> None:
        player.core.system_call()
        player.use(*kernel, user=False)

    def back() -> None:
        player.core.privileged_instruction(OP.RFI, value=1)
        player.use(OTHERS)

    def again() -> None:
        player.probe.load()
        player.probe.enter()

    player.step(until_now)
    first = player.step(lambda: None)
    frames = [
        first,
        player.step(lambda: player.use(player.user_page(3))),
        player.step(lambda: player.core.privileged_instruction(OP.MFSPR, spr=SPR.SPRG0)),
        player.step(call),
        player.step(lambda: player.core.privileged_instruction(OP.MTSPR, spr=SPR.PID, value=SECOND)),
        player.step(back),
        player.step(player.probe.put),
    ]
    player.hosts_pages(8, 3)
    frames.append(player.step(again))
    guest = tuple(_whose(player.guest_tlb.read(slot)[0]) for slot in range(player.guest_tlb.entries))
    return Story(tuple(frames), guest)
