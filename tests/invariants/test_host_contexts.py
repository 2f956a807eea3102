# SPDX-License-Identifier: BSD-3-Clause
"""Context numbers of the host's processes: invariant 32 of the KVM dossier, and the twin beside it."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import HostTask, SyntheticWorkload
from simobjects.isa.arch import W0
from tests.helpers.played_machine import Played
from tests.helpers.real_machine import RealMachine
from tests.reference.machine import TwinMachine
from tests.reference.settings import Costs

three_schemes = pytest.mark.parametrize("scheme", ["e3b", "e4", "e6"])
USER = 0x1000_0000
RAM = 0x0200_0000


def crowd(scheme: str, tasks: int) -> Played:
    """The VMM and so many other processes, each with a turn at every tick."""
    also = [
        HostTask(workload=SyntheticWorkload(code_pages=1, data_pages=1, records=2), every=1, instructions=10)
        for _ in range(tasks)
    ]
    return Played(scheme, tasks=also, hz="100Hz", workload=SyntheticWorkload(records=10))


@three_schemes
@pytest.mark.parametrize(("tasks", "steals"), [(254, 0), (255, 2), (260, 7)])
def test_invariant_32_a_256th_process_takes_another_ones_context(scheme: str, tasks: int, steals: int) -> None:
    """255 numbers are enough for the VMM and 254 others. One more takes the VMM's, which is the next in turn; and then
    the VMM, whose thread the vcpu is, must take one for itself."""
    machine = crowd(scheme, tasks)
    machine.guest_entry(0, USER, RAM)
    machine.touch(USER)
    puts, sweeps = machine.stat("puts"), machine.stat("sweeps")
    machine.probe.pass_time(4_000_000)
    machine.probe.interrupt_host()
    assert machine.stat("task_turns") == tasks
    taken = machine.stat("context_steals")
    assert taken == steals
    flushes = 0 if scheme == "e6" else machine.stat("puts") - puts
    assert machine.stat("sweeps") - sweeps == taken + flushes, "each is a full sweep"


@three_schemes
def test_invariant_32_the_sweep_takes_everything(scheme: str) -> None:
    machine = crowd(scheme, 255)
    machine.probe.touch(7, 0x4000_0000)
    machine.probe.pass_time(4_000_000)
    machine.probe.interrupt_host()
    assert machine.stat("context_steals") == 2
    assert machine.tlb.find(0, 7, 0x4000_0000) == -1
    assert all(entry[0] & W0.VALID for entry in [machine.tlb.read(machine.hwater + 1)]), "but what is pinned"


@three_schemes
@pytest.mark.parametrize("tasks", [254, 255, 300])
def test_many_processes_as_the_twin(scheme: str, tasks: int) -> None:
    turn = {"instructions": 3, "flush_every": 0, "page_flush_every": 2}
    records = [[(0x10000 + i % 40, 0x20000 + i % 9, 0, 2, 3)] for i in range(tasks)]
    params: dict[str, Any] = {
        "mode": scheme, "n": 16, "g": 8, "memory": 256 << 20, "clock_hz": 400_000_000, "hz": 250, "host_page": 4096,
        "early_debug": False, "guest_memory": 64 << 20, "quantum": 0, "io_every": 0, "watchdog": 1000, "micro_i": 0,
        "micro_d": 0, "signal_every": 2, "interrupt_pages": 1, "flush": "walk", "vmm": dict(turn),
        "duplicates": "lowest", "tasks": [{**turn, "every": 1 + i % 3} for i in range(tasks)], "costs": vars(Costs()),
    }  # fmt: skip
    stream = [(0x10000, 0x20000, 0, 40_000, 4_000_000)]
    real = RealMachine(params, [stream], records[0], records)
    twin = TwinMachine(params, [[(0x10000, 0x20000, 0, 1, 1)]], records[0], records)
    assert real.host is not None and real.probe is not None and twin.host is not None
    for _ in range(7):
        real.probe.pass_time(1_600_000)
        twin.core.charge("guest_user", 1_600_000_000)
        real.probe.interrupt_host()
        twin.host.tick()
        expected = dict(twin.host.stats())
        expected["exits_by_kind"] = expected.pop("exits")
        found = real.host.read_stats()
        assert {name: found[name] for name in expected} == expected
        assert [real.tlb.read(slot)[0] & 0x300 for slot in range(16)] == [e.w0 & 0x300 for e in twin.tlb.slots]
    steals = found["context_steals"]
    assert isinstance(steals, int)
    assert (steals > 0) == (tasks > 254)
