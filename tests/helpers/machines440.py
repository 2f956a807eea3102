# SPDX-License-Identifier: BSD-3-Clause
"""The executing core and its plain Python twin behind one set of methods, so that the same tests drive both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NotRequired, Protocol, TypedDict, Unpack

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.memory import Memory
from simobjects.cext.board.uart import Uart16550
from simobjects.cext.board.uic import InterruptController
from simobjects.cext.core.costs import Costs
from simobjects.cext.core.tlb import TLB
from simobjects.cext.engine.executing_core import ExecutingCore
from tests.reference.ppc440.core import Machine
from tests.reference.ppc440.machine import Checkstop
from tests.reference.ppc440.sprs import NUMBERS

UIC_DCR = 0xC0
UART = 0xEF600300
UIC_STATUS, UIC_ENABLE, UIC_CRITICAL, UIC_POLARITY, UIC_TRIGGER = (UIC_DCR + offset for offset in (0, 2, 3, 4, 5))
EXTERNAL_IRQ, CRITICAL_IRQ = 1, 2
REGISTERS = (*(f"r{n}" for n in range(32)), "pc", "msr", "cr", *NUMBERS)
PAUSED, END_OF_WORKLOAD, FAILED = 0, 1, 8
MOST_INTERRUPTS = 16
"""Without an instruction between them, before a machine is given up."""
LONGEST_WAIT = 100_000
"""Ticks without an instruction before the twin's wait state is taken to last for ever."""
NOT_IN_BOTH = ("dcdbtrl", "dcdbtrh", "icdbtrl", "icdbtrh", "icdbdr")
"""Read-only registers that are 0."""


class Shape(TypedDict):
    """What a machine is made with, beside its memory."""

    entries: int
    micro_inst: int
    micro_data: int
    faithful: bool
    interrupt_ticks: int
    machine_check_critical: NotRequired[bool]


class Machine440(Protocol):
    """What both can do. Time: an instruction takes one tick, an interrupt `interrupt_ticks`."""

    def step(self, count: int = 1) -> str:
        """Execute exactly so many instructions; interrupts on the way do not count.

        Returns "" when that was possible, "reset", or "failed": interrupts without end, or a fetch from where no
        memory is while machine checks are disabled.
        """

    def read(self, name: str) -> int: ...

    def write(self, name: str, value: int) -> None: ...

    def entry(self, index: int) -> tuple[int, int, int, int]: ...

    def set_entry(self, index: int, w0: int, w1: int, w2: int, tid: int) -> None: ...

    def load(self, physical: int, count: int) -> bytes: ...

    def store(self, physical: int, data: bytes) -> None: ...

    def lines(self, *, external: bool = False, critical: bool = False) -> None:
        """The levels of the core's interrupt inputs."""

    def external_at(self, ticks: int) -> None:
        """The external input will rise so many ticks after the start; call it before the first instruction."""

    def diagnostics(self) -> dict[str, int]: ...

    def micro_misses(self) -> tuple[int, int]:
        """Of the micro-TLBs for fetches and for data."""

    def unanswered(self) -> int:
        """Physical address of the last access that nothing answered."""

    def vectors(self) -> list[int]:
        """Interrupts taken, by IVOR number."""

    def hidden(self) -> dict[str, int]:
        """State that no register shows: the reservation, and what reset ended the run."""


class Twin:
    def __init__(self, ram: int, **shape: Unpack[Shape]) -> None:
        self.in_a_row = 0
        self.machine = Machine(ram, **shape)

    def step(self, count: int = 1) -> str:
        end = self.machine.instructions + count
        waited = 0
        while self.machine.instructions < end and not self.machine.reset:
            before = self.machine.instructions
            taken = self.machine.vectors.total()
            try:
                self.machine.step()
            except Checkstop:
                return "failed"
            self.in_a_row = self.in_a_row + self.machine.vectors.total() - taken
            if self.machine.instructions > before:
                self.in_a_row = waited = 0
            if self.in_a_row > MOST_INTERRUPTS:
                return "failed"
            waited += 1
            if waited > LONGEST_WAIT:
                return "waits for nothing"
        return "reset" if self.machine.reset else ""

    def read(self, name: str) -> int:
        return self.machine.read_register(name)

    def write(self, name: str, value: int) -> None:
        self.machine.write_register(name, value)

    def entry(self, index: int) -> tuple[int, int, int, int]:
        return self.machine.read_entry(index)

    def set_entry(self, index: int, w0: int, w1: int, w2: int, tid: int) -> None:
        self.machine.write_entry(index, w0, w1, w2, tid)

    def load(self, physical: int, count: int) -> bytes:
        return self.machine.read_physical(physical, count)

    def store(self, physical: int, data: bytes) -> None:
        self.machine.write_physical(physical, data)

    def lines(self, *, external: bool = False, critical: bool = False) -> None:
        self.machine.lines.external, self.machine.lines.critical = external, critical

    def external_at(self, ticks: int) -> None:
        self.machine.external_at = ticks

    def diagnostics(self) -> dict[str, int]:
        return {name: count for name, count in self.machine.diagnostics.items() if count}

    def micro_misses(self) -> tuple[int, int]:
        return self.machine.mmu.micro_misses["inst"], self.machine.mmu.micro_misses["data"]

    def unanswered(self) -> int:
        return self.machine.unanswered

    def vectors(self) -> list[int]:
        return [self.machine.vectors[vector] for vector in range(16)]

    def hidden(self) -> dict[str, int]:
        return {"reservation": int(self.machine.r.reservation), "reset": self.machine.reset}


