# SPDX-License-Identifier: BSD-3-Clause
"""The micro-TLBs of a native core: what fills them, what empties them, what a miss in them costs."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import Simulation, SyntheticWorkload
from simobjects.isa import arch
from tests.helpers.live_runs import two_processes
from tests.helpers.played_machine import FETCH, KERNEL, LOAD, MFSPR, MTSPR, PID, RFI, STORE, micro_tlbs, native_system

VALID = arch.W0.VALID


def native(**core: Any) -> tuple[Any, Any]:
    """Core and TLB of a native machine in user mode, 40 pages of process 1 in the TLB."""
    system = native_system(core=core)
    sim = Simulation(system)
    core_peer, tlb = sim.peers[system.core], sim.peers[system.tlb]
    core_peer.begin()
    for slot in range(40):
        tlb.write_all(slot, 0x1000_0000 + slot * 4096 | VALID | 0x10, 0x0200_0000, 0x3F, 1)
    tlb.forget_counts()
    return core_peer, tlb


@pytest.mark.parametrize(("instruction", "data"), [(4, 8), (1, 1), (0, 8), (4, 0), (64, 64)])
def test_they_fill_up_to_their_sizes(instruction: int, data: int) -> None:
    core, _ = native(**micro_tlbs(instruction, data))
    for page in range(40):
        core.touch(0x1000_0000 + page * 4096, FETCH)
        core.touch(0x1000_0000 + page * 4096, STORE if page & 1 else LOAD)
        assert core.micro_entries() == (min(page + 1, instruction), min(page + 1, data))


def test_the_oldest_is_replaced_and_a_hit_renews_nothing() -> None:
    core, tlb = native(**micro_tlbs(0, 2))
    first, second, third = (0x1000_0000 + page * 4096 for page in range(3))
    for ea, reaches_the_tlb in ((first, 1), (second, 1), (first, 0), (third, 1), (first, 1), (third, 0), (second, 1)):
        before = tlb.read_stats()["lookups"]
        core.touch(ea)
        assert tlb.read_stats()["lookups"] - before == reaches_the_tlb, hex(ea)


def test_each_miss_in_them_costs_its_cycles() -> None:
    core, _ = native(**micro_tlbs(0, 2))
    for page in (0, 1, 0, 1, 2):
        core.touch(0x1000_0000 + page * 4096)
    stats = core.read_stats()
    assert stats["micro_misses"] == [0, 3]
    assert stats["time"] == 3 * 3 * 1000


@pytest.mark.parametrize("what", ["exception", "rfi"])
def test_what_empties_them(what: str) -> None:
    core, _ = native(**micro_tlbs())
    core.touch(0x1000_0000)
    core.touch(0x1000_0000, FETCH)
    assert core.micro_entries() == (1, 1)
    core.privileged_instruction(MFSPR)  # in user mode: a program exception
    assert core.micro_entries() == (0, 0)
    if what == "rfi":
        core.touch(KERNEL, LOAD, False)
        assert core.micro_entries() == (0, 1)
        core.privileged_instruction(RFI, value=1)
        assert core.micro_entries() == (0, 0)


def test_a_new_pid_does_not_empty_them() -> None:
    core, _ = native(**micro_tlbs())
    core.privileged_instruction(MFSPR)
    core.touch(0x1000_0000)
    core.privileged_instruction(MTSPR, spr=PID, value=9)
    assert core.micro_entries() == (0, 1)
    assert core.context_now() == (0, 0, 9)


@pytest.mark.parametrize("sizes", [(4, 8), (1, 2), (64, 64)])
def test_they_change_no_miss_of_a_run(sizes: tuple[int, int]) -> None:
    def run(**core: Any) -> Any:
        system = native_system(core=core, workload=two_processes(), guest={"io_every": 5_000})
        sim = Simulation(system)
        list(sim.run())
        return [sim.peers[part].read_stats() for part in (system.core, system.tlb, system.guest)]

    core, tlb, guest = run()
    micro_core, micro_tlb, micro_guest = run(**micro_tlbs(*sizes))
    assert micro_guest == guest
    assert micro_core["misses"] == core["misses"] and micro_tlb["misses"] == tlb["misses"]
    assert micro_tlb["lookups"] < tlb["lookups"]
    assert micro_tlb["hits"] == sum(micro_core["micro_misses"])
    assert micro_core["time"] - core["time"] == 3_000 * sum(micro_core["micro_misses"])


def test_left_out_they_cost_nothing() -> None:
    system = native_system(workload=SyntheticWorkload(records=200))
    sim = Simulation(system)
    list(sim.run())
    assert sim.peers[system.core].read_stats()["micro_misses"] == [0, 0]
    assert sim.peers[system.core].micro_entries() == (0, 0)
