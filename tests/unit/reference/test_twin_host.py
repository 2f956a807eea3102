# SPDX-License-Identifier: BSD-3-Clause
"""The twin's KVM: exits, schemes, heavy exits and ticks, with the figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.arrays import ShadowArray
from tests.reference.host import EXITS, OPERATIONS, Host
from tests.reference.insertion import DirectInsertion
from tests.reference.machine import TwinMachine
from tests.reference.schemes import Bill, Mapping, shadow_entry
from tests.reference.settings import Costs
from tests.reference.stream import LOAD, Record
from tests.reference.tlb import NOWHERE, SPACE, VALID, Entry, size_field

NO_LATENCIES = {"interrupt_latency": 0, "rfi_latency": 0, "tlbwe_latency": 0, "spr_latency": 0}
C_MAP = Costs().c_map
VMM: list[Record] = [(0x10000, 0x20000, 0, 1, 5)]


def virtual(mode: str, streams: list[list[Record]] | None = None, **changes: Any) -> tuple[TwinMachine, Host]:
    params = {"mode": mode, "n": 64, "memory": 256 << 20, "hz": 1, "costs": NO_LATENCIES, **changes}
    tasks = [VMM for _ in params.get("tasks", [])]
    machine = TwinMachine(params, streams or [[]], VMM, tasks)
    assert machine.host is not None
    return machine, machine.host


def guest_page(ea: int, tid: int, w2: int = 0x3F, size: int = 4096, gpa: int = 0x2000000) -> Entry:
    return Entry(ea | VALID | size_field(size), gpa, w2, tid)


def spent(host: Host, kind: str) -> int:
    return host.exit_instructions[kind]


# --- placement


@pytest.mark.parametrize(("mebibytes", "debug", "hwater"), [(256, 0, 62), (512, 0, 61), (768, 0, 60), (256, 1, 61)])
def test_high_water_mark(mebibytes: int, debug: int, hwater: int) -> None:
    machine, _ = virtual("e4", memory=mebibytes << 20, early_debug=bool(debug))
    assert machine.settings.hwater == hwater
    assert all(entry.valid for entry in machine.tlb.slots[hwater + 1 :])
    assert not any(entry.valid for entry in machine.tlb.slots[: hwater + 1])
    assert machine.tlb.tlbwe == 0


# --- the shadow entry


def test_permissions_are_those_of_the_mode_at_map_time() -> None:
    guest = guest_page(0x1000, tid=5, w2=0x38 | 0x05 | 0xF80)
    user = shadow_entry(Mapping(0x1000, 0x2000000, guest, 3, in_kernel=False), 4096)
    kernel = shadow_entry(Mapping(0x1000, 0x2000000, guest, 3, in_kernel=True), 4096)
    assert (user.w2, user.tid, user.w1) == (0x38 | 7 | 0x200, 0, 0x3000000)
    assert kernel.w2 == 0x28 | 7 | 0x200
    assert user.w0 == 0x1000 | VALID | SPACE | 0x10


@pytest.mark.parametrize(("size", "page"), [(4096, 4096), (1024, 4096), (65536, 65536), (1 << 28, 65536)])
def test_shadow_page_size(size: int, page: int) -> None:
    guest = guest_page(0xC0000000, tid=0, size=size, gpa=0)
    entry = shadow_entry(Mapping(0xC0012345, 0x12345, guest, 3, in_kernel=True), 65536)
    assert (entry.bytes, entry.tid) == (page, 1)
    assert (entry.start, entry.w1) == (0xC0012345 // page * page, 0x01000000 + 0x12345 // page * page)


# --- light exits


@pytest.mark.parametrize(("mode", "entry"), [("e4", 50), ("e3b", 100 + 5 * 62)])
def test_light_exits(mode: str, entry: int) -> None:
    machine, host = virtual(mode)
    host.mfspr("DEAR")
    assert spent(host, "inst_emu") == 11 + 42 + 26 + 2 + 60 + 100 + 23 + entry
    host.interrupt(8)
    assert spent(host, "sysc") == 11 + 42 + 60 + 20 + 60 + 6 + entry
    assert (machine.core.pid, host.virtual_user) == (1, False)
    host.rfi(to_user=False)
    assert machine.core.pid == 1
    host.rfi(to_user=True)
    assert (machine.core.pid, machine.core.space) == (0, 1)
    assert machine.tlb.tlbwe == 0
    assert host.emulated == dict.fromkeys(OPERATIONS, 0) | {"mfspr": 1, "rfi": 2}


def test_virtual_miss_e4() -> None:
    machine, host = virtual("e4")
    host.guest_tlb.place(5, guest_page(0x1000, tid=1))
    assert not host.miss(LOAD, 0x1234)
    assert spent(host, "dtlb_v") == 11 + 42 + 26 + 2 + 2 + 60 + 5 * 13 + 20 + C_MAP + 6 + 6 + 50
    assert machine.tlb.find(1, 0, 0x1000) == 1
    assert host.exits["dtlb_v"] == host.counts.maps == 1


def test_virtual_miss_e3b_is_written_at_entry() -> None:
    machine, host = virtual("e3b")
    host.guest_tlb.place(0, guest_page(0x1000, tid=1))
    host.miss(LOAD, 0x1234)
    assert spent(host, "dtlb_v") == 83 + 60 + 20 + C_MAP + 6 + 100 + 5 * 62 + 10
    assert (machine.tlb.tlbwe, machine.tlb.find(1, 0, 0x1000)) == (3, 0)
    assert (host.counts.slots_visited, host.counts.slots_written) == (62, 1)


def test_e3b_never_writes_slot_h() -> None:
    machine, host = virtual("e3b", n=4)
    host.guest_tlb.place(0, guest_page(0x1000, tid=1))
    assert isinstance(host.scheme, ShadowArray)
    host.scheme.position = 2
    host.miss(LOAD, 0x1000)
    assert (machine.tlb.find(1, 0, 0x1000), machine.tlb.tlbwe) == (NOWHERE, 0)
    host.miss(LOAD, 0x1000)
    assert machine.tlb.find(1, 0, 0x1000) == 0


# --- the guest's tlbwe


@pytest.mark.parametrize("mode", ["e3b", "e4"])
def test_a_refill_over_a_valid_entry_takes_three_slots_and_leaves_one(mode: str) -> None:
    machine, host = virtual(mode)
    host.guest_tlb.place(5, guest_page(0x1000, tid=1))
    host.interrupt(8)
    host.stid = 1
    host.tlbwe(5, 1, 0x3000000)
    host.tlbwe(5, 0, guest_page(0x9000, 1).w0)
    host.tlbwe(5, 2, 0x3F)
    counts = host.counts
    assert (host.eager_maps, counts.maps, counts.pages_taken) == (3, 3, 3)
    assert counts.pages_dirty + counts.pages_clean == 2
    live = [entry.start for entry in machine.tlb.slots if entry.valid and entry.space]
    assert live == [0x9000]
    if mode == "e4":
        scans = 3 * 7 * 64 + 2 * 91
        assert spent(host, "inst_emu") == 3 * (81 + 60 + 100 + 40 + C_MAP + 6 + 23 + 50) + scans


def test_e4_releases_by_provenance_and_e3b_by_address() -> None:
    big = guest_page(0x10000, tid=1, size=65536)
    for mode, left in (("e4", 1), ("e3b", 0)):
        machine, host = virtual(mode)
        host.guest_tlb.place(4, guest_page(0x11000, tid=1))
        host.guest_tlb.place(5, big)
        host.miss(LOAD, 0x11000)
        host.miss(LOAD, 0x12000)
        bill = Bill()
        host.scheme.invalidate(5, big, bill)
        host.scheme.enter(bill)
        assert sum(1 for entry in machine.tlb.slots if entry.valid and entry.space) == left


@pytest.mark.parametrize("mode", ["e3b", "e4"])
def test_a_new_pid_drops_user_shadows_only(mode: str) -> None:
    machine, host = virtual(mode)
    host.guest_tlb.place(4, guest_page(0x11000, tid=1))
    host.miss(LOAD, 0x11000)
    host.miss(LOAD, 0xC0000000)
    host.mtspr("PID", 1)
    assert machine.tlb.find(1, 0, 0x11000) != NOWHERE
    host.mtspr("PID", 2)
    assert machine.tlb.find(1, 0, 0x11000) == NOWHERE
    assert machine.tlb.find(1, 1, 0xC0000000) != NOWHERE


def test_release_kills_what_the_host_put_there() -> None:
    machine, host = virtual("e4")
    host.guest_tlb.place(4, guest_page(0x11000, tid=1))
    host.miss(LOAD, 0x11000)
    machine.tlb.write(1, guest_page(0x50000, tid=2))
    assert isinstance(host.scheme, DirectInsertion)
    host.scheme.set_pid(Bill())
    assert (host.counts.host_killed, machine.tlb.slots[1].valid) == (1, False)


# --- heavy exits


@pytest.mark.parametrize(("flush", "sweep", "writes"), [("walk", 10 + 4 * 62, 63), ("once", 12, 1)])
def test_mmio(flush: str, sweep: int, writes: int) -> None:
    machine, host = virtual("e4", flush=flush, vmm={"instructions": 5})
    host.guest_tlb.place(5, guest_page(0xD1000000, tid=0, gpa=0xEF600000))
    host.miss(LOAD, 0x30000000)
    before = machine.tlb.tlbwe
    assert host.miss(LOAD, 0xD1000000)
    assert spent(host, "mmio") == 83 + 60 + 5 * 13 + 20 + 24 + 39 + 300 + sweep + 400 + 41 + 50
    # The VMM fetched and loaded: two misses of its own, on fresh slots.
    assert machine.tlb.tlbwe - before == writes + 6
    assert machine.core.cycles["vmm"] == (5 + 53 + 55) * 1000
    assert (host.puts, host.side.misses["vmm"]) == (1, 2)


def test_after_a_put_e3b_writes_all_but_slot_h() -> None:
    machine, host = virtual("e3b")
    host.guest_tlb.place(5, guest_page(0xD1000000, tid=0, gpa=0xEF600000))
    host.miss(LOAD, 0xD1000000)
    assert host.counts.slots_written == 62
    assert machine.tlb.tlbwe == 63 + 3 * 62
    host.mfspr("DEAR")
    assert host.counts.slots_written == 62


# --- ticks


def test_a_tick_with_a_task_and_interrupt_pages() -> None:
    tasks = [{"every": 1, "instructions": 5}, {"every": 2, "instructions": 5}]
    machine, host = virtual("e4", tasks=tasks, interrupt_pages=2)
    host.tick()
    assert spent(host, "dec") == 11 + 42 + 60 + 6 + 50
    cycles = machine.core.cycles
    assert cycles["tick"] == (3000 + 2 * 54) * 1000
    assert cycles["switch"] == (10 + 4 * 62 + 2 * 800) * 1000
    assert cycles["tasks"] == (5 + 53 + 55) * 1000
    assert host.host_alive == 2
    host.tick()
    assert (host.ticks, host.task_turns, host.puts) == (2, 3, 2)
    assert host.side.misses == {"vmm": 0, "task": 6, "interrupt": 4}
    assert cycles["switch"] == (2 * (10 + 4 * 62) + 5 * 800) * 1000


def test_a_signal_makes_the_tick_heavy() -> None:
    _, host = virtual("e4", signal_every=2, vmm={"instructions": 5})
    host.tick()
    host.tick()
    assert (host.exits["dec"], host.exits["sig"]) == (2, 1)
    assert spent(host, "dec") == 2 * 113 + 56
    assert spent(host, "sig") == 7 + 39 + 300 + 258 + 400 + 41 + 50


def test_flushes_of_a_task() -> None:
    machine, host = virtual("e4", vmm={"instructions": 5, "flush_every": 2, "page_flush_every": 1})
    host.side.take_turn(host.vmm, "vmm")
    # The stream stands at its first record again: the data page that was loaded last goes.
    assert machine.tlb.find(0, 1, 0x20000000) == NOWHERE
    assert machine.tlb.find(0, 1, 0x10000000) != NOWHERE
    assert machine.core.cycles["vmm"] == (5 + 53 + 55 + 12) * 1000
    host.side.take_turn(host.vmm, "vmm")
    assert machine.tlb.find(0, 1, 0x10000000) == NOWHERE
    assert host.side.sweeps == 1


# --- a whole run


@pytest.mark.parametrize("mode", ["e3b", "e4"])
def test_one_data_reference(mode: str) -> None:
    machine, host = virtual(mode, [[(0x10000, 0x20000, 0, 1, 0)]])
    assert machine.run() == "end"
    stats = machine.stats()
    exits = dict(zip(EXITS, stats["host"]["exits"], strict=True))  # type: ignore[arg-type]
    assert (exits["dtlb_r"], exits["inst_emu"]) == (1, 18)
    # handler code, thread struct, page directory, two in the page table's page, the index
    assert exits["itlb_v"] == 1
    assert exits["dtlb_v"] == 4
    assert stats["host"]["emulated"] == [6, 8, 3, 1, *[0] * 13]
    assert stats["core"]["misses"] == [0, 1, 0]
    assert host.eager_maps == 2
    assert sum(stats["core"]["cycles"]) == machine.core.now  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["e3b", "e4"])
def test_user_mode_never_hits_a_kernel_entry(mode: str) -> None:
    machine, host = virtual(mode, [[(0x10000, 0xC0400, 0, 1, 0)]], watchdog=9)
    assert machine.run() == "watchdog"
    assert (host.exits["dtlb_v"], host.exits["dtlb_r"]) == (9, 0)
    assert machine.stats()["core"]["misses"] == [0, 10, 0]
