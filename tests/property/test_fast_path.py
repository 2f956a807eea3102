# SPDX-License-Identifier: BSD-3-Clause
"""What a core passes over is what it would have done: the fast and the plain path leave the same machine.

Every statistic and every byte of the state is compared, at stops and at the end, whatever the slices were in between.
A case that fails is made again from its mode and number.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from simobjects import PythonScheme, RunningScheme
from simobjects.kvm.schemes import ShadowScheme
from tests.helpers.random_machines import KVM, Drawn, draw
from tests.helpers.real_machine import RealMachine

CASES = 36
"""Of each mode: 15 modes, so more than 500."""


def parts(machine: RealMachine) -> dict[str, Any]:
    """Every peer that has state."""
    host = {} if machine.host is None else {"guest tlb": machine.guest_tlb, "host": machine.host}
    return {"core": machine.core, "guest": machine.guest, **host, "tlb": machine.tlb}


def build(case: Drawn, *, fast: bool, shift: int = 4, scheme: ShadowScheme | None = None) -> RealMachine:
    made = RealMachine(
        case.params, case.streams, case.vmm, case.tasks, case.connect, fast=fast, shift=shift, scheme=scheme
    )
    if case.notes and made.host is not None:
        made.host.debug_enable(["exits", "maps", "schedule"], 0, -1)
    return made


def differing(some: RealMachine, other: RealMachine, without: str = "") -> list[str]:
    """Names of the state in which two machines differ: all that a checkpoint holds, `without` one part."""
    found = []
    for (name, first), second in zip(parts(some).items(), parts(other).values(), strict=True):
        if name == without:
            continue
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
        fast, plain = build(case, fast=True, shift=random.choice((1, 1, 2, 4))), build(case, fast=False)
        for stop in (*case.stops, None):
            assert advance(fast, stop, random) == plain.run(stop), f"case {number}"
            assert fast.stats() == plain.stats(), f"case {number}"
            if case.notes and fast.host is not None and plain.host is not None:
                assert fast.host.debug_drain() == plain.host.debug_drain(), f"case {number}"
        assert differing(fast, plain) == [], f"case {number}"
        references += int(plain.stats()["core"]["references"])
    assert references > 1000 * CASES


class Listening(RunningScheme):
    """E4, with an answer of its own at each guest entry and for each choice of a slot."""

    def choose(self, index: int, ea: int) -> int:
        return (self.next_slot() + index) % (self.last + 1)

    def on_enter(self) -> None:
        self.charge(3)


class Choosing(RunningScheme):
    """E4, with slots of its own, and nothing to do at an entry."""

    def choose(self, index: int, ea: int) -> int:
        return (index + (ea >> 12)) % (self.last + 1)


class ListeningScheme(PythonScheme):
    running = Listening


class ChoosingScheme(PythonScheme):
    running = Choosing


@pytest.mark.parametrize("scheme", [ListeningScheme, ChoosingScheme])
def test_schemes_in_python_count_the_same_on_both_paths(scheme: type[PythonScheme]) -> None:
    """Their state is their own, so all peers but the host are compared by state."""
    for number in range(10):
        random = Random(f"python {number}")
        case = draw("e4", random)
        fast, plain = (build(case, fast=each, scheme=scheme()) for each in (True, False))
        for stop in (*case.stops, None):
            assert advance(fast, stop, random) == plain.run(stop), f"case {number}"
            assert fast.stats() == plain.stats(), f"case {number}"
        assert differing(fast, plain, without="host") == [], f"case {number}"
