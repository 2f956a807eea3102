# SPDX-License-Identifier: BSD-3-Clause
"""What a device tree says of a machine, gathered from its objects."""

from __future__ import annotations

from simobjects.framework import System
from simobjects.ppc440.bus import Bus
from simobjects.ppc440.core import Core440
from simobjects.ppc440.uart import UART16550
from simobjects.ppc440.uic import UIC
from simobjects.programs.device_tree import MachineFacts, SerialPort


def board_facts(
    core: Core440, system: System, memory: int, bootargs: str, initrd: tuple[int, int] | None
) -> MachineFacts:
    """The facts of the machine that `core` is in, as its program sees it."""
    bus = core.devices.other
    devices = [end.owner for end in bus.devices.others] if isinstance(bus, Bus) else []
    serial = [SerialPort(int(each.address), each.irq) for each in devices if isinstance(each, UART16550)]
    controllers = [each.dcr for each in devices if isinstance(each, UIC)]
    return MachineFacts(
        memory=memory,
        clock=int(system.clock),
        timebase=int(system.clock) // core.timebase_ratio,
        serial=sorted(serial, key=lambda port: port.address),
        controller_dcr=controllers[0] if controllers else None,
        bootargs=bootargs,
        initrd=initrd,
    )