class Compiled:
    def __init__(
        self, ram: int, *, translate_after: int = 30, latencies: Mapping[str, int] | None = None, **shape: Unpack[Shape]
    ) -> None:
        self.tlb, self.memory, self.bus, self.core = TLB(shape["entries"]), Memory(ram), Bus(), ExecutingCore()
        self.uic = InterruptController()
        self.bus.map_dcr(self.uic, UIC_DCR, 9)
        self.bus.connect_controller(self.uic)
        costs: dict[str, int] = defaultdict(int, guest_cpi=1000, interrupt_latency=1000 * shape["interrupt_ticks"])
        costs.update(latencies or {})
        self.core.connect(
            self.tlb,
            Costs(costs),
            self.memory,
            self.bus,
            micro_inst=shape["micro_inst"],
            micro_data=shape["micro_data"],
            faithful=shape["faithful"],
            mcheck_critical=shape.get("machine_check_critical", False),
            translate_after=translate_after,
        )
        both = 1 << 31 - EXTERNAL_IRQ | 1 << 31 - CRITICAL_IRQ
        for register, value in (
            (UIC_ENABLE, both),
            (UIC_CRITICAL, 1 << 31 - CRITICAL_IRQ),
            (UIC_POLARITY, both),
            (UIC_TRIGGER, 0),
        ):
            assert self.bus.mtdcr(register, value)

    def step(self, count: int = 1) -> str:
        reason, payload = self.core.step(count)
        return {PAUSED: "", FAILED: "failed", END_OF_WORKLOAD: str(payload.get("reason"))}[reason]

    def read(self, name: str) -> int:
        return self.core.read_register(name)

    def write(self, name: str, value: int) -> None:
        self.core.write_register(name, value)

    def entry(self, index: int) -> tuple[int, int, int, int]:
        w0, w1, w2, tid = self.tlb.read(index)
        return w0, w1 & 0xFFFFFC0F, w2 & 0xFFBF, tid

    def set_entry(self, index: int, w0: int, w1: int, w2: int, tid: int) -> None:
        self.tlb.write_all(index, w0, w1, w2, tid)

    def load(self, physical: int, count: int) -> bytes:
        return self.core.read_physical(physical, count)

    def store(self, physical: int, data: bytes) -> None:
        self.core.write_physical(physical, data)

    def lines(self, *, external: bool = False, critical: bool = False) -> None:
        self.uic.line(EXTERNAL_IRQ, external)
        self.uic.line(CRITICAL_IRQ, critical)
        for irq, level in ((EXTERNAL_IRQ, external), (CRITICAL_IRQ, critical)):
            if not level:
                self.bus.mtdcr(UIC_STATUS, 1 << 31 - irq)

    def external_at(self, ticks: int) -> None:
        """A serial port receives a character then, and its interrupt is enabled."""
        uart = Uart16550(irq=EXTERNAL_IRQ, interval=1000 * ticks, input=b"x")
        self.bus.map(uart, UART, 8)
        uart.begin()
        assert self.bus.store(UART + 1, 1, 1)

    def diagnostics(self) -> dict[str, int]:
        counts = self.core.read_stats()["diagnostics"]
        return {name: count for name, count in zip(ExecutingCore.diagnostic_names(), counts, strict=True) if count}

    def micro_misses(self) -> tuple[int, int]:
        inst, data = self.core.read_stats()["micro_misses"]
        return inst, data

    def unanswered(self) -> int:
        return int(self.bus.save()["unanswered_pa"])

    def vectors(self) -> list[int]:
        return list(self.core.read_stats()["interrupts"])

    def hidden(self) -> dict[str, int]:
        state = self.core.save()
        return {"reservation": int(state["reservation"]), "reset": int(state["reset_kind"])}


KINDS: dict[str, type[Twin] | type[Compiled]] = {"twin": Twin, "compiled": Compiled}


def make(
    kind: str,
    *,
    ram: int = 1 << 20,
    entries: int = 64,
    micro_inst: int = 0,
    micro_data: int = 0,
    faithful: bool = False,
    interrupt_ticks: int = 0,
    machine_check_critical: bool = False,
) -> Machine440:
    """One of KINDS, at reset, with RAM at physical 0 and no entry in the TLB."""
    return KINDS[kind](
        ram,
        entries=entries,
        micro_inst=micro_inst,
        micro_data=micro_data,
        faithful=faithful,
        interrupt_ticks=interrupt_ticks,
        machine_check_critical=machine_check_critical,
    )
