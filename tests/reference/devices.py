# SPDX-License-Identifier: BSD-3-Clause
"""The devices of docs/core.md as plainly as they can be written: twins of interrupt controller, UART and markers."""

from __future__ import annotations

from dataclasses import dataclass, field

WORD = 0xFFFFFFFF


def bit(irq: int) -> int:
    """Interrupt 0 is the most significant bit."""
    return 1 << (31 - irq)


@dataclass
class InterruptController:
    """Status is a latch: set by an edge, or while a level lasts; cleared by writing ones.

    Not `latched`, a level input takes its status away when its line goes to the other level.
    """

    latched: bool = True
    levels: list[bool] = field(default_factory=lambda: [False] * 32)
    registers: dict[str, int] = field(
        default_factory=lambda: {"SR": 0, "ER": 0, "CR": 0, "PR": WORD, "TR": 0, "VCR": 0}
    )

    NAMES = ("SR", "SRS", "ER", "CR", "PR", "TR", "MSR", "VR", "VCR")

    def asserted(self, irq: int) -> bool:
        return self.levels[irq] == bool(self.registers["PR"] & bit(irq))

    def latch(self, before: list[bool]) -> None:
        for irq in range(32):
            edge = bool(self.registers["TR"] & bit(irq))
            if self.asserted(irq) and not (edge and before[irq]):
                self.registers["SR"] |= bit(irq)

    def now(self) -> list[bool]:
        return [self.asserted(irq) for irq in range(32)]

    def line(self, irq: int, level: bool) -> None:
        before = self.now()
        self.levels[irq] = level
        if not self.latched and not self.registers["TR"] & bit(irq) and not self.asserted(irq):
            self.registers["SR"] &= ~bit(irq)
        self.latch(before)

    def read(self, offset: int) -> int | None:
        if not 0 <= offset < 9:
            return None
        name = self.NAMES[offset]
        if name == "SRS":
            return self.registers["SR"]
        if name == "MSR":
            return self.pending()
        if name == "VR":
            return self.vector()
        return self.registers[name]

    def write(self, offset: int, value: int) -> None:
        name = self.NAMES[offset]
        before = self.now()
        if name == "SR":
            self.registers["SR"] &= ~value
        elif name == "SRS":
            self.registers["SR"] |= value
        elif name == "VCR":
            self.registers["VCR"] = value & ~2 & WORD
        elif name not in ("MSR", "VR"):
            self.registers[name] = value
            if name == "PR":
                before = self.now()
        self.latch(before)

    def pending(self) -> int:
        return self.registers["SR"] & self.registers["ER"]

    def vector(self) -> int:
        urgent = self.pending() & self.registers["CR"]
        order = range(32) if self.registers["VCR"] & 1 else range(31, -1, -1)
        for place, irq in enumerate(order):
            if urgent & bit(irq):
                return ((self.registers["VCR"] & ~3) + 512 * place) & WORD
        return 0

    @property
    def lines(self) -> tuple[bool, bool]:
        return (bool(self.pending() & ~self.registers["CR"]), bool(self.pending() & self.registers["CR"]))


@dataclass
class Uart:
    """A 16550 whose characters are sent at once; received ones come when the test says so."""

    output: bytearray = field(default_factory=bytearray)
    fifo: list[int] = field(default_factory=list)
    registers: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("IER", "FCR", "LCR", "MCR", "SCR", "DLL", "DLM"), 0)
    )
    empty_pending: bool = False

    @property
    def capacity(self) -> int:
        return 16 if self.registers["FCR"] & 1 else 1

    @property
    def cause(self) -> int:
        if self.registers["IER"] & 1 and self.fifo:
            return 4
        return 2 if self.registers["IER"] & 2 and self.empty_pending else 1

    @property
    def interrupting(self) -> bool:
        return self.cause != 1

    def arrive(self, value: int) -> bool:
        """A character comes in; False when there is no room."""
        if len(self.fifo) < self.capacity:
            self.fifo.append(value)
            return True
        return False

    def read(self, offset: int) -> int:
        divisor = bool(self.registers["LCR"] & 0x80)
        if offset == 0:
            return self.registers["DLL"] if divisor else self.fifo.pop(0) if self.fifo else 0
        if offset == 1:
            return self.registers["DLM" if divisor else "IER"]
        if offset == 2:
            cause = self.cause
            if cause == 2:
                self.empty_pending = False
            return cause | (0xC0 if self.registers["FCR"] & 1 else 0)
        if offset == 5:
            return 0x61 if self.fifo else 0x60
        if offset == 6:
            return self.modem()
        return self.registers[{3: "LCR", 4: "MCR", 7: "SCR"}[offset]]

    def modem(self) -> int:
        control = self.registers["MCR"]
        if not control & 0x10:
            return 0xB0
        wires = {0x01: 0x20, 0x02: 0x10, 0x04: 0x40, 0x08: 0x80}
        return sum(seen for driven, seen in wires.items() if control & driven)

    def write(self, offset: int, value: int) -> None:
        divisor = bool(self.registers["LCR"] & 0x80)
        if offset == 0 and not divisor:
            self.send(value)
        elif offset == 1 and not divisor:
            self.empty_pending |= bool(value & 2 and not self.registers["IER"] & 2)
            self.registers["IER"] = value & 0xF
        elif offset == 2:
            switched = (value ^ self.registers["FCR"]) & 1
            if switched or value & 3 == 3:
                self.fifo.clear()
            self.registers["FCR"] = value & 0xC9
        elif offset in (0, 1):
            self.registers["DLM" if offset else "DLL"] = value
        elif offset in (3, 4, 7):
            self.registers[{3: "LCR", 4: "MCR", 7: "SCR"}[offset]] = value & 0x1F if offset == 4 else value

    def send(self, value: int) -> None:
        if self.registers["MCR"] & 0x10:
            self.arrive(value)
        else:
            self.output.append(value)
        self.empty_pending = True


@dataclass
class Marker:
    """What word stores to the marker page mean."""

    open: bool = False
    windows: int = 0
    refused: int = 0
    recorded: list[tuple[int, int]] = field(default_factory=list)

    def store(self, offset: int, value: int, size: int) -> str | None:
        """The request that it makes of the run: begin, end, finish, refused or None."""
        wrong = size != 4 or offset % 4 or (offset == 0 and self.open) or (offset == 4 and not self.open)
        if wrong:
            self.refused += 1
            return "refused" if self.refused == 1 else None
        if offset in (0, 4):
            self.open = offset == 0
            self.windows += self.open
            return "begin" if self.open else "end"
        if offset == 0x10:
            return "finish"
        self.recorded.append((offset, value))
        return None
