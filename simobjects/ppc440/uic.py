# SPDX-License-Identifier: BSD-3-Clause
"""The interrupt controller."""

from __future__ import annotations

from collections.abc import Iterable

from simobjects.cext.board.bus import Bus as BusPeer
from simobjects.cext.board.uic import InterruptController
from simobjects.framework import Problem, param, responder
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.protocols import InterruptLine
from simobjects.ppc440.tree_node import CONTROLLER, BoardTree
from simobjects.stats import counter

REGISTERS = 9


class UIC(BusDevice):
    """The universal interrupt controller: 32 inputs to the core's external and critical input."""

    dcr: int = param(0xC0, "first of its nine device control registers", ge=0, le=1024 - REGISTERS)

    latched: bool = param(
        True, "a level input's status stays until the program clears it, as on hardware; else it goes with its line"
    )

    inputs = responder(InterruptLine, "interrupt requests, each with its device's number", many=True)

    raised = counter("interrupts that became pending", unit="interrupt")

    def check(self) -> Iterable[Problem]:
        lines: dict[int, str] = {}
        for end in self.inputs.others:
            number = end.owner.interrupt_number() if isinstance(end.owner, BusDevice) else None
            if number in lines:
                expected = f"an interrupt of its own; {lines[number]} has number {number} of {self.path}"
                end.owner.problem("irq", number, expected, "choose another number")
            elif number is not None:
                lines[number] = end.owner.path
        bus = self.bus.other
        others = [end.owner for end in bus.devices.others if isinstance(end.owner, UIC)] if isinstance(bus, Bus) else []
        if others and others[0] is not self:
            expected = f"one interrupt controller on a bus; {others[0].path} is there"
            self.problem("bus", bus, expected, "remove one of the two")
        return ()

    def dcr_span(self) -> tuple[int, int]:
        return self.dcr, REGISTERS

    def write_node(self, tree: BoardTree) -> None:
        node = tree.root.child("interrupt-controller0")
        node.set("compatible", "ibm,uic")
        node.set("interrupt-controller")
        node.set("cell-index", 0)
        node.set("dcr-reg", self.dcr, REGISTERS)
        node.set("#address-cells", 0)
        node.set("#size-cells", 0)
        node.set("#interrupt-cells", 2)
        node.set("phandle", CONTROLLER)
        tree.has_controller = True

    def make_peer(self) -> InterruptController:
        return InterruptController(latched=self.latched)

    def place(self, bus: BusPeer, peer: InterruptController, owner: Bus) -> None:  # type: ignore[override]
        bus.map_dcr(peer, self.dcr, REGISTERS)
        bus.connect_controller(peer)
