# SPDX-License-Identifier: BSD-3-Clause
"""The bus of devices."""

from __future__ import annotations

from typing import ClassVar

from cext.bus import Bus as Peer
from cext.bus import Device
from simobjects.framework import SimObject, param, requestor, responder
from simobjects.framework.peers import Peers
from simobjects.ppc440.protocols import BusSlot, DeviceAccess
from simobjects.stats import counter


class Bus(SimObject):
    """Devices by physical address, device control registers by number."""

    stop_on_unanswered: bool = param(
        False, "end the run when nothing answers at an address, instead of giving the program a machine check"
    )

    core_side = responder(DeviceAccess, "the core's accesses outside of RAM")
    devices = responder(BusSlot, "the devices", many=True)

    reads = counter("loads from devices", unit="access")
    writes = counter("stores to devices", unit="access")
    dcr_reads = counter("device control registers read", unit="access")
    dcr_writes = counter("device control registers written", unit="access")
    unanswered = counter("loads and stores that nothing answered", unit="access")

    def make_peer(self) -> Peer:
        return Peer(stop_on_unanswered=self.stop_on_unanswered)

    def wire(self, peers: Peers) -> None:
        bus = peers[self]
        for end in self.devices.others:
            device = end.owner
            assert isinstance(device, BusDevice)
            device.place(bus, peers[device], self)


class BusDevice(SimObject):
    """A device on a bus."""

    registers: ClassVar[int] = 0
    """Bytes of physical addresses that it takes, 0: none."""

    bus = requestor(BusSlot, "where it is connected", required=True)

    def place(self, bus: Peer, peer: Device, owner: Bus) -> None:
        """Put the running half at its addresses on the running bus."""
        raise NotImplementedError
