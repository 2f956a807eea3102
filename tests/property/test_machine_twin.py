# SPDX-License-Identifier: BSD-3-Clause
"""The compiled machine and its plain Python twin give the same counts and cycles, whatever happens in between."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.helpers.real_machine import RealMachine
from tests.property.machine_strategies import MODES, MachineCase, machines
from tests.reference.machine import TwinMachine

RENAMED = {"exits": "exits_by_kind"}


def agree(case: MachineCase) -> None:
    """Run both, stopping at the same references; every statistic of the twin must be the real machine's."""
    real = RealMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
    twin = TwinMachine(case.params, case.streams, case.vmm_stream, case.task_streams)
    for stop in (*case.stops, case.last):
        reasons = real.run(stop), twin.run(stop)
        assert reasons[0] == reasons[1]
        found, expected = real.stats(), twin.stats()
        for part, stats in expected.items():
            ours = {name: found[part][RENAMED.get(name, name)] for name in stats}
            assert ours == stats, part
    if real.host is not None:
        assert real.host.double_drops() == 0
        real.host.teardown()
        assert twin.host is not None
        twin.host.teardown()
        host_stats, expected_host = real.stats()["host"], twin.stats()["host"]
        assert host_stats["pages_taken"] == host_stats["pages_dirty"] + host_stats["pages_clean"]
        for name in ("pages_taken", "pages_dirty", "pages_clean"):
            assert host_stats[name] == expected_host[name], name


@pytest.mark.parametrize("mode", MODES)
def test_machine_equals_its_twin(mode: str) -> None:
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(machines(modes=(mode,), least=1))
    def check(case: MachineCase) -> None:
        agree(case)

    check()
