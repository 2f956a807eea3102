# SPDX-License-Identifier: BSD-3-Clause
"""A machine that is saved, restored into a new one and run on counts as one that ran through, under every scheme."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helpers.real_machine import RealMachine
from tests.property.machine_strategies import MODES, MachineCase, machines


def parts(machine: RealMachine) -> list[Any]:
    """Every peer that has state, in the order in which a simulation restores them."""
    managed = [] if machine.host is None else [machine.guest_tlb, machine.host]
    return [machine.core, machine.guest, *managed, machine.tlb]


def build(case: MachineCase) -> RealMachine:
    return RealMachine(case.params, case.streams, case.vmm_stream, case.task_streams)


def restore(machine: RealMachine, states: list[dict[str, Any]]) -> None:
    for part, state in zip(parts(machine), states, strict=True):
        part.restore(state)
    for part in parts(machine):
        if hasattr(part, "restored"):
            part.restored()


def differing(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    """Names of what differs: the states themselves are megabytes, too much for an assertion to show."""
    return [
        name
        for first, second in zip(some, others, strict=True)
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]


@pytest.mark.parametrize("mode", MODES)
def test_save_restore_run_equals_run(mode: str) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(machines(modes=(mode,), least=1))
    def check(case: MachineCase) -> None:
        whole, part = build(case), build(case)
        for stop in case.stops:
            assert whole.run(stop) == part.run(stop)
            states = [one.save() for one in parts(part)]
            part = build(case)
            restore(part, states)
            assert differing([one.save() for one in parts(part)], states) == []
        assert whole.run(None) == part.run(None)
        assert whole.stats() == part.stats()
        left = [one.save() for one in parts(whole)], [one.save() for one in parts(part)]
        assert differing(*left) == []

    check()


@pytest.mark.parametrize("mode", MODES)
def test_a_state_from_anywhere_is_refused_or_runs(mode: str) -> None:
    """Numbers and blocks that no machine saved: an error, or a machine that runs (here for a while) and can be read."""

    @settings(
        max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
    )
    @given(machines(modes=(mode,), least=1), st.data())
    def check(case: MachineCase, data: st.DataObject) -> None:
        first = build(case)
        first.run(case.stops[0] if case.stops else 20)
        states = [one.save() for one in parts(first)]
        state = states[data.draw(st.integers(0, len(states) - 1))]
        for _ in range(data.draw(st.integers(1, 3))):
            name = data.draw(st.sampled_from(sorted(state)))
            value = state[name]
            if isinstance(value, bytes) and value:
                where = data.draw(st.integers(0, min(len(value), 4096) - 1))
                noise = data.draw(st.binary(min_size=1, max_size=8))
                state[name] = (value[:where] + noise + value[where + len(noise) :])[: len(value)]
            else:
                wide = st.integers(-(2**63), 2**64) | st.integers(-3, 300)
                state[name] = data.draw(wide | st.sampled_from((-(2**65), b"", None)))
        second = build(case)
        try:
            restore(second, states)
        except ValueError:
            return
        second.core.advance(500, -1)
        second.stats()

    check()
