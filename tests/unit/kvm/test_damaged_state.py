# SPDX-License-Identifier: BSD-3-Clause
"""What a checkpoint says of the shadows has to fit the machine that it comes back to."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from simobjects import EventKind, SyntheticWorkload
from simobjects.framework import Simulation
from tests.helpers.played_machine import Played, native_system, virtual_system

REF = struct.Struct("=qHBB4x")  # page, guest entry, writable, TID


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ((32769, 3, 1, 0), "scheme.refs: page 32769 of a guest that has 32769"),
        ((-2, 3, 1, 0), "scheme.refs: page -2 of a guest"),
        ((7, 64, 1, 0), "scheme.refs: guest entry 64 of a TLB that has 64"),
        ((7, 0xFFFF, 1, 0), "scheme.refs: guest entry 65535 of a TLB that has 64"),
    ],
)
def test_a_reference_that_cannot_be(reference: tuple[int, int, int, int], message: str) -> None:
    machine = Played("e4")
    state: dict[str, Any] = machine.host.save()
    refs = bytearray(state["scheme.refs"])
    REF.pack_into(refs, 5 * REF.size, *reference)
    with pytest.raises(ValueError, match=message):
        machine.host.restore({**state, "scheme.refs": bytes(refs)})


def test_references_come_back_to_their_guest_entries() -> None:
    machine = Played("e4")
    for index in (2, 3):
        machine.refill(index, 0x1000_0000 + index * 0x1000, 0x20_0000 + index * 0x1000)
    held = machine.pages_held()
    state, other = machine.host.save(), Played("e4")
    other.host.restore(state)
    other.scheme.teardown()
    assert other.pages_held() == 0
    assert held == 2


def test_a_guest_event_that_lies_behind_the_guest() -> None:
    """From far enough behind, the guest would take event after event and execute nothing."""
    system = virtual_system(guest={"timer_every": 500}, workload=SyntheticWorkload(records=100))
    sim = Simulation(system)
    for _ in sim.run(references=4_000):
        pass
    guest = sim.peers[system.guest]
    state = guest.save()
    due = struct.unpack(f"={len(state['due']) // 8}q", state["due"])
    behind = struct.pack(f"={len(due)}q", *(500 if place < 2**63 - 1 else place for place in due))
    guest.restore(state)
    guest.restored()
    guest.restore({**state, "due": behind})
    with pytest.raises(ValueError, match="due is 500, and the guest has executed [1-9][0-9]* instructions"):
        guest.restored()


@pytest.mark.parametrize("deadline", [1, 0, -(2**60)])
def test_a_host_tick_on_a_bare_machine(deadline: int) -> None:
    """Nobody takes it and moves the deadline on, so it would come again before every instruction."""
    sim = Simulation(native_system(workload=SyntheticWorkload(records=100)))
    core = sim.peers[sim.system.core]
    list(sim.run(references=10))
    core.restore({**core.save(), "deadline": deadline})
    (event,) = sim.run(references=50)
    assert (event.kind, event.reference) == (EventKind.REFERENCE_LIMIT, 60)
