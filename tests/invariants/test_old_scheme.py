# SPDX-License-Identifier: BSD-3-Clause
"""E3b, the shadow array that is reloaded: invariants 5, 6, 7, 16, 18, 25, 28 and 41 of the KVM dossier."""

from __future__ import annotations

import pytest

from tests.helpers.played_machine import DEVICE, FREE_C, KERNEL, LOAD, STORE, Played

SIZES = [(64, "256MiB"), (64, "512MiB"), (64, "768MiB"), (63, "256MiB"), (6, "256MiB"), (3, "256MiB")]
USER = 0x1000_0000
RAM = 0x0200_0000


def old(entries: int = 64, memory: str = "256MiB", pages: int = 0, **settings: object) -> Played:
    """An E3b machine whose guest TLB translates so many user pages; nothing of them is mapped yet."""
    machine = Played("e3b", entries=entries, memory=memory, guest_entries=128, costs=FREE_C, **settings)
    for page in range(pages):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
    return machine


@pytest.mark.parametrize(("entries", "memory"), SIZES)
def test_invariant_05_slot_h_never_reaches_the_hardware(entries: int, memory: str) -> None:
    machine = old(entries, memory, pages=64)
    last = machine.hwater
    for page in range(last):
        machine.touch(USER + page * 4096)
    assert machine.exits("dtlb_v") == last
    before = machine.tlb.read(last)
    maps = machine.watch("maps")
    machine.touch(USER + last * 4096)
    assert machine.tlb.read(last) == before
    assert machine.exits("dtlb_v") == last + 2
    assert [text.split()[0] for _, text in maps()] == [f"slot={last}", "slot=0"]
    assert machine.live()[last] == machine.live()[0], "the wasted slot goes on pinning the page"


@pytest.mark.parametrize(("entries", "memory"), SIZES)
def test_invariant_06_light_exit_that_modifies_nothing(entries: int, memory: str) -> None:
    machine = old(entries, memory, pages=2)
    machine.touch(USER)
    stub_to_return = 11 + 42 + 26 + 2 + 23
    cost = machine.change(lambda: machine.exit_instructions("inst_emu"), machine.light_exit)
    assert cost == stub_to_return + 100 + 5 * machine.hwater
    assert machine.change(machine.tlbwe_count, machine.light_exit) == 0
    assert machine.change(lambda: machine.stat("slots_visited"), machine.light_exit) == machine.hwater
    assert machine.change(lambda: machine.stat("slots_written"), machine.light_exit) == 0


@pytest.mark.parametrize(("entries", "memory"), SIZES)
@pytest.mark.parametrize("pages", [0, 1, 40])
def test_invariant_07_load_rewrites_all_but_the_last_slot(entries: int, memory: str, pages: int) -> None:
    machine = old(entries, memory, pages=64)
    for page in range(min(pages, machine.hwater)):
        machine.touch(USER + page * 4096)
    machine.probe.put()
    machine.probe.load()
    assert machine.change(machine.tlbwe_count, machine.probe.enter) == 3 * machine.hwater
    assert machine.change(machine.tlbwe_count, machine.probe.enter) == 0
    machine.probe.load()
    assert machine.change(lambda: machine.stat("slots_written"), machine.probe.enter) == machine.hwater
    assert machine.change(lambda: machine.stat("slots_written"), machine.probe.enter) == 0


@pytest.mark.parametrize(("entries", "memory"), SIZES)
@pytest.mark.parametrize("laps", [1, 2, 3])
def test_invariant_16_one_more_miss_each_time_slot_h_is_handed_out(entries: int, memory: str, laps: int) -> None:
    machine = old(entries, memory)
    machine.kernel_mode()
    distinct = laps * (machine.hwater + 1)
    for page in range(distinct):
        machine.core.touch(KERNEL + page * 4096, LOAD, False)
    handed_out = machine.stat("maps") // (machine.hwater + 1)
    assert machine.exits("dtlb_v") == machine.stat("maps") == distinct + handed_out
    assert handed_out >= laps


