# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux of docs/model.md section 4: page tables, frames, events, and how a handler's steps are run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from simobjects.isa import arch
from tests.reference.core import Core
from tests.reference.handlers import DEVICE_EA, HANDLER_CODE, INDEX_VARIABLE, Refill, Step
from tests.reference.handlers_2_6_29 import Linux2629
from tests.reference.handlers_6_1 import Linux61
from tests.reference.settings import Settings
from tests.reference.stream import FETCH, LOAD, STORE
from tests.reference.tlb import NOWHERE, SR, SW, SX, VALID, Entry, size_field

KERNEL = 0xC0000000
KERNEL_BYTES = 256 << 20
KERNEL_PGD = 0xC0310000
PGD_BASE = 0xC0800000
DEVICE_PHYSICAL = 0xEF600000
FIRST_FRAME = 0x01000000
KERNEL_PROCESS = -1

SYSTEM_CALL, DECREMENTER = arch.VECTOR.SYSCALL, arch.VECTOR.DECREMENTER
DATA_MISS, INST_MISS = arch.VECTOR.DTLB, arch.VECTOR.ITLB
"""Vectors."""

KERNEL_ENTRY = Entry(KERNEL | VALID | size_field(KERNEL_BYTES), 0, 0x100 | SX | SW | SR)
"""The pinned page of any Linux kernel here, host's or guest's."""

EVENTS = ("io", "syscall", "timer", "flush", "page_flush", "idle")
"""What comes every so many user instructions, in the order in which what is due together is taken."""


class Handlers(Protocol):
    """A kernel: the steps of each of its handlers."""

    def refill(self, miss: Refill) -> Iterator[Step]: ...

    def switch(self, old: int, new: int) -> Iterator[Step]: ...

    def event(self, name: str, process: int) -> Iterator[Step]: ...


