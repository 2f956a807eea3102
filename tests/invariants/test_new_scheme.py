# SPDX-License-Identifier: BSD-3-Clause
"""E4, direct insertion: invariants 3, 4, 8, 16, 18, 22, 23, 24, 25 and 28 of the KVM dossier."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.helpers.live_runs import live
from tests.helpers.played_machine import DEVICE, KERNEL, LOAD, STORE, VALID, Played

SIZES = [(64, "256MiB"), (64, "512MiB"), (64, "768MiB"), (63, "256MiB"), (6, "256MiB")]
USER = 0x1000_0000
RAM = 0x0200_0000
HOST = 0x4000_0000


def new(entries: int = 64, memory: str = "256MiB", pages: int = 0, **settings: object) -> Played:
    """An E4 machine whose guest TLB translates so many user pages; nothing of them is mapped yet."""
    machine = Played("e4", entries=entries, memory=memory, guest_entries=256, **settings)
    for page in range(pages):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
    return machine


@pytest.mark.parametrize(("entries", "memory"), SIZES)
def test_invariant_03_guest_and_host_share_one_round_robin(entries: int, memory: str) -> None:
    machine = new(entries, memory, pages=200)
    notes = machine.watch("maps", "misses")
    for turn in range(150):
        machine.touch(USER + turn * 4096)
        for miss in range(turn % 3):
            machine.probe.touch(2, HOST + (3 * turn + miss) * 4096)
    noted = notes()
    assert {kind for kind, _ in noted} == {"maps", "misses"}
    slots = [int(text.split("slot=")[1].split()[0]) for _, text in noted]
    assert len(slots) == 300
    assert slots[0] == 1, "the first slot used after boot"
    assert all(after == (before + 1) % (machine.hwater + 1) for before, after in pairwise(slots))


@pytest.mark.parametrize(("entries", "memory"), SIZES)
@pytest.mark.parametrize("by", ["guest", "host"])
def test_invariant_04_wrap(entries: int, memory: str, by: str) -> None:
    machine = new(entries, memory, pages=1)
    last = machine.hwater
    for index, slot in ((last, 0), (last - 1, last)):
        machine.probe.put()
        machine.probe.set_index(index)
        if by == "guest":
            machine.touch(USER)
            assert set(machine.shadows()) == {slot}
            assert machine.change(lambda: machine.stat("maps"), lambda: machine.touch(USER)) == 0, "slot H is used"
        else:
            machine.probe.touch(2, HOST)
            assert set(machine.host_entries()) == {slot}
        assert machine.host_index() == slot


def test_invariant_08_light_exits_leave_the_hardware_alone() -> None:
    machine = new(pages=30)
    for page in range(30):
        machine.touch(USER + page * 4096)
    machine.probe.touch(2, HOST)
    everything = machine.hardware(63)
    written = machine.tlbwe_count()
    for act in (machine.light_exit, machine.kernel_mode, machine.light_exit, machine.user_mode, machine.probe.enter):
        act()
        assert machine.hardware(63) == everything
    assert machine.tlbwe_count() == written
    assert machine.stat("slots_visited") == machine.stat("slots_written") == 0


def test_invariant_08_in_a_live_run_only_maps_releases_and_the_host_write() -> None:
    machine = live("e4")
    machine.core.advance(-1, -1)
    released = machine.stat("pages_dirty") + machine.stat("pages_clean")
    sweeps = machine.stat("sweeps") * (machine.hwater + 1)
    entries = machine.stat("maps") + sum(machine.stat("host_misses"))
    flushed_pages = machine.tlbwe_count() - 3 * entries - released - sweeps
    turns = machine.stat("task_turns") // 2 + machine.stat("puts") // 3
    assert 0 < flushed_pages <= turns, "what is left are flushes of single pages that hit"


@pytest.mark.parametrize(("entries", "memory"), SIZES)
def test_invariant_16_one_miss_for_each_page_of_a_large_guest_page(entries: int, memory: str) -> None:
    machine = new(entries, memory)
    machine.kernel_mode()
    pages = range(machine.hwater + 1)
    for _ in range(2):
        for page in pages:
            machine.core.touch(KERNEL + page * 4096, LOAD, False)
        assert machine.exits("dtlb_v") == len(pages)
    owners = {ref[1] for ref in machine.scheme.references()[: machine.hwater + 1]}
    assert owners == {255}, "the guest's pinned kernel entry"


def test_invariant_16_minus_the_page_mapped_at_the_tlbwe() -> None:
    machine = new()
    machine.guest_tlb.write(9, 1, RAM)
    machine.guest_tlb.write(9, 2, 0x3F)
    machine.tlbwe(9, 0, 0x2000_0000 | VALID | 0x50)
    assert machine.stat("eager_maps") == 1
    for page in range(machine.hwater + 1):
        machine.touch(0x2000_0000 + page * 4096)
    assert machine.exits("dtlb_v") == machine.hwater


def test_invariant_18_releases_by_provenance() -> None:
    machine = new()
    machine.guest_entry(3, 0x2000_3000, RAM + 0x3000)
    machine.guest_entry(5, 0x2000_0000, RAM + 0x10_0000, size=1 << 20)
    machine.guest_entry(6, 0x2010_0000, RAM + 0x8000)
    for ea in (0x2000_3000, 0x2000_1000, 0x2000_2000, 0x2010_0000, 0x2000_9000):
        machine.touch(ea)
    owners = [ref[1] for ref in machine.scheme.references()[1:6]]
    assert owners == [3, 5, 5, 6, 5]
    machine.tlbwe(5, 0, 0)
    assert set(machine.live()) == set(machine.shadows()) == {1, 4}, "what overlaps in EA but is another's survives"


def clobbered(entries: int = 64, memory: str = "256MiB") -> Played:
    """Slot 1 held a shadow of the page at USER; a host miss has overwritten it."""
    machine = new(entries, memory, pages=1)
    machine.touch(USER)
    assert set(machine.shadows()) == {1}
    machine.probe.set_index(0)
    machine.probe.touch(2, HOST)
    return machine


@pytest.mark.parametrize(("entries", "memory"), SIZES)
def test_invariant_22_clobbered_shadow_stays_referenced(entries: int, memory: str) -> None:
    machine = clobbered(entries, memory)
    assert machine.stat("guest_clobbered") == 1
    assert set(machine.host_entries()) == {1}
    assert set(machine.live()) == {1}
    machine.touch(USER)
    assert machine.exits("dtlb_v") == 2
    assert set(machine.shadows()) == {2}
    assert machine.host.held(RAM >> 12) == 2
    assert machine.tlb.read_stats()["overlapping_writes"] == 0


@pytest.mark.parametrize("released_by", ["tlbwe", "pid", "map"])
def test_invariant_23_release_of_a_stale_slot_kills_the_host_entry(released_by: str) -> None:
    machine = clobbered()
    machine.touch(USER)

    def host_misses() -> int:
        return machine.by_label("host_misses")["task"]

    assert machine.change(host_misses, lambda: machine.probe.touch(2, HOST)) == 0
    if released_by == "tlbwe":
        machine.tlbwe(0, 0, 0)
    elif released_by == "pid":
        machine.set_pid(2)
    else:
        machine.probe.set_index(0)
        machine.guest_entry(7, 0x3000_0000, RAM + 0x7000)
        machine.touch(0x3000_0000)
    assert machine.stat("host_killed") == 1
    assert 1 not in machine.host_entries()
    assert machine.change(host_misses, lambda: machine.probe.touch(2, HOST)) == 1


@pytest.mark.parametrize(("entries", "memory"), SIZES)
@pytest.mark.parametrize(("flush", "writes"), [("walk", None), ("once", 1)])
def test_invariant_24_put_wipes_the_hardware_not_the_references(
    entries: int, memory: str, flush: str, writes: int | None
) -> None:
    machine = new(entries, memory, pages=30, costs={"flush": flush})
    for page in range(30):
        machine.touch(USER + page * 4096)
    machine.probe.touch(2, HOST)
    references, held = machine.scheme.references(), machine.pages_held()
    tlbwe = machine.change(machine.tlbwe_count, machine.probe.put)
    assert tlbwe == (machine.hwater + 1 if writes is None else writes)
    assert not any(entry[0] & VALID for entry in machine.hardware())
    assert machine.scheme.references() == references
    assert machine.pages_held() == held > 0
    assert machine.change(machine.tlbwe_count, machine.probe.load) == 0


@pytest.mark.parametrize("pages", [1, 20, 40])
def test_invariant_25_heavy_exit_costs_one_miss_for_each_page(pages: int) -> None:
    machine = new(pages=pages)
    machine.guest_entry(100, DEVICE, 0xEF60_0000, tid=0, word2=0x507)
    working_set = [USER + page * 4096 for page in range(pages)]
    for ea in working_set:
        machine.touch(ea)
    machine.touch(DEVICE, STORE)
    assert machine.exits("mmio") == 1
    assert not machine.shadows()
    assert machine.host_entries(), "what the VMM faulted in after the put is still there"
    for _ in range(2):
        for ea in working_set:
            machine.touch(ea)
        assert machine.exits("dtlb_v") == 2 * pages


def test_invariant_28_dirty_only_if_the_user_may_write() -> None:
    machine = new()
    for permissions in range(64):
        dirty, clean = machine.stat("pages_dirty"), machine.stat("pages_clean")
        machine.guest_entry(0, USER, RAM, word2=permissions)
        machine.touch(USER)
        machine.tlbwe(0, 0, 0)
        writable = permissions >> 4 & 1
        assert machine.stat("pages_dirty") - dirty == writable
        assert machine.stat("pages_clean") - clean == 1 - writable


@pytest.mark.parametrize("supervisor_may_write", [0, 1])
def test_invariant_28_mapped_in_kernel_mode_the_supervisor_decides(supervisor_may_write: int) -> None:
    machine = new()
    machine.guest_entry(0, USER, RAM, word2=0b010_101 | supervisor_may_write << 1)
    machine.kernel_mode()
    machine.core.touch(USER, LOAD, False)
    machine.tlbwe(0, 0, 0)
    assert machine.stat("pages_dirty") == supervisor_may_write
    assert machine.stat("pages_clean") == 1 - supervisor_may_write
