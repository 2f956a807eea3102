# SPDX-License-Identifier: BSD-3-Clause
"""The interrupt controller."""

from __future__ import annotations

from cext.bus import Bus as BusPeer
from cext.uic import InterruptController
from simobjects.framework import param, responder
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.protocols import InterruptLine
from simobjects.stats import counter

REGISTERS = 9


class UIC(BusDevice):
    """The universal interrupt controller: 32 inputs to the core's external and critical input."""

    dcr: int = param(0xC0, "first of its nine device control registers", ge=0, le=1024 - REGISTERS)

    inputs = responder(InterruptLine, "interrupt requests, each with its device's number", many=True)

    raised = counter("interrupts that became pending", unit="interrupt")

    def make_peer(self) -> InterruptController:
        return InterruptController()

    def place(self, bus: BusPeer, peer: InterruptController, owner: Bus) -> None:  # type: ignore[override]
        bus.map_dcr(peer, self.dcr, REGISTERS)
        bus.connect_controller(peer)
