# SPDX-License-Identifier: BSD-3-Clause
"""Boards: memory and devices as a program expects them."""

from __future__ import annotations

from typing import ClassVar

from simobjects.framework import SimObject, child
from simobjects.ppc440.bus import Bus
from simobjects.ppc440.marker import MarkerDevice
from simobjects.ppc440.memory import Memory
from simobjects.ppc440.uart import UART16550
from simobjects.ppc440.uic import UIC


class Bamboo(SimObject):
    """What programs use of AMCC's Bamboo board (440EP): RAM, one interrupt controller, UARTs, and a marker page.

    Devices whose `bus` or `interrupt` the script has not connected are connected to the board's own. The marker page is
    no part of the board; `marker.address` moves it.
    """

    kind: ClassVar[str] = "board"

    ram: Memory = child(Memory, "the SDRAM")
    bus: Bus = child(Bus, "the on-chip buses")
    uic: UIC = child(UIC, "UIC0")
    uart0: UART16550 = child(UART16550, "UART0: the console")
    uart1: UART16550 | None = child(
        UART16550, "UART1; None: not there", optional=True, address=0xEF60_0400, irq=1, console="none"
    )
    marker: MarkerDevice = child(MarkerDevice, "no part of the board: marks windows of the statistics")

    def elaborate(self) -> None:
        uarts = [self.uart0] if self.uart1 is None else [self.uart0, self.uart1]
        for device in (self.uic, *uarts, self.marker):
            if device.bus.other is None:
                device.bus = self.bus.devices
        for uart in uarts:
            if uart.interrupt.other is None:
                uart.interrupt = self.uic.inputs
