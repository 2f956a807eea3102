# SPDX-License-Identifier: BSD-3-Clause
"""The device through which a guest tells the simulator things."""

from __future__ import annotations

from collections.abc import Mapping

from simobjects.cext.board.bus import Bus as BusPeer
from simobjects.cext.board.marker import Marker
from simobjects.framework import Address, param
from simobjects.framework.peers import Peers
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.uart import UART16550
from simobjects.stats import counter

PAGE = 4096


class MarkerDevice(BusDevice):
    """A page of MMIO: a word stored at offset 0 begins a window of the statistics, at 4 ends it, at 0x10 ends the run.

    A word stored at any other offset is recorded. Loads give 0. Windows do not nest; a store that is no aligned word
    is refused, counted, and the first of a run is reported. Where a UART lies in the page the markers end before it.
    """

    address: Address = param(0xEF60_0000, "of the page", multiple_of=PAGE, le=(1 << 36) - PAGE)

    windows = counter("windows begun", unit="window")
    values = counter("values recorded", unit="value")
    refused = counter("stores that mean nothing: a window within a window, an end without one, no word", unit="store")

    def make_peer(self) -> Marker:
        return Marker()

    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """The recorded values, in order."""
        lines = [f"0x{offset:x},{value}\n" for offset, value in peers[self].log()]
        return {"values.csv": "".join(["offset,value\n", *lines]).encode()} if lines else {}

    def span(self) -> tuple[int, int]:
        """The page, or its part below a UART that lies in it."""
        begin, owner = int(self.address), self.bus.other
        ends = owner.devices.others if isinstance(owner, Bus) else []
        others = [int(end.owner.address) for end in ends if isinstance(end.owner, UART16550)]
        above = [address for address in others if begin < address < begin + PAGE]
        return begin, min(above, default=begin + PAGE) - begin

    def place(self, bus: BusPeer, peer: Marker, owner: Bus) -> None:  # type: ignore[override]
        bus.map(peer, *self.span())
