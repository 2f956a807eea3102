# SPDX-License-Identifier: BSD-3-Clause
"""What a core passes over is what it would have done: the fast and the plain path leave the same machine.

Every statistic and every byte of the state is compared, at stops and at the end, whatever the slices were in between.
A case that fails is made again from its mode and number.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.helpers.random_machines import KVM, Drawn, draw
from tests.helpers.real_machine import RealMachine

CASES = 36
"""Of each mode: 15 modes, so more than 500."""


def parts(machine: RealMachine) -> dict[str, Any]:
    """Every peer that has state."""
    host = {} if machine.host is None else {"guest tlb": machine.guest_tlb, "host": machine.host}
    return {"core": machine.core, "guest": machine.guest, **host, "tlb": machine.tlb}


def build(case: Drawn, *, fast: bool, shift: int) -> RealMachine:
    return RealMachine(case.params, case.streams, case.vmm, case.tasks, fast=fast, shift=shift)


def differing(some: RealMachine, other: RealMachine) -> list[str]:
    """Names of the state in which two machines differ: all that a checkpoint holds."""
    found = []
    for (name, first), second in zip(parts(some).items(), parts(other).values(), strict=True):
        one, two = first.save(), second.save()
        assert one.keys() == two.keys()
        found += [f"state of the {name}: {key}" for key in one if one[key] != two[key]]
    return found


def advance(machine: RealMachine, stop: int | None, random: Random) -> str:
    """Go on for so many references, in two slices: where they meet leaves no trace."""
    first = random.randint(0, stop or 500)
    reason = machine.run(first)
    if reason != "limit":
        return reason
    return machine.run(None if stop is None else stop - first)


@pytest.mark.parametrize("mode", ("native", *KVM))
def test_the_fast_path_leaves_the_same_machine_as_the_plain_one(mode: str) -> None:
    references = 0
    for number in range(CASES):
        random = Random(f"{mode} {number}")
        case = draw(mode, random)
        fast, plain = build(case, fast=True, shift=random.choice((1, 1, 2, 4))), build(case, fast=False, shift=4)
        for stop in (*case.stops, None):
            assert advance(fast, stop, random) == plain.run(stop), f"case {number}"
            assert fast.stats() == plain.stats(), f"case {number}"
        assert differing(fast, plain) == [], f"case {number}"
        references += int(plain.stats()["core"]["references"])
    assert references > 1000 * CASES
