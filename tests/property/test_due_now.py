# SPDX-License-Identifier: BSD-3-Clause
"""A tick that is due at the very time at which an instruction begins is taken before it, on every path.

Drawn periods meet such a time by chance only. Here a machine without ticks says when an instruction begins, and the
tick's period is that.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.helpers.random_machines import KVM, draw
from tests.helpers.real_machine import RealMachine
from tests.reference.host import Host
from tests.reference.machine import TwinMachine

NEVER = 10**15
STOPS = (90, 161, 230)


def compared(mode: str, number: int) -> tuple[int, list[str]]:
    """Ticks that the twin took, and where a path took others; a stream may end before its tick."""
    case = draw(mode, Random(f"due now {mode} {number}"))
    params = case.params | {"hz": 1000, "watchdog": 1000, "quantum": 0}
    ticks, found = 0, []
    for stop in STOPS:
        quiet = TwinMachine(params | {"clock_hz": NEVER}, case.streams, case.vmm, case.tasks)
        quiet.run(stop)
        due = params | {"clock_hz": quiet.core.now}  # a thousandth of a second, in thousandths of a cycle
        twin = TwinMachine(due, case.streams, case.vmm, case.tasks)
        fast, plain = (RealMachine(due, case.streams, case.vmm, case.tasks, fast=each) for each in (True, False))
        assert twin.host is not None
        for references in (stop, 1, 1, 40):
            for machine in (twin, fast, plain):
                machine.run(references)
            expected = twin.stats()
            for name, real in (("fast", fast), ("plain", plain)):
                ours = real.stats()
                if any(ours[part][of] != expected[part][of] for part, of in (("host", "ticks"), ("core", "cycles"))):
                    found.append(f"{mode} {number} at {stop}, {name}: {ours['host']['ticks']} ticks")
        ticks += twin.host.ticks
    return ticks, found


@pytest.mark.parametrize("mode", KVM)
def test_a_tick_that_is_due_now_is_taken(mode: str) -> None:
    results = [compared(mode, number) for number in range(4)]
    assert [line for _, found in results for line in found] == []
    assert sum(ticks for ticks, _ in results) > 0


def test_a_twin_that_takes_it_an_instruction_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "tick_due", lambda self: self.core.now > self.deadline)
    monkeypatch.setattr(Host, "until_tick", lambda self: self.deadline - self.core.now + 1)
    assert any(compared("e4", number)[1] for number in range(4))
