# SPDX-License-Identifier: BSD-3-Clause
"""A bare 440 board out of kernels alone: core, TLB, RAM, serial port, interrupt controller. No SimObjects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.memory import Memory
from simobjects.cext.board.uart import Uart16550
from simobjects.cext.board.uic import InterruptController
from simobjects.cext.core.costs import Costs
from simobjects.cext.core.tlb import TLB
from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.isa.arch import SUPERVISOR, entry
from simobjects.ppc440.costs import CostModel

PT_LOAD = 1
MEMORY_AT_0 = entry(0, 0, 256 << 20, SUPERVISOR)


def costs(**changes: Any) -> Costs:
    """The default cost model, or one with other numbers."""
    return CostModel(**changes).make_peer()


FREE = {
    "interrupt_latency": 0,
    "rfi_latency": 0,
    "tlbwe_latency": 0,
    "spr_latency": 0,
    "device_latency": 0,
    "micro_miss": 0,
}


class BareBoard:
    """RAM at 0, UART at 0xEF600300 (irq 0), the interrupt controller at DCR 0xC0; entry 0 maps 256 MiB at 0."""

    def __init__(
        self, memory: int = 32 << 20, entries: int = 64, *, cost: dict[str, Any] | None = None, **core: Any
    ) -> None:
        self.tlb = TLB(entries)
        self.memory = Memory(memory)
        self.bus = Bus()
        self.uart = Uart16550()
        self.uic = InterruptController()
        self.bus.map(self.uart, 0xEF600300, 8)
        self.bus.map_dcr(self.uic, 0xC0, 9)
        self.bus.connect_controller(self.uic)
        self.core = ExecutingCore()
        self.core.connect(self.tlb, costs(**(FREE if cost is None else cost)), self.memory, self.bus, **core)
        self.tlb.write_all(0, *MEMORY_AT_0)
        self.tlb.forget_counts()

    def load_elf(self, path: Path) -> None:
        """Load segments at their physical addresses and start at the entry point."""
        data = path.read_bytes()
        assert data[:6] == b"\x7fELF\x01\x02", path

        def word(at: int) -> int:
            return int.from_bytes(data[at : at + 4], "big")

        def half(at: int) -> int:
            return int.from_bytes(data[at : at + 2], "big")

        entry, table, size, count = word(24), word(28), half(42), half(44)
        for i in range(count):
            at = table + i * size
            if word(at) == PT_LOAD:
                self.memory.write(word(at + 12), data[word(at + 4) : word(at + 4) + word(at + 16)])
        self.core.write_register("pc", entry)

    def load_words(self, address: int, *words: int) -> None:
        """Instructions or data, one word after the other."""
        self.memory.write(address, b"".join(w.to_bytes(4, "big") for w in words))

    def output(self) -> str:
        """What the program printed."""
        return self.uart.sent_bytes.decode("latin-1")
