# SPDX-License-Identifier: BSD-3-Clause
"""The imitation of Linux 2.6.29 in docs/model.md section 4: page tables, frames, and the scripts of its handlers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.reference.core import Core
from tests.reference.settings import Settings
from tests.reference.stream import FETCH, LOAD, STORE
from tests.reference.tlb import SR, SW, SX, VALID, Entry, size_field

KERNEL = 0xC0000000
KERNEL_BYTES = 256 << 20
HANDLER_CODE = 0xC0000000
ENTRY_CODE = 0xC0001000
SCHEDULER_CODE = 0xC0030000
DRIVER_CODE = 0xC0040000
INDEX_VARIABLE = 0xC0300000
RUN_QUEUE = 0xC0302000
KERNEL_PGD = 0xC0310000
THREAD_BASE = 0xC0400000
PGD_BASE = 0xC0800000
DEVICE_EA = 0xD1000000
DEVICE_PHYSICAL = 0xEF600000
FIRST_FRAME = 0x1000
KERNEL_PROCESS = -1

SYSTEM_CALL, DECREMENTER, DATA_MISS, INST_MISS = 8, 10, 13, 14
"""Vectors."""

KERNEL_ENTRY = Entry(KERNEL | VALID | size_field(KERNEL_BYTES), 0, 0x100 | SX | SW | SR)
"""The pinned page of any Linux kernel here, host's or guest's."""

Step = tuple[str | int, ...]
"""A step of a handler: its name, then what it needs."""


class GuestKernel:
    """Owns the page tables and runs handlers on the core, instruction by instruction."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self.core = core
        self.watermark = settings.guest_entries - 2
        self.last_frame = settings.guest_ram >> 12
        self.process = 0
        self.index = 0
        self.next_frame = FIRST_FRAME
        self.pte_pages: dict[tuple[int, int], int] = {}
        self.pages: dict[tuple[int, int], int] = {}
        self.refills = {"data_user": 0, "inst_user": 0, "data_kernel": 0}
        self.switches = 0
        self.ios = 0

    # --- page tables

    def take_frame(self) -> int:
        """The next free frame; ValueError when the guest's memory has none left."""
        if self.next_frame >= self.last_frame or self.next_frame >= KERNEL_BYTES >> 12:
            raise ValueError(f"the guest needs more than {self.last_frame} frames; give it more memory")
        self.next_frame += 1
        return self.next_frame - 1

    def pte_page(self, process: int, ea: int) -> int:
        """Frame of the page-table page that covers ea."""
        key = (process, ea >> 21)
        if key not in self.pte_pages:
            self.pte_pages[key] = self.take_frame()
        return self.pte_pages[key]

    def page_frame(self, process: int, ea: int) -> int:
        """Frame of the page of ea."""
        key = (process, ea >> 12)
        if key not in self.pages:
            self.pages[key] = self.take_frame()
        return self.pages[key]

    # --- refills

    def refill(self, kind: int, ea: int) -> None:
        """Run the handler that a miss of the guest's TLB calls for."""
        process = KERNEL_PROCESS if ea >= KERNEL else self.process
        pte = KERNEL + self.pte_page(process, ea) * 4096 + ((ea >> 12) & 511) * 8
        if process == KERNEL_PROCESS:
            self.refills["data_kernel"] += 1
            self.execute(self._kernel_refill(ea, pte))
        else:
            self.refills["inst_user" if kind == FETCH else "data_user"] += 1
            self.execute(self._user_refill(kind, ea, pte, self.page_frame(process, ea) << 12))

    def _user_refill(self, kind: int, ea: int, pte: int, physical: int) -> Iterator[Step]:
        where = "SRR0" if kind == FETCH else "DEAR"
        yield from self._refill_prologue(where)
        yield ("mfspr", "SPRG3")
        yield ("load", self.thread(self.process))
        yield ("mfspr", "MMUCR")
        yield ("mfspr", "PID")
        yield ("run", 1)
        yield ("mtspr", "MMUCR", self.process + 1)
        if kind == FETCH:
            yield ("run", 2)
        else:
            yield ("mfspr", "ESR")
            yield ("run", 3)
        pgd = PGD_BASE + self.process * 0x2000 + (ea >> 21) * 4
        yield from self._refill_walk(where, ea, pgd, pte, physical, 0x3F)
        yield ("rfi", 1)

    def _kernel_refill(self, ea: int, pte: int) -> Iterator[Step]:
        yield from self._refill_prologue("DEAR")
        yield ("run", 2)
        yield ("mfspr", "MMUCR")
        yield ("run", 1)
        yield ("mtspr", "MMUCR", 0)
        yield ("mfspr", "ESR")
        yield ("run", 3)
        pgd = KERNEL_PGD + (ea >> 21) * 4
        yield from self._refill_walk("DEAR", ea, pgd, pte, DEVICE_PHYSICAL, 0x507)
        yield ("rfi", 0)

    def _refill_prologue(self, where: str) -> Iterator[Step]:
        yield ("code", HANDLER_CODE)
        for name in ("SPRG0", "SPRG1", "SPRG4", "SPRG5"):
            yield ("mtspr", name, 0)
        yield ("run", 1)
        yield ("mtspr", "SPRG7", 0)
        yield ("mfspr", where)
        yield ("run", 3)

    def _refill_walk(self, where: str, ea: int, pgd: int, pte: int, physical: int, w2: int) -> Iterator[Step]:
        yield ("load", pgd)
        yield ("run", 3)
        yield ("load", pte)
        yield ("load", pte + 4)
        yield ("run", 3)
        yield ("load", INDEX_VARIABLE)
        self.index += 1
        wraps = self.index > self.watermark
        if wraps:
            self.index = 0
        slot = self.index
        yield ("run", 4 if wraps else 3)
        yield ("store", INDEX_VARIABLE)
        yield ("mfspr", where)
        yield ("run", 2)
        yield ("tlbwe", slot, 1, physical)
        yield ("run", 3)
        yield ("tlbwe", slot, 0, (ea & 0xFFFFF000) | VALID | size_field(4096))
        yield ("run", 5)
        yield ("tlbwe", slot, 2, w2)
        yield ("run", 4)
        yield ("mfspr", "SPRG1")
        yield ("mfspr", "SPRG0")

    # --- events

    def switch(self, new: int) -> None:
        """Leave the running process for another one (decrementer interrupt)."""
        self.switches += 1
        self.core.supervisor.interrupt(DECREMENTER)
        self.execute(self._switch_steps(new))
        self.process = new

    def io(self) -> None:
        """A system call that stores to the device."""
        self.ios += 1
        self.core.supervisor.interrupt(SYSTEM_CALL)
        self.execute(self._io_steps())

    def _switch_steps(self, new: int) -> Iterator[Step]:
        yield from self._kernel_entry()
        yield ("mtspr", "TSR", 0)
        yield ("mtspr", "DEC", 0)
        yield ("code", SCHEDULER_CODE)
        yield ("load", RUN_QUEUE)
        yield ("run", 200)
        yield ("store", RUN_QUEUE)
        yield ("load", self.thread(new))
        yield ("mtspr", "SPRG3", 0)
        yield ("mtspr", "PID", new + 1)
        yield ("run", 40)
        yield from self._kernel_exit(new)

    def _io_steps(self) -> Iterator[Step]:
        yield from self._kernel_entry()
        yield ("code", DRIVER_CODE)
        yield ("run", 100)
        yield ("store", DEVICE_EA)
        yield ("run", 20)
        yield from self._kernel_exit(self.process)

    def _kernel_entry(self) -> Iterator[Step]:
        yield ("code", ENTRY_CODE)
        for name in ("SPRG0", "SPRG1", "SPRG4"):
            yield ("mtspr", name, 0)
        for name in ("SPRG3", "SRR0", "SRR1", "SPRG0", "SPRG1"):
            yield ("mfspr", name)
        yield ("mtmsr",)
        yield ("run", 30)
        yield ("store", self.thread(self.process))
        yield ("mfspr", "SPRG3")
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("rfi", 0)
        yield ("run", 20)

    def _kernel_exit(self, process: int) -> Iterator[Step]:
        yield ("code", ENTRY_CODE)
        yield ("load", self.thread(process))
        yield ("mtmsr",)
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("rfi", 1)

    @staticmethod
    def thread(process: int) -> int:
        """Address of a process's thread struct."""
        return THREAD_BASE + process * 0x2000

    # --- running them

    def execute(self, steps: Iterator[Step]) -> None:
        """Run a handler: a fetch of the current code address for each instruction, then what it does."""
        core = self.core
        interrupted = core.in_kernel
        core.in_kernel = True
        code = HANDLER_CODE
        for step in steps:
            match step:
                case ("code", int(address)):
                    code = address
                case ("run", int(instructions)):
                    for _ in range(instructions):
                        self._fetch(code)
                case _:
                    self._fetch(code)
                    self._do(step)
        core.in_kernel = interrupted

    def _fetch(self, code: int) -> None:
        self.core.take_ticks()
        self.core.reference(FETCH, code)

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
            case ("tlbwe", int(index), int(word), int(value)):
                supervisor.tlbwe(index, word, value)
            case ("rfi", int(to_user)):
                supervisor.rfi(bool(to_user))
            case _:
                raise ValueError(f"no such step: {step}")

    def stats(self) -> dict[str, int | list[int]]:
        """Raw counts."""
        return {
            "refills": list(self.refills.values()),
            "switches": self.switches,
            "ios": self.ios,
            "frames": self.next_frame - FIRST_FRAME,
        }
