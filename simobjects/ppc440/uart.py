# SPDX-License-Identifier: BSD-3-Clause
"""The serial port, and where its characters go to and come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from simobjects.cext.board.bus import Bus as BusPeer
from simobjects.cext.board.uart import Uart16550
from simobjects.framework import Address, Cycles, Problem, param, requestor
from simobjects.framework.peers import Peers
from simobjects.framework.roles import Outlet
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.protocols import InterruptLine
from simobjects.ppc440.terminal import Console, Keyboard
from simobjects.ppc440.tree_node import CONTROLLER, BoardTree
from simobjects.stats import counter

BAUD_CLOCK = 11_059_200
"""Hertz of the crystal that the baud rate is divided from."""


class SerialPort(Uart16550, Outlet):
    """The running UART with its outside: it is drained after every slice of a run."""

    console: Console
    keyboard: Keyboard | None = None

    def drain(self, terminal: Callable[[str], object]) -> None:
        """Pass on what was sent, fetch what was typed; `terminal` prints to the person at it."""
        sent = self.take()
        if sent:
            self.console.write(sent, terminal)
        if self.keyboard is not None:
            self.feed(self.keyboard.read())


class UART16550(BusDevice):
    """A 16550 serial port, its registers a byte apart.

    `console`: `terminal` (what runs the simulation prints it), `none` (kept only), or the path of a file; the run
    directory gets it in any case. `input_from`: `terminal`, or the path of a file; else `input` is what comes in.
    """

    registers: ClassVar[int] = 8

    address: Address = param(0xEF60_0300, "of its first register", le=(1 << 36) - 8)
    irq: int = param(0, "number of its interrupt", ge=0, le=31)
    console: str = param("terminal", "where the output goes", identity=False, min_length=1)
    input: str = param("", "text that comes in")
    input_from: str = param("", "`terminal`, or the path of a file with the input", identity=False)
    input_after: str = param("", "the input begins when this text has been sent")
    input_interval: Cycles = param(35_000, "between received characters; 115200 baud at 400 MHz", ge=0, le=10**12)

    interrupt = requestor(InterruptLine, "its interrupt request")

    sent = counter("characters sent", unit="character")
    received = counter("characters received", unit="character")
    interrupts = counter("interrupt requests", unit="interrupt")

    def check(self) -> Iterable[Problem]:
        if self.input and self.input_from:
            self.problem("input", self.input, "either input or input_from", "remove one of the two")
        if self.input_from not in ("", "terminal") and not Path(self.input_from).is_file():
            self.problem("input_from", self.input_from, "'terminal', or an existing file", "correct the path")
        if self.console not in ("none", "terminal") and not Path(self.console).absolute().parent.is_dir():
            self.problem("console", self.console, "'terminal', 'none', or a file in an existing folder", "make it")
        controller = self.interrupt.other
        if isinstance(controller, BusDevice) and controller.bus.other is not self.bus.other:
            expected = f"a controller on its own bus; {controller.path} is on another"
            self.problem("interrupt", controller, expected, "connect both to one bus")
        return ()

    def span(self) -> tuple[int, int]:
        return int(self.address), self.registers

    def interrupt_number(self) -> int:
        return self.irq

    def write_node(self, tree: BoardTree) -> None:
        address = int(self.address)
        name = f"serial@{address:x}"
        tree.console = tree.console or f"/plb/{name}"
        node = tree.bus.child(name)
        node.set("device_type", "serial")
        node.set("compatible", "ns16550")
        node.set("reg", address >> 32, address & 0xFFFFFFFF, self.registers)
        node.set("virtual-reg", address & 0xFFFFFFFF)
        node.set("clock-frequency", BAUD_CLOCK)
        node.set("current-speed", 115_200)
        if tree.has_controller:
            node.set("interrupt-parent", CONTROLLER)
            node.set("interrupts", self.irq, 4)  # level, active high

    def identity(self) -> Mapping[str, Any]:
        """What an input file holds names the run, not where it lies."""
        if self.input_from in ("", "terminal"):
            return {}
        return {"input": hashlib.sha256(Path(self.input_from).read_bytes()).hexdigest()}

    def make_peer(self) -> SerialPort:
        typed = self.input_from == "terminal"
        text = Path(self.input_from).read_bytes() if self.input_from and not typed else self.input.encode()
        irq = self.irq if self.interrupt.others else -1
        peer = SerialPort(irq, int(self.input_interval) * 1000, text, self.input_after.encode())
        peer.console = Console.to(self.console)
        peer.keyboard = Keyboard() if typed else None
        return peer

    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """All that was sent."""
        sent = peers[self].sent_bytes
        return {"txt": sent} if sent else {}

    def place(self, bus: BusPeer, peer: SerialPort, owner: Bus) -> None:  # type: ignore[override]
        bus.map(peer, *self.span())
        peer.begin()
