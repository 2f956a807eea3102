# SPDX-License-Identifier: BSD-3-Clause
"""The ring by itself predicts the machine, miss by miss: a repeated program under E4 and E6, and a host in between.

What the ring leaves out (time, exits, guest entries, costs) decides nothing once the guest's own TLB is filled.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects import VMM, HostKernel, Simulation, Workload
from simobjects.boards import stream_machine
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import param
from simobjects.isa.arch import W0
from simobjects.kvm.ring import Ring

FIRST = 0x10000
ROUNDS = 400
SLOTS = 11
"""Of a hardware TLB with 12 entries: one is pinned."""
Event = tuple[Literal["nothing", "touch", "away"], int]


class Repeated(Workload):
    """Instructions fetched from pages of a cycle, over and over."""

    cycle: str = param(description="the pages, with commas between them")

    def make_peer(self) -> TraceStream:
        pages = FIRST + np.array([int(page) for page in self.cycle.split(",")] * ROUNDS, dtype=np.uint32)
        none = np.zeros(len(pages), np.uint32)
        return TraceStream(pages, none, none.astype(np.uint8), none.astype(np.uint16), np.ones(len(pages), np.uint32))


class Machine:
    """The cycle as a guest, past its real misses."""

    def __init__(self, cycle: list[int], scheme: str) -> None:
        host = HostKernel(scheme=scheme, hz="1Hz", interrupt_pages=0, vmm=VMM(signal_every=0))
        system = stream_machine(Repeated(cycle=",".join(map(str, cycle))), host, entries=SLOTS + 1, guest_entries=64)
        self.length = len(cycle)
        self.simulation = Simulation(system)
        self.host, self.tlb = self.simulation.peers[system.host], self.simulation.peers[system.tlb]
        self.probe = HostProbe(self.host)
        self.strange = 0x5000_0000
        while self.round()[0]:
            pass

    def round(self) -> tuple[int, int]:
        """Once through the cycle: its real misses and its virt misses."""
        names = ("system.host.real_misses", "system.host.virt_misses")
        real, virt = (self.simulation.stats.count(name) for name in names)
        self.simulation.run_all(references=self.length)
        real_after, virt_after = (self.simulation.stats.count(name) for name in names)
        return real_after - real, virt_after - virt

    def touch(self, count: int) -> None:
        """The host misses on so many pages of nobody's."""
        for _ in range(count):
            self.probe.touch(7, self.strange)
            self.strange += 4096

    def away(self, count: int) -> None:
        self.probe.put()
        self.touch(count)
        self.probe.load()

    def ring(self) -> Ring:
        """What the machine's TLB holds now, seen from its hand."""
        ring = Ring(SLOTS)
        first = self.host.vcpu()["host_index"] + 1
        for slot in range(first, first + SLOTS):
            word0 = self.tlb.read(slot % SLOTS)[0]
            if word0 & W0.VALID and word0 & W0.TS:
                ring.use((word0 >> 12) - FIRST)
            else:
                ring.take(1)
        return ring


events = st.tuples(st.sampled_from(("nothing", "touch", "away")), st.integers(0, SLOTS))
cycles = st.lists(st.integers(0, 15), min_size=1, max_size=40) | st.integers(SLOTS, 16).map(lambda n: [*range(n)])


@settings(max_examples=40, deadline=None)
@given(cycles, st.sampled_from(("e4", "e6")), st.lists(events, max_size=8))
def test_the_ring_predicts_every_round_of_the_machine(cycle: list[int], scheme: str, played: list[Event]) -> None:
    machine = Machine(cycle, scheme)
    ring = machine.ring()
    for kind, count in [*played, ("nothing", 0)]:
        if kind == "touch":
            machine.touch(count)
            ring.take(count)
        elif kind == "away":
            machine.away(count)
            if scheme == "e4":
                ring.clear()
                ring.take(count)
            else:
                ring.skip(count)
        for _ in range(3):
            assert machine.round() == (0, ring.round(cycle))
