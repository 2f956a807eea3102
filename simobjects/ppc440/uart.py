# SPDX-License-Identifier: BSD-3-Clause
"""The serial port, and where its characters go to and come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from simobjects.base.files import read_regular
from simobjects.base.text import as_typed
from simobjects.cext.board.bus import Bus as BusPeer
from simobjects.cext.board.expect import ExpectScript
from simobjects.cext.board.uart import Uart16550
from simobjects.console.keyboard import Keyboard
from simobjects.console.outputs import Console
from simobjects.console.script import Script, reporter
from simobjects.framework import Address, Cycles, Problem, Ref, System, param, ref, requestor
from simobjects.framework.peers import Peers
from simobjects.framework.roles import Outlet, Restored
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.protocols import InterruptLine
from simobjects.ppc440.tree_node import CONTROLLER, BoardTree
from simobjects.stats import counter

BAUD_CLOCK = 11_059_200
"""Hertz of the crystal that the baud rate is divided from."""


SHORTEST_SLEEP, LONGEST_SLEEP = 0.02, 0.2
"""Seconds of the host at a time while a guest waits: long enough to cost nothing, short enough for Ctrl-C."""


class SerialPort(Uart16550, Outlet, Restored):
    """The running UART with its outside: it is drained after every slice of a run."""

    console: Console
    keyboard: Keyboard | None = None
    pace = 1.0

    def drain(self, terminal: Callable[[str], object]) -> None:
        """Pass on what was sent, fetch what was typed; `terminal` prints to the person at it."""
        sent = self.take()
        if sent:
            self.console.write(sent, terminal)
        if self.keyboard is not None:
            self.feed(self.keyboard.read())
            self.listen(self.keyboard.open)

    @property
    def listens(self) -> bool:
        """Whether somebody may type here."""
        return self.keyboard is not None and self.keyboard.open

    def pause(self, seconds: float | None) -> float | None:
        """Sleep at the keyboard, as long as the guest waits or a little: the rest of its waiting is asked for again."""
        if self.keyboard is None or not self.keyboard.open:
            return None
        if self.pace == 0 and seconds is not None:
            return seconds
        longest = LONGEST_SLEEP if seconds is None else min(LONGEST_SLEEP, seconds * self.pace)
        passed = self.keyboard.wait(max(longest, SHORTEST_SLEEP))
        return passed / self.pace if self.pace else passed


class UART16550(BusDevice):
    """A 16550 serial port, its registers a byte apart.

    `console`: `terminal` (what runs the simulation prints it), `none` (kept only), or the path of a file; the run
    directory gets it in any case. What comes in is `input`, or that of a file, or typed at the terminal; or a `script`
    waits for what the guest prints and types the answers. A guest that waits while the terminal may be typed at sleeps
    on the host as well, for as long unless `pace` of the system says otherwise.
    """

    registers: ClassVar[int] = 8
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = dict.fromkeys(
        ("script", "input", "input_after", "input_interval", "identity"), "any"
    )

    address: Address = param(0xEF60_0300, "of its first register", le=(1 << 36) - 8)
    irq: int = param(0, "number of its interrupt", ge=0, le=31)
    console: str = param("terminal", "where the output goes", identity=False, min_length=1)
    input: str = param("", "text that comes in")
    input_from: str = param("", "`terminal`, or the path of a file with the input", identity=False)
    input_after: str = param("", "the input begins when this text has been sent")
    script: Script = param([], "steps of a session: what to wait for and what to type; in text the path of a file")
    input_interval: Cycles = param(35_000, "between received characters; 115200 baud at 400 MHz", ge=0, le=10**12)

    system: Ref[System] = ref("clock and pace")

    interrupt = requestor(InterruptLine, "its interrupt request")

    sent = counter("characters sent", unit="character")
    received = counter("characters received", unit="character")
    interrupts = counter("interrupt requests", unit="interrupt")

    def check(self) -> Iterable[Problem]:
        if self.input and self.input_from:
            self.problem("input", self.input, "either input or input_from", "remove one of the two")
        if self.script and (self.input or self.input_from not in ("", "terminal")):
            self.problem("script", self.script, "either a script or input", "type the input in a step of the script")
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
        return {"input": hashlib.sha256(read_regular(Path(self.input_from))).hexdigest()}

    def make_peer(self) -> SerialPort:
        irq = self.irq if self.interrupt.others else -1
        peer = SerialPort(irq, int(self.input_interval) * 1000, b"", self._played())
        peer.console = Console.to(self.console)
        peer.keyboard = Keyboard() if self.input_from == "terminal" else None
        peer.pace = 1.0 if self.system.pace is None else self.system.pace
        return peer

    def _played(self) -> ExpectScript:
        """All that comes in, as a script; the terminal, if it is typed at, goes on behind it."""
        typed = self.input_from == "terminal"
        if self.script:
            clock = int(self.system.clock)
            steps = [
                (as_typed(step.expect), as_typed(step.send), step.timeout * clock * 1000 // 10**12)
                for step in self.script
            ]
            report = reporter(self.path, self.script, clock)
            names = [step.name for step in self.script]
            return ExpectScript(steps, announced=True, ends=not typed, mark=_mark(steps), names=names, report=report)
        text = read_regular(Path(self.input_from)) if self.input_from and not typed else as_typed(self.input)
        if not text:
            return ExpectScript()
        only = [(as_typed(self.input_after), text, None)]
        return ExpectScript(only, mark=_mark(only))

    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """All that was sent."""
        sent = peers[self].sent_bytes
        return {"txt": sent} if sent else {}

    def place(self, bus: BusPeer, peer: SerialPort, owner: Bus) -> None:  # type: ignore[override]
        bus.map(peer, *self.span())
        peer.listen(peer.listens)
        peer.begin()


def _mark(steps: Sequence[tuple[bytes, bytes, int | None]]) -> bytes:
    """By which a checkpoint knows a script again."""
    return hashlib.sha256(repr(steps).encode()).digest()
