# SPDX-License-Identifier: BSD-3-Clause
"""The imitation guest in a whole machine: what each event costs natively, and how often it traps under KVM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from simobjects import ConfigError, Simulation, SyntheticWorkload, System
from simobjects.framework import SimObjectsError
from simobjects.guest.eras import ERAS, Era, register_era
from simobjects.guest.steps import Addresses, Event, Script, instructions, privileged, run
from simobjects.isa.arch import W0
from tests.helpers.played_machine import native_system, virtual_system

RECORDS, EACH = 100, 40
"""A stream of 4,000 instructions on a few pages, over and over."""
CALLS = {"syscall": Event.SYSCALL, "timer": Event.TIMER, "flush": Event.FLUSH, "idle": Event.IDLE}
STATISTICS = {
    "syscall": "syscalls",
    "timer": "timers",
    "flush": "flushes",
    "page_flush": "page_flushes",
    "idle": "idles",
}


def workload() -> SyntheticWorkload:
    return SyntheticWorkload(code_pages=2, data_pages=3, records=RECORDS, instructions=EACH, accesses=5)


def finished(system: System) -> Simulation:
    sim = Simulation(system)
    for _ in sim.run():
        pass
    return sim


def number(sim: Simulation, stat: str) -> int:
    value = sim.stats["system." + stat]
    assert isinstance(value, int)
    return value


def extra(make: Any, guest: Mapping[str, Any], stat: str) -> int:
    """What an event adds to a statistic, against the same guest without it."""
    with_it, plain = dict(guest), {name: value for name, value in guest.items() if not name.endswith("_every")}
    return number(finished(make(guest=with_it, workload=workload())), stat) - number(
        finished(make(guest=plain, workload=workload())), stat
    )


@pytest.mark.parametrize("era", ["2.6.29", "6.1"])
@pytest.mark.parametrize("kuap", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_an_event_costs_its_script_and_traps_as_often(era: str, kuap: bool, name: str) -> None:
    guest = {"era": era, "kuap": kuap, f"{name}_every": 3_000}
    script = ERAS[era].script_list(Addresses(), kuap)[CALLS[name]]
    refills = 0
    if name == "flush":  # the pages come back
        refill = ERAS[era].script_list(Addresses(), kuap)
        refills = 2 * instructions(refill[Event.INST_USER]) + 3 * instructions(refill[Event.DATA_USER])
    assert extra(native_system, guest, "core.kernel_instructions") == instructions(script) + refills
    assert extra(native_system, guest, f"guest.{STATISTICS[name]}") == 1
    virtual = extra(virtual_system, guest, "core.kernel_instructions")
    assert virtual == instructions(script) + refills
    if not refills:
        traps = sum(emulated(guest).values()) - sum(emulated({"era": era, "kuap": kuap}).values())
        assert traps == privileged(script)


def emulated(guest: Mapping[str, Any]) -> dict[str, int]:
    return finished(virtual_system(guest=dict(guest), workload=workload())).stats.counts("system.host.emulated")


def test_natively_nothing_traps_and_a_refill_costs_its_instructions() -> None:
    sim = finished(native_system(workload=workload()))
    assert sim.stats.by_label("system.guest.refills") == {
        "data_user": 3, "inst_user": 2, "data_kernel": 0, "inst_kernel": 0
    }  # fmt: skip
    assert number(sim, "core.kernel_instructions") == 3 * 55 + 2 * 53


@pytest.mark.parametrize(("size", "pages"), [("4KiB", 48), ("16KiB", 12), ("64KiB", 3)])
def test_page_size_of_the_guest(size: str, pages: int) -> None:
    work = SyntheticWorkload(code_pages=1, data_pages=48, records=48, instructions=1, accesses=1)
    sim = finished(native_system(guest={"page_size": size}, workload=work))
    assert sim.stats.by_label("system.guest.refills")["data_user"] == pages
    assert number(sim, "guest.frames") == pages + 1 + 2  # the code page, two pages of page table entries
    tlb: Any = sim.peers[sim.system.tlb]
    entries = [entry for entry in (tlb.read(slot) for slot in range(63)) if entry[0] & W0.VALID]
    assert {entry[0] & 0xF0 for entry in entries} == {{"4KiB": 0x10, "16KiB": 0x20, "64KiB": 0x30}[size]}


@pytest.mark.parametrize("make", [native_system, virtual_system])
def test_a_wait_passes_without_the_vcpu(make: Any) -> None:
    guest = {"idle_every": 1_000, "idle_cycles": 50_000}
    sim = finished(make(guest=guest, workload=workload()))
    assert number(sim, "guest.idles") == 3
    cycles = sim.stats.by_label("system.core.cycles")
    assert 3 * 40_000 < cycles["idle"] <= 3 * 50_000
    assert number(sim, "core.vcpu_time") == number(sim, "core.time") - cycles["idle"] - cycles["tasks"]


def test_kuap_closes_user_pages_in_the_kernel_and_drops_the_users_shadows() -> None:
    """A call writes PID twice; under E4 both drop all live shadows of the user's, which come back as virt misses."""

    def virt(**guest: Any) -> int:
        sim = finished(virtual_system(guest={"era": "6.1", "syscall_every": 100, **guest}, workload=workload()))
        misses = sim.stats["system.host.virt_misses"]
        assert isinstance(misses, int)
        return misses

    calls = RECORDS * EACH // 100 - 1
    assert virt(kuap=True) >= virt(kuap=False) + 2 * calls


