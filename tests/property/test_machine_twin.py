# SPDX-License-Identifier: BSD-3-Clause
"""The compiled machine and its plain Python twin give the same counts and cycles, whatever happens in between."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.helpers.real_machine import RealMachine
from tests.property.machine_strategies import MachineCase, machines
from tests.reference.machine import TwinMachine

RENAMED = {"exits": "exits_by_kind"}


def compare(case: MachineCase) -> None:
    """Run both, stopping at the same references; every statistic of the twin must be the real machine's."""
    assume(all(case.streams))
    real = RealMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
    twin = TwinMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
    for stop in (*case.stops, None):
        reasons = real.run(stop), twin.run(stop)
        assert reasons[0] == reasons[1]
        found, expected = real.stats(), twin.stats()
        for part, stats in expected.items():
            ours = {name: found[part][RENAMED.get(name, name)] for name in stats}
            assert ours == stats, part
    if real.host is not None:
        assert real.host.double_drops() == 0
        real.host.teardown()
        stats = real.stats()["host"]
        assert stats["pages_taken"] == stats["pages_dirty"] + stats["pages_clean"]


@pytest.mark.parametrize("mode", ["native", "e3b", "e4"])
def test_machine_equals_its_twin(mode: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(machines(modes=(mode,)))
    def check(case: MachineCase) -> None:
        compare(case)

    check()
