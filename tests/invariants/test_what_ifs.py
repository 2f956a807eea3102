# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that KVM never had: what each promises, and that it keeps what the commit's scheme keeps."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import ConfigError, Simulation, SyntheticWorkload
from simobjects.kvm.schemes import historical, what_ifs
from tests.golden.test_bare_metal_programs import PROGRAMS
from tests.helpers.kvm_guests import guest_system
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import FREE_C, KERNEL, LOAD, Played, virtual_system

SCHEMES = historical()
WHAT_IFS = what_ifs()

USER = 0x1000_0000
RAM = 0x0200_0000


def machine_of(scheme: str, pages: int = 0, **settings: Any) -> Played:
    """A machine whose guest TLB translates so many user pages; nothing of them is mapped yet."""
    machine = Played(scheme, guest_entries=256, costs=FREE_C, **settings)
    for page in range(pages):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
    return machine


def virt_misses(machine: Played) -> int:
    return machine.exits("itlb_v") + machine.exits("dtlb_v")


@pytest.mark.parametrize("scheme", [*SCHEMES, *WHAT_IFS])
def test_invariant_27_every_reference_is_dropped_once(scheme: str) -> None:
    machine = live(scheme, guest_entries=256 if scheme == "wide_guest" else 64)
    run_to_end(machine)
    assert machine.stat("pages_taken") > 100
    assert machine.pages_held() == len(machine.live())
    machine.host.teardown()
    assert machine.pages_held() == 0
    assert machine.host.double_drops() == 0
    machine.host.teardown()
    assert machine.host.double_drops() == 0


@pytest.mark.parametrize("scheme", WHAT_IFS)
def test_a_busy_run_keeps_its_books(scheme: str) -> None:
    machine = live(scheme, guest_entries=256)
    run_to_end(machine)
    machine.sim.stats.snapshot("end")  # which checks what has to be conserved
    assert sum(machine.stat("virt_miss_causes")) == virt_misses(machine)


@pytest.mark.parametrize("entries", [64, 256])
def test_flush_once_costs_the_same_for_every_tlb(entries: int) -> None:
    machine = Played("flush_once", entries=entries)
    machine.probe.touch(2, 0x4000_0000)
    before = machine.core.read_stats()["time"]
    assert machine.change(machine.tlbwe_count, machine.probe.put) == 1
    cycles = (machine.core.read_stats()["time"] - before) // 1000
    assert cycles == 12 + machine.system.costs.tlbwe_latency
    assert machine.hardware() == [(0, *entry[1:]) for entry in machine.hardware()]


def test_tagged_survives_privilege_and_pid() -> None:
    machine = machine_of("tagged", pages=4)
    for page in range(4):
        machine.touch(USER + page * 4096)
    before = machine.hardware()
    machine.kernel_mode()
    machine.set_pid(2)
    machine.user_mode()
    machine.set_pid(1)
    assert machine.hardware() == before
    assert machine.change(lambda: virt_misses(machine), lambda: machine.touch(USER)) == 0
    assert len(set(machine.scheme.hardware_pids().values())) == 4


def test_tagged_processes_do_not_see_each_other() -> None:
    machine = machine_of("tagged")
    machine.guest_entry(0, USER, RAM, tid=1)
    machine.guest_entry(1, USER, RAM + 0x1000, tid=2)
    machine.touch(USER)
    machine.set_pid(2)
    assert machine.change(lambda: virt_misses(machine), lambda: machine.touch(USER)) == 1
    real = {entry[1] for entry in machine.shadows().values()}
    assert real == {0x0100_0000 + RAM, 0x0100_0000 + RAM + 0x1000}
    assert machine.stat("duplicates_written") == 0