def test_a_modules_code_is_refilled_by_the_kernels_instruction_path() -> None:
    guest = {"io_every": 1_500, "driver_code": 0xD200_0000}
    sim = finished(native_system(guest=guest, workload=workload()))
    assert sim.stats.by_label("system.guest.refills")["inst_kernel"] == 1
    shared = {**guest, "driver_code": 0xC004_0000}
    longer = number(sim, "core.kernel_instructions")
    assert longer - number(finished(native_system(guest=shared, workload=workload())), "core.kernel_instructions") == 52


def test_a_page_flush_takes_the_page_away() -> None:
    plain = finished(native_system(workload=workload()))
    flushed = finished(native_system(guest={"page_flush_every": 500}, workload=workload()))
    assert number(flushed, "guest.page_flushes") == 7
    again = number(flushed, "guest.all_refills") - number(plain, "guest.all_refills")
    assert again == 7


@pytest.fixture
def registered() -> Iterator[str]:
    """A kernel whose system call is three instructions long."""

    def scripts(at: Addresses, kuap: bool) -> dict[Event, Script]:
        return {
            **ERAS["2.6.29"].scripts(at, kuap),
            Event.SYSCALL: (run(3), *ERAS["6.1"].scripts(at, False)[Event.SYSCALL][-1:]),
        }

    register_era(Era("short", "for a test", scripts))
    yield "short"
    del ERAS["short"]


def test_an_era_of_ones_own(registered: str) -> None:
    assert extra(native_system, {"era": registered, "syscall_every": 3_000}, "core.kernel_instructions") == 4
    with pytest.raises(ValueError, match="there is an era 'short' already"):
        register_era(ERAS["short"])


def test_an_era_without_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="era 'empty' has no script for DATA_USER, INST_USER"):
        Era("empty", "", lambda at, kuap: {}).script_list(Addresses(), False)


@pytest.mark.parametrize(
    ("guest", "said"),
    [
        ({"era": "6.2"}, ["system.guest.era", "one of 2.6.29, 6.1", "fix: write 6.1"]),
        ({"page_size": "8KiB"}, ["system.guest.page_size", "4KiB, 16KiB or 64KiB"]),
        ({"page_size": "64KiB", "first_frame": 0x0100_1000}, ["system.guest.first_frame", "page size (64KiB)"]),
        ({"page_size": "16KiB", "device_ea": 0xD100_1000}, ["system.guest.device_ea", "page size (16KiB)"]),
        ({"driver_code": 0xC900_0000}, ["system.guest.driver_code", "from 0xd0000000 on (a module)"]),
        ({"driver_code": 0xD100_0010}, ["system.guest.driver_code", "a page other than the device's"]),
    ],
)
def test_bad_parameters(guest: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(native_system(guest=guest))
    for part in said:
        assert part in str(caught.value)


def test_large_pages_need_more_memory() -> None:
    work = SyntheticWorkload(code_pages=1, data_pages=300, records=300, data_base=0x3000_0000)
    assert finished(native_system(guest={"memory": "32MiB"}, workload=work))
    sparse = native_system(
        guest={"memory": "32MiB", "page_size": "64KiB"}, workload=SyntheticWorkload(data_pages=6_000)
    )
    with pytest.raises(SimObjectsError, match="page frames and 256 are free"):
        Simulation(sparse)
