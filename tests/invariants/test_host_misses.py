# SPDX-License-Identifier: BSD-3-Clause
"""The host's own misses by path, and page faults (KVM dossier, 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simobjects import HostTask, SyntheticWorkload
from tests.helpers.played_machine import ALL_SCHEMES, FREE_C, KERNEL, RWX, Played

PAGE, MODULE = 0x4000_0000, 0xF900_0000
EXCEPTION = {"interrupt_latency": 7, "rfi_latency": 5, "tlbwe_latency": 0}
LATENCY = 12
PATHS = [(2, PAGE, False, 55, RWX), (2, PAGE, True, 53, RWX), (0, MODULE, False, 54, 0x07), (0, MODULE, True, 52, 0x07)]
every_scheme = pytest.mark.parametrize("scheme", ALL_SCHEMES)
every_path = pytest.mark.parametrize(("pid", "ea", "fetch", "instructions", "permissions"), PATHS)


def quiet(scheme: str = "e4", **host: Any) -> Played:
    return Played(scheme, costs={**FREE_C, **EXCEPTION, "c_page_fault": 1000}, **host)


def cycles(machine: Played, kind: str, does: Callable[[], Any]) -> int:
    """How long the host was busy in one kind of time."""
    return int(machine.change(lambda: machine.cycles(kind), does)) // 1000


@every_path
@every_scheme
def test_a_miss_costs_its_path(
    scheme: str, pid: int, ea: int, fetch: bool, instructions: int, permissions: int
) -> None:
    machine = quiet(scheme)
    machine.probe.set_index(4)
    assert cycles(machine, "tasks", lambda: machine.probe.touch(pid, ea, fetch)) == instructions + LATENCY
    assert machine.hardware()[5] == (ea | 0x210, ea, permissions, pid)
    assert cycles(machine, "tasks", lambda: machine.probe.touch(pid, ea, fetch)) == 0, "it hits"
    assert machine.by_label("host_misses")["task"] == 1


@every_path
def test_the_counter_wraps(pid: int, ea: int, fetch: bool, instructions: int, permissions: int) -> None:
    machine = quiet()
    machine.probe.set_index(machine.hwater)
    assert cycles(machine, "tasks", lambda: machine.probe.touch(pid, ea, fetch)) == instructions + 1 + LATENCY
    assert machine.hardware()[0][0] == ea | 0x210


@every_scheme
@pytest.mark.parametrize("fetch", [False, True])
def test_a_page_fault_takes_no_slot(scheme: str, fetch: bool) -> None:
    """The permission test comes before the counter is touched: one slot is taken, by the miss that follows."""
    machine = quiet(scheme)
    machine.probe.set_index(4)
    refill = (53 if fetch else 55) + LATENCY
    spent = cycles(machine, "tasks", lambda: machine.probe.touch(2, PAGE, fetch, False))
    assert spent == 40 + 1000 + LATENCY + refill
    assert (machine.host_index(), list(machine.host_entries())) == (5, [5])
    assert (machine.by_label("host_misses")["task"], machine.stat("host_faults")) == (2, [0, 1])
    assert cycles(machine, "tasks", lambda: machine.probe.touch(2, PAGE, fetch, False)) == 0, "what is mapped is there"


def test_a_task_faults_at_every_third_missing_reference() -> None:
    work = SyntheticWorkload(code_pages=3, data_pages=5, records=200, seed=4)
    task = HostTask(workload=work, every=1, instructions=400, fault_every=3)
    machine = quiet(tasks=[task], hz="100Hz")
    noted = machine.watch("misses")
    machine.probe.pass_time(4_000_000)
    machine.probe.interrupt_host()
    faults = [text for _, text in noted() if text.endswith("page fault")]
    misses, found = machine.by_label("host_misses")["task"], machine.by_label("host_faults")["task"]
    assert found == len(faults) == (misses - found) // 3 > 0
    assert all(text.startswith("task ea=") for text in faults)


def test_a_driver_module_misses_on_the_kernels_instruction_path() -> None:
    def tick(**host: Any) -> int:
        machine = quiet(hz="100Hz", **host)
        machine.probe.pass_time(4_000_000)
        spent = cycles(machine, "tick", machine.probe.interrupt_host)
        assert machine.by_label("host_misses")["interrupt"] == sum(host.values())
        return spent

    assert tick(interrupt_pages=0) == 0
    assert tick(interrupt_pages=3) == 3 * (54 + LATENCY)
    assert tick(interrupt_pages=3, interrupt_code_pages=2) == 3 * (54 + LATENCY) + 2 * (52 + LATENCY)


def test_modules_code_lies_behind_the_registers() -> None:
    machine = quiet(hz="100Hz", interrupt_pages=1, interrupt_code_pages=2, interrupt_base=0xFE00_0000)
    machine.probe.pass_time(4_000_000)
    machine.probe.interrupt_host()
    pages = [entry[0] & 0xFFFF_F000 for entry in machine.host_entries().values()]
    assert pages == [0xFE00_1000, 0xFE00_2000, 0xFE00_0000], "code first: it touches the data"
    assert all(page >= KERNEL for page in pages)
