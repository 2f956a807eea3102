# SPDX-License-Identifier: BSD-3-Clause
"""The bus of devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from simobjects.cext.board.bus import Bus as Peer
from simobjects.cext.board.bus import Device
from simobjects.framework import Problem, SimObject, hook, param, requestor, responder
from simobjects.framework.peers import Peers
from simobjects.framework.roles import Saved
from simobjects.ppc440.protocols import BusSlot, DeviceAccess
from simobjects.ppc440.tree_node import BoardTree
from simobjects.stats import counter

Saved.register(Peer)
Saved.register(Device)

MOST_DEVICES = 32
"""As many places as the running bus has."""


class Bus(SimObject):
    """Devices by physical address, device control registers by number.

    At most 32 devices, whose addresses and registers are apart; else it is a problem of the configuration that names
    both. What nothing answers is a machine check for the program, or the end of the run (`stop_on_unanswered`).
    """

    kind: ClassVar[str] = "board"

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

    def check(self) -> Iterable[Problem]:
        found = [end.owner for end in self.devices.others]
        devices = [each for each in found if isinstance(each, BusDevice)]
        if len(devices) > MOST_DEVICES:
            self.problem("devices", len(devices), f"at most {MOST_DEVICES} devices", "remove some")
        _check_apart(devices, "address", "physical addresses", [each.span() for each in devices])
        _check_apart(devices, "dcr", "device control registers", [each.dcr_span() for each in devices])
        return ()

    def make_peer(self) -> Peer:
        return Peer(stop_on_unanswered=self.stop_on_unanswered)

    def wire(self, peers: Peers) -> None:
        bus = peers[self]
        for end in self.devices.others:
            device = end.owner
            assert isinstance(device, BusDevice)
            device.place(bus, peers[device], self)


class BusDevice(SimObject):
    """A device on a bus.

    A device of your own derives from it: parameters, `span` or `dcr_span`, a peer derived from
    `simobjects.cext.board.bus.Device` in `make_peer`, and `place`, which maps the peer.
    """

    kind: ClassVar[str] = "board"

    registers: ClassVar[int] = 0
    """Bytes of physical addresses that it takes, 0: none."""

    bus = requestor(BusSlot, "where it is connected", required=True)

    @hook
    def span(self) -> tuple[int, int]:
        """First physical address (36 bits) and number of bytes that it takes; (0, 0): none."""
        return 0, 0

    @hook
    def interrupt_number(self) -> int | None:
        """The number of its interrupt, its parameter `irq`; None: it has none."""
        return None

    @hook
    def dcr_span(self) -> tuple[int, int]:
        """First number (0 to 1023) and how many device control registers it takes; (0, 0): none."""
        return 0, 0

    @hook
    def write_node(self, tree: BoardTree) -> None:
        """Put what a program should know of the device into a device tree that is made; nothing unless overridden.

        Devices do so in the order of their physical addresses, those without one first.
        """

    @hook
    def place(self, bus: Peer, peer: Device, owner: Bus) -> None:
        """Put the running half at its addresses on the running bus.

        Args:
            bus: the running bus: `bus.map(peer, address, bytes)`, `bus.map_dcr(peer, first, count)`.
            peer: the running half of this device.
            owner: the bus as the script has it.
        """
        raise NotImplementedError


def _check_apart(devices: Iterable[BusDevice], name: str, what: str, spans: Iterable[tuple[int, int]]) -> None:
    """Problems of devices that take what another one has already."""
    placed: list[tuple[BusDevice, int, int]] = []
    for device, (first, size) in zip(devices, spans, strict=True):
        for other, begin, end in placed if size else ():
            if first < end and begin < first + size:
                expected = f"{what} of its own; {other.path} has {begin:#x} to {end - 1:#x}"
                device.problem(name, f"{first:#x}", expected, "move one of the two")
                break
        if size:
            placed.append((device, first, first + size))