def overlapping(machine: Played) -> dict[str, int]:
    """Shadows of four guest entries, three of which meet in effective addresses; their slots by name."""
    machine.guest_entry(2, 0x2000_7000, RAM + 0x7000, tid=0)
    machine.guest_entry(3, 0x2000_3000, RAM + 0x3000)
    machine.guest_entry(5, 0x2000_0000, RAM + 0x10_0000, size=1 << 20)
    machine.guest_entry(6, 0x2010_0000, RAM + 0x8000)
    machine.kernel_mode()
    slots = {}
    for name, ea in (("tid 0", 0x2000_7000), ("small", 0x2000_3000), ("large", 0x2000_1000), ("beside", 0x2010_0000)):
        before = set(machine.live())
        machine.core.touch(ea, LOAD, False)
        (slots[name],) = set(machine.live()) - before
    return slots


def test_invariant_18_drops_by_effective_address() -> None:
    machine = old()
    slots = overlapping(machine)
    machine.tlbwe(5, 0, 0)
    assert set(machine.live()) == {slots["tid 0"], slots["beside"]}
    assert set(machine.shadows()) == set(machine.live()), "the entry after the exit wiped them from the hardware"


def test_invariant_18_a_tid_0_entry_takes_both_kinds_along() -> None:
    machine = old()
    slots = overlapping(machine)
    machine.guest_entry(0, 0x2000_0000, RAM, size=16 << 20, tid=0)
    machine.tlbwe(0, 0, 0, tid=0)
    assert set(machine.live()) == set()
    assert len(slots) == 4


@pytest.mark.parametrize(("entries", "memory"), SIZES[:5])
def test_invariant_25_heavy_exit_costs_the_guest_nothing_and_the_host_everything(entries: int, memory: str) -> None:
    machine = old(entries, memory, pages=64)
    machine.guest_entry(100, DEVICE, 0xEF60_0000, tid=0, word2=0x507)
    working_set = [USER + page * 4096 for page in range(machine.hwater)]
    for ea in working_set:
        machine.touch(ea)
    machine.probe.touch(2, 0x4000_0000)
    machine.probe.touch(2, 0x4000_1000)
    machine.touch(DEVICE, STORE)
    assert machine.exits("mmio") == 1
    assert set(machine.host_entries()) <= {machine.hwater}, "only the slot that is never reloaded can keep one"
    misses = machine.exits("dtlb_v")
    for ea in working_set:
        machine.touch(ea)
    assert machine.exits("dtlb_v") == misses
    misses = machine.by_label("host_misses")["task"]
    machine.probe.touch(2, 0x4000_0000)
    assert machine.by_label("host_misses")["task"] == misses + 1


@pytest.mark.parametrize("permissions", [0b001001, 0b011011, 0b101101, 0b111111])
def test_invariant_28_every_release_is_dirty(permissions: int) -> None:
    machine = old()
    machine.guest_entry(0, USER, RAM, word2=permissions)
    machine.touch(USER)
    machine.tlbwe(0, 0, 0)
    assert (machine.stat("pages_dirty"), machine.stat("pages_clean")) == (1, 0)


@pytest.mark.parametrize(("entries", "memory"), SIZES[:5])
def test_invariant_41_duplicate_after_clobber_refault_and_load(entries: int, memory: str) -> None:
    machine = old(entries, memory, pages=4)
    machine.touch(USER)
    machine.probe.set_index(machine.hwater)
    machine.probe.touch(2, 0x4000_0000)
    assert 0 in machine.host_entries()
    assert machine.stat("guest_clobbered") == 1
    machine.touch(USER)
    assert machine.exits("dtlb_v") == 2

    def overlaps() -> int:
        return int(machine.tlb.read_stats()["overlapping_writes"])

    assert overlaps() == 0
    machine.probe.put()
    machine.probe.load()
    assert machine.change(overlaps, machine.probe.enter) == 1
    matching = [slot for slot, entry in machine.shadows().items() if entry[0] & 0xFFFFF000 == USER]
    assert matching == [0, 1]
    assert machine.tlb.find(1, 0, USER) == 0, "here the lowest index wins"