class GuestKernel:
    """Owns the page tables and runs handlers on the core, instruction by instruction."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self.core = core
        self.page = settings.guest_page
        self.watermark = settings.guest_entries - 2
        self.last_frame = settings.guest_ram // self.page
        self.idle_mc = settings.idle_cycles * 1000
        self.driver = settings.driver_code
        self.handlers: Handlers = (
            Linux61(settings.driver_code, settings.kuap) if settings.era == "6.1" else Linux2629(settings.driver_code)
        )
        self.process = 0
        self.index = 0
        self.first_frame = FIRST_FRAME // self.page
        self.next_frame = self.first_frame
        self.pte_pages: dict[tuple[int, int], int] = {}
        self.pages: dict[tuple[int, int], int] = {}
        self.refills = {"data_user": 0, "inst_user": 0, "data_kernel": 0, "inst_kernel": 0}
        self.switches = 0
        self.counts = dict.fromkeys(EVENTS, 0)
        self.depth = 0
        self.searched = NOWHERE

    # --- page tables

    @property
    def table_bytes(self) -> int:
        """What a page of 8-byte page table entries translates."""
        return self.page // 8 * self.page

    def take_frame(self) -> int:
        """The next free frame; ValueError when the guest's memory has none left."""
        if self.next_frame >= self.last_frame or self.next_frame >= KERNEL_BYTES // self.page:
            raise ValueError(f"the guest needs more than {self.last_frame} frames; give it more memory")
        self.next_frame += 1
        return self.next_frame - 1

    def pte_address(self, process: int, ea: int) -> int:
        """Address of the page table entry of ea."""
        key = (process, ea // self.table_bytes)
        if key not in self.pte_pages:
            self.pte_pages[key] = self.take_frame()
        return KERNEL + self.pte_pages[key] * self.page + ea // self.page % (self.page // 8) * 8

    def page_frame(self, process: int, ea: int) -> int:
        """Frame of the page of ea."""
        key = (process, ea // self.page)
        if key not in self.pages:
            self.pages[key] = self.take_frame()
        return self.pages[key]

    # --- refills

    def refill(self, kind: int, ea: int) -> None:
        """Run the handler that a miss of the guest's TLB calls for."""
        kernel = ea >= KERNEL
        process = KERNEL_PROCESS if kernel else self.process
        self.refills[("inst_" if kind == FETCH else "data_") + ("kernel" if kernel else "user")] += 1
        pte = self.pte_address(process, ea)
        if kernel and ea // self.page == DEVICE_EA // self.page:
            physical, w2 = DEVICE_PHYSICAL, 0x507
        else:
            physical, w2 = self.page_frame(process, ea) * self.page, 0x07 if kernel else 0x3F
        pgd = KERNEL_PGD if kernel else PGD_BASE + self.process * 0x2000
        slot, wraps = self.index + 1, False
        if slot > self.watermark:
            slot, wraps = 0, True
        w0 = ea // self.page * self.page | VALID | size_field(self.page)
        self.execute(
            self.handlers.refill(
                Refill(
                    fetch=kind == FETCH,
                    kernel=kernel,
                    process=self.process,
                    pgd=pgd + ea // self.table_bytes * 4,
                    pte=pte,
                    slot=slot,
                    wraps=wraps,
                    words=(w0, physical, w2),
                )
            ),
            0,
            slot,
        )

    # --- events

    def switch(self, new: int) -> None:
        """Leave the running process for another one (decrementer interrupt)."""
        self.switches += 1
        self.core.supervisor.interrupt(DECREMENTER)
        self.execute(self.handlers.switch(self.process, new), 0)
        self.process = new

    def event(self, name: str, page: int) -> None:
        """One of EVENTS; `page` is the address of the page that the process touches next."""
        self.counts[name] += 1
        self.core.supervisor.interrupt(DECREMENTER if name == "timer" else SYSTEM_CALL)
        self.execute(self.handlers.event(name, self.process), page)

    # --- running them

    def execute(self, steps: Iterator[Step], address: int, slot: int = 0) -> None:
        """Run a handler: a fetch of the current code address for each instruction, then what it does.

        `address` is what a search looks for, `slot` what a store to the index variable makes the index.
        """
        core = self.core
        interrupted = core.in_kernel
        core.in_kernel = True
        self.depth += 1
        code = HANDLER_CODE
        skipping = 0
        for step in steps:
            if skipping:
                skipping -= 1
                continue
            match step:
                case ("code", int(place)):
                    code = place
                case ("unless found", int(count)):
                    skipping = count if self.searched == NOWHERE else 0
                case ("run", int(instructions)):
                    core.run(code, instructions)
                case ("sweep", int(after)):
                    for entry in range(self.watermark + 1):
                        self._fetch(code)
                        core.supervisor.tlbwe(entry, 0, 0)
                        core.run(code, after)
                case ("rfi back",):
                    self._fetch(code)
                    core.supervisor.rfi(self.depth == 1)
                case ("tlbsx",):
                    self._fetch(code)
                    self.searched = core.supervisor.tlbsx(address)
                case _:
                    self._fetch(code)
                    self._do(step)
                    if step == ("store", INDEX_VARIABLE):
                        self.index = slot
        self.depth -= 1
        core.in_kernel = interrupted

    def _fetch(self, code: int) -> None:
        self.core.run(code, 1)

    def _do(self, step: Step) -> None:
        supervisor = self.core.supervisor
        match step:
            case ("load", int(ea)):
                self.core.reference(LOAD, ea)
            case ("store", int(ea)):
                self.core.reference(STORE, ea)
                if ea == DEVICE_EA:
                    supervisor.device_access()
            case ("mtspr", str(name), int(value)):
                supervisor.mtspr(name, value)
            case ("mfspr", str(name)):
                supervisor.mfspr(name)
            case ("mtmsr",):
                supervisor.mtmsr()
            case ("mfmsr",):
                supervisor.mfmsr()
            case ("wrtee",):
                supervisor.wrtee()
            case ("wait",):
                self.core.wake = self.core.now + self.idle_mc
                supervisor.wait()
            case ("isync",):
                self.core.charge("guest_kernel", self.core.costs.isync_latency * 1000)
                self.core.synchronise()
            case ("tlbwe", int(index), int(word), int(value)):
                supervisor.tlbwe(index, word, value)
            case ("invalidate found",):
                supervisor.tlbwe(self.searched, 0, 0)
            case ("rfi", int(to_user)):
                supervisor.rfi(bool(to_user))
            case _:
                raise ValueError(f"no such step: {step}")

    def stats(self) -> dict[str, int | list[int]]:
        """Raw counts."""
        names = ("ios", "syscalls", "timers", "flushes", "page_flushes", "idles")
        return {
            "refills": list(self.refills.values()),
            "switches": self.switches,
            **dict(zip(names, self.counts.values(), strict=True)),
            "frames": self.next_frame - self.first_frame,
        }
