# SPDX-License-Identifier: BSD-3-Clause
"""Tables that a script gives, host tasks with more than one stream, and what is conserved over the exits."""

from __future__ import annotations

import pytest

from simobjects import ConfigError, HostTask, Interleave, ShadowTLBArray, Simulation, SyntheticWorkload
from tests.helpers.played_machine import virtual_system


@pytest.mark.parametrize(("scheme", "row"), [("e0", 36), ("e1", 20), ("e2", 21), ("e3b", 21), ("e6", 17)])
def test_a_plain_table_takes_the_format_of_the_scheme(scheme: str, row: int) -> None:
    system = virtual_system(scheme)
    system.shadow_tlb = ShadowTLBArray()
    assert Simulation(system).stats["system.shadow_tlb.bytes"] == 64 * row


def test_a_table_that_the_script_has_shaped_stays_as_it_is() -> None:
    system = virtual_system("e6")
    system.shadow_tlb = ShadowTLBArray(page_pointers=False, modified_flags=False)
    assert Simulation(system).stats["system.shadow_tlb.bytes"] == 64 * 16


def test_a_host_task_has_one_stream() -> None:
    several = Interleave(processes=[SyntheticWorkload(), SyntheticWorkload()])
    with pytest.raises(ConfigError) as raised:
        Simulation(virtual_system("e4", tasks=[HostTask(workload=several)]))
    assert "system.host.tasks[0].workload" in str(raised.value)
    assert "give each of the streams a HostTask of its own" in str(raised.value)


def test_exits_and_their_time_are_conserved() -> None:
    workload = SyntheticWorkload(pattern="random", data_pages=200, records=2000)
    system = virtual_system("e4", workload=workload, hz="1kHz", vmm={"signal_every": 2}, tasks=[HostTask(every=3)])
    sim = Simulation(system)
    list(sim.run())
    sim.stats.snapshot("end")  # runs the checks
    kinds = sim.stats.by_label("system.host.exits_by_kind")
    assert kinds["sig"] > 0
    assert sim.stats["system.host.exceptions"] == sum(kinds.values()) - kinds["sig"]
    assert sim.stats["system.host.exit_time"] == sum(sim.stats.by_label("system.host.exit_cycles").values())