def test_tagged_user_can_use_a_tid_0_entry() -> None:
    """What never ends in E3 and later (invariant 42)."""
    machine = machine_of("tagged", core={"watchdog": 3})
    machine.guest_entry(3, USER, RAM, tid=0)
    assert machine.touch(USER)
    assert virt_misses(machine) == 1
    machine.kernel_mode()
    assert machine.change(lambda: virt_misses(machine), lambda: machine.core.touch(USER, LOAD, False)) == 1, (
        "the kernel has a shadow of its own, with its own permissions"
    )
    assert len(machine.shadows()) == 2


def test_tagged_eager_map_is_for_the_process_of_the_entry() -> None:
    machine = machine_of("tagged")
    machine.kernel_mode()
    machine.refill(0, USER, RAM, tid=2)
    machine.set_pid(2)
    machine.user_mode()
    assert machine.change(lambda: virt_misses(machine), lambda: machine.touch(USER)) == 0


@pytest.mark.parametrize("most", [2, 5, 255])
def test_tagged_drops_everything_when_the_pids_are_used_up(most: int) -> None:
    machine = machine_of("tagged")
    machine.scheme.limit_ids(most)
    machine.guest_entry(0, USER, RAM, tid=1)
    machine.touch(USER)
    for pid in range(2, most + 1):
        machine.set_pid(pid)
    assert len(machine.shadows()) == machine.pages_held() == 1
    assert set(machine.scheme.hardware_pids().values()) == set(range(1, most + 1))
    machine.set_pid(0)
    assert (len(machine.shadows()), machine.pages_held()) == (0, 0)
    assert machine.scheme.hardware_pids() == {(0, True): 1}
    machine.set_pid(1)
    machine.touch(USER)
    assert machine.by_label("virt_miss_causes")["pid_change"] == 1


@pytest.mark.parametrize("most", [0, 1, 256])
def test_tagged_needs_a_sensible_number_of_pids(most: int) -> None:
    with pytest.raises(ValueError, match=f"{most} hardware PIDs: 2 to 255 can be used"):
        machine_of("tagged").scheme.limit_ids(most)


