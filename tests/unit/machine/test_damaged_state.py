# SPDX-License-Identifier: BSD-3-Clause
"""What a checkpoint says of the shadows has to fit the machine that it comes back to."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.helpers.played_machine import Played

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
