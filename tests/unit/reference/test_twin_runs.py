# SPDX-License-Identifier: BSD-3-Clause
"""What the twin does at once or remembers is what it would have done one by one: fetches in a row, look-ups, causes."""

from __future__ import annotations

from random import Random

import pytest

from tests.helpers.random_machines import KVM, draw
from tests.reference.arrays import ShadowArray
from tests.reference.core import Core
from tests.reference.machine import Stats, TwinMachine
from tests.reference.schemes import Scheme
from tests.reference.tlb import TLB

REFERENCES = 300


def played(mode: str, number: int) -> tuple[list[str], Stats]:
    """How one machine stopped, and all that it counted."""
    case = draw(mode, Random(f"{mode} {number}"))
    twin = TwinMachine(case.params, case.streams, case.vmm, case.tasks)
    return [twin.run(references) for references in (7, REFERENCES)], twin.stats()


@pytest.mark.parametrize("mode", ("native", *KVM))
def test_the_short_ways_are_the_long_way(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = range(3)
    short = [played(mode, number) for number in numbers]
    monkeypatch.setattr(Core, "by_runs", False)
    monkeypatch.setattr(TLB, "find", TLB.search)
    for scheme in Scheme, ShadowArray:
        monkeypatch.setattr(scheme, "stamp", lambda self: object())
    assert [played(mode, number) for number in numbers] == short
    assert any(stats["core"]["kernel_instructions"] for _, stats in short)