@pytest.mark.parametrize(("size", "guest"), [(16 << 20, 0), (1 << 20, 0x10_0000), (64 << 10, 0x1_0000)])
def test_large_page_is_one_shadow(size: int, guest: int) -> None:
    machine = machine_of("large_pages")
    machine.guest_entry(3, USER, guest, size=size)
    for ea in range(USER, USER + size, max(4096, size // 64)):
        machine.touch(ea)
    assert virt_misses(machine) == 1
    ((slot, entry),) = machine.shadows().items()
    assert (entry[0] & 0xFFFF_FC00, entry[1]) == (USER, 0x0100_0000 + guest)
    assert machine.pages_held() == 1 and list(machine.live()) == [slot]
    machine.tlbwe(3, 0, 0)
    assert (len(machine.shadows()), machine.pages_held()) == (0, 0)


def test_large_page_is_cut_where_the_host_is_not_aligned() -> None:
    """Guest memory begins at 16 MiB of the host's, so 256 MiB cannot be backed whole."""
    machine = machine_of("large_pages")
    machine.kernel_mode()
    for ea in (KERNEL, KERNEL + 0x100_0000, KERNEL + 0x7FF_F000):
        machine.core.touch(ea, LOAD, False)
    assert virt_misses(machine) == 3
    assert {entry[0] & 0xF0 for entry in machine.shadows().values()} == {0x70}


def test_large_page_that_ends_beyond_the_guests_memory_is_cut() -> None:
    machine = machine_of("large_pages", guest={"memory": "72MiB"})
    machine.guest_entry(3, USER, 64 << 20, size=16 << 20)
    machine.touch(USER + 0x10_0000)
    ((_, entry),) = machine.shadows().items()
    assert (entry[0], entry[1]) == (USER + 0x10_0000 | 0x300 | 0x50, 0x0100_0000 + (64 << 20) + 0x10_0000)


def test_host_is_spared_until_all_slots_are_its_own() -> None:
    machine = machine_of("spare_host", pages=200)
    slots = machine.hwater + 1
    for page in range(slots - 3):
        machine.probe.touch(2, 0x4000_0000 + page * 4096)
    hosts = set(machine.host_entries())
    for page in range(50):
        machine.touch(USER + page * 4096)
    assert set(machine.host_entries()) == hosts
    assert len(machine.shadows()) == 3
    for page in range(slots):
        machine.probe.touch(2, 0x5000_0000 + page * 4096)
    assert len(machine.host_entries()) == slots
    machine.touch(USER)
    assert len(machine.host_entries()) == slots - 1


def test_stale_reference_does_not_cost_the_host_anything() -> None:
    machine = machine_of("spare_host", pages=2)
    machine.touch(USER)
    (slot,) = machine.live()
    machine.probe.set_index((slot - 1) % (machine.hwater + 1))
    machine.probe.touch(2, 0x4000_0000)
    assert slot in machine.host_entries()
    machine.tlbwe(0, 0, 0)
    assert slot in machine.host_entries()
    assert (machine.pages_held(), machine.stat("host_killed")) == (0, 0)


def test_wide_guest_is_told() -> None:
    machine = Played("wide_guest", guest_entries=None)
    assert machine.system.guest_tlb.entries == 256
    assert machine.guest.managed_entries() == 256


def test_wide_guest_that_is_not_wide() -> None:
    with pytest.raises(ConfigError, match="more than the hardware's 64, since scheme wide_guest tells"):
        Simulation(virtual_system("wide_guest", guest_entries=64))


@pytest.mark.parametrize("scheme", WHAT_IFS)
def test_what_ifs_are_no_kernels(scheme: str) -> None:
    assert scheme not in SCHEMES


@pytest.mark.parametrize("era", ["2.6.29", "6.1"])
def test_magic_page_saves_the_exits_of_its_registers(era: str) -> None:
    """A refill: of 18 privileged instructions 8 are of SPRG0, 1, 3, DEAR and ESR."""
    machine, plain = machine_of("magic_page", guest={"era": era}), machine_of("e4", guest={"era": era})
    for each in (machine, plain):
        each.touch(0x3000_0000)
    assert (plain.exits("inst_emu"), machine.exits("inst_emu")) == (18, 10)
    assert machine.stat("magic_accesses") == 8
    assert plain.stat("magic_accesses") == 0


@pytest.mark.parametrize(("era", "served"), [("2.6.29", 12), ("6.1", 5)])
def test_magic_page_saves_exits_of_system_calls(era: str, served: int) -> None:
    """SPRG0, 1 and 3, SRR0 and SRR1: what is left to trap of a call is counted from its script."""
    exits = {}
    for scheme in ("magic_page", "e4"):
        workload = SyntheticWorkload(code_pages=2, data_pages=3, records=100, instructions=40, accesses=5)
        sim = Simulation(virtual_system(scheme, workload=workload, guest={"era": era, "syscall_every": 3_000}))
        for _ in sim.run():
            pass
        assert sim.stats["system.guest.syscalls"] == 1
        exits[scheme] = sim.stats.by_label("system.host.exits_by_kind")
        assert (exits[scheme]["dtlb_r"], exits[scheme]["itlb_r"]) == (3, 2)
    assert exits["e4"]["inst_emu"] - exits["magic_page"]["inst_emu"] == served + 3 * 8 + 2 * 7


def test_magic_page_is_pinned() -> None:
    machine = live("magic_page")
    slot = machine.hwater + 1
    page = machine.tlb.read(slot)
    assert (machine.hwater, page[0]) == (61, 0xFFFF_F310)
    run_to_end(machine)
    assert machine.tlb.read(slot) == page
    assert machine.stat("magic_accesses") > 1000


def test_magic_page_needs_a_guest_that_knows_of_it() -> None:
    system = guest_system(PROGRAMS / "t02_pid.elf", "magic_page")
    with pytest.raises(ConfigError, match="a guest that knows of the magic page"):
        Simulation(system)
