# SPDX-License-Identifier: BSD-3-Clause
"""The schemes before and after the commit: the dossier's invariants 9, 10, 18, 20, 21, 24 to 28 and 39 for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import (
    ALL_SCHEMES,
    ARRAYS,
    DEVICE,
    INSERTIONS,
    KERNEL,
    LOAD,
    STORE,
    Played,
)

GUEST_TIDS = ("e0", "e1", "e2")
BEFORE = (*GUEST_TIDS, "e3")
EAGER = ("e3b", *INSERTIONS)
USER = 0x1000_0000
RAM = 0x0200_0000
HOST = 0x4000_0000
STORAGE = 0xF80

every_scheme = pytest.mark.parametrize("scheme", ALL_SCHEMES)


def mapped(scheme: str, user: int = 5, kernel: int = 3, **settings: Any) -> Played:
    """A machine in kernel mode with shadows of user pages and of kernel pages."""
    machine = Played(scheme, **settings)
    machine.kernel_mode()
    for page in range(user):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        machine.core.touch(USER + page * 4096, LOAD, False)
    for page in range(kernel):
        machine.core.touch(KERNEL + page * 4096, LOAD, False)
    assert len(machine.live()) == user + kernel
    return machine


def tids(machine: Played) -> list[int]:
    """TIDs of the shadows of pages that are held."""
    return sorted(machine.tlb.read(slot)[3] for slot in machine.live())


@pytest.mark.parametrize("scheme", GUEST_TIDS)
@pytest.mark.parametrize("pid", [0, 1, 2, 255])
def test_invariant_09_the_guests_own_pid(scheme: str, pid: int) -> None:
    machine = Played(scheme)
    machine.set_pid(pid)
    for act in (machine.light_exit, machine.kernel_mode, machine.light_exit, machine.user_mode):
        act()
        assert machine.core.context_now() == (1, 1, pid)


@pytest.mark.parametrize("scheme", ["e3", *EAGER])
def test_invariant_09_pid_1_for_the_guests_kernel_0_for_its_user(scheme: str) -> None:
    machine = Played(scheme)
    for pid in (0, 1, 2, 255):
        machine.set_pid(pid)
        machine.kernel_mode()
        assert machine.core.context_now() == (1, 1, 1)
        machine.user_mode()
        assert machine.core.context_now() == (1, 1, 0)


@every_scheme
@pytest.mark.parametrize("storage", [0x000, 0x080, 0x100, 0x500, 0xF80])
@pytest.mark.parametrize("tid", [0, 1, 7])
def test_invariant_10_what_a_shadow_looks_like(scheme: str, storage: int, tid: int) -> None:
    machine = Played(scheme)
    machine.set_pid(tid or 1)
    machine.guest_entry(0, USER, RAM, tid=tid, word2=0x5000 | storage | 0x21)
    machine.kernel_mode()
    machine.core.touch(USER, LOAD, False)
    ((word0, _, word2, shadow_tid),) = machine.shadows().values()
    assert word0 == USER | 0x310
    assert word2 & 0x07 == 0x07
    assert word2 & 0x38 == 0x08, "the supervisor's permissions: of that mode"
    assert word2 & 0xF000 == 0x5000
    assert word2 & STORAGE == (storage if scheme in BEFORE else 0x200)
    assert shadow_tid == (tid if scheme in GUEST_TIDS else int(tid == 0))


@pytest.mark.parametrize("scheme", BEFORE)
@pytest.mark.parametrize("page_size", ["4KiB", "16KiB", "64KiB"])
def test_invariant_10_shadows_were_small(scheme: str, page_size: str) -> None:
    machine = mapped(scheme, user=0, kernel=4, page_size=page_size)
    assert {entry[0] & 0xF0 for entry in machine.shadows().values()} == {0x10}


@pytest.mark.parametrize("scheme", GUEST_TIDS)
@pytest.mark.parametrize(("old_tid", "dropped"), [(0, {0}), (1, {0, 1}), (2, {0, 2})])
def test_invariant_18_tids_of_what_an_overwritten_entry_drops(scheme: str, old_tid: int, dropped: set[int]) -> None:
    machine = Played(scheme)
    machine.kernel_mode()
    for index, tid in enumerate((0, 1, 2, 3)):
        machine.set_pid(tid)
        machine.guest_entry(index, USER + index * 4096, RAM, tid=tid)
        machine.core.touch(USER + index * 4096, LOAD, False)
    assert tids(machine) == [0, 1, 2, 3]
    machine.guest_entry(9, USER, RAM, size=1 << 20, tid=old_tid)
    machine.tlbwe(9, 0, 0)
    assert set(tids(machine)) == {0, 1, 2, 3} - dropped


@every_scheme
def test_invariant_20_same_pid_releases_nothing(scheme: str) -> None:
    machine = mapped(scheme)
    hardware, held = machine.hardware(), machine.live()
    machine.set_pid(1)
    assert machine.hardware() == hardware
    assert machine.live() == held


@every_scheme
def test_invariant_20_new_pid(scheme: str) -> None:
    machine = mapped(scheme)
    machine.set_pid(2)
    if scheme in EAGER:
        assert tids(machine) == [1] * 3, "the kernel's alone"
    elif scheme == "e3":
        assert tids(machine) == [0] * 5 + [1] * 3, "as it was, so far"
    else:
        assert tids(machine) == [0] * 3 + [1] * 5, "the other process's TID hides them"
    machine.set_pid(1)
    misses = machine.exits("dtlb_v")
    machine.core.touch(USER, LOAD, False)
    assert machine.exits("dtlb_v") - misses == (1 if scheme in EAGER else 0)


@every_scheme
@pytest.mark.parametrize("new_pid", [False, True])
def test_invariant_21_privilege_change(scheme: str, new_pid: bool) -> None:
    machine = mapped(scheme)
    if new_pid:
        machine.set_pid(2)
    held = machine.live()
    machine.kernel_mode()
    assert machine.live() == held, "no change"
    machine.user_mode()
    drops = scheme in GUEST_TIDS or (scheme == "e3" and new_pid)
    assert machine.live() == ({} if drops else held)
    assert set(machine.shadows()) == set(machine.live())
    machine.kernel_mode()
    machine.core.touch(KERNEL, LOAD, False)
    left = machine.live()
    machine.user_mode()
    assert machine.live() == ({} if scheme in GUEST_TIDS else left), "E3 has forgotten the new PID"


def test_invariant_24_e6_put_takes_out_the_guests_entries_alone() -> None:
    machine = mapped("e6")
    machine.probe.touch(2, HOST)
    others = machine.host_entries()
    references, held, sweeps = machine.scheme.references(), machine.pages_held(), machine.stat("sweeps")
    written = machine.change(machine.tlbwe_count, machine.probe.put)
    assert written == 8
    assert not machine.shadows()
    assert machine.host_entries() == others
    assert machine.scheme.references() == references
    assert machine.pages_held() == held == 8
    assert machine.stat("sweeps") == sweeps


@pytest.mark.parametrize(("scheme", "stay"), [("e5", False), ("e6", True)])
@pytest.mark.parametrize("pages", [1, 20, 40])
def test_invariant_25_heavy_exit(scheme: str, stay: bool, pages: int) -> None:
    machine = mapped(scheme, user=pages)
    machine.guest_entry(62, DEVICE, 0xEF60_0000, tid=0, word2=0x507)
    machine.probe.touch(2, HOST)
    shadows, others = machine.shadows(), machine.host_entries()
    machine.core.touch(DEVICE, STORE, False)
    assert machine.exits("mmio") == machine.stat("puts") == 1
    assert machine.shadows() == (shadows if stay else {})
    assert (others.items() <= machine.host_entries().items()) == stay
    misses = machine.exits("dtlb_v")
    for page in range(pages):
        machine.core.touch(USER + page * 4096, LOAD, False)
    assert machine.exits("dtlb_v") - misses == (0 if stay else pages)


def test_invariant_25_e6_load_overwrites_what_the_host_put_there() -> None:
    machine = mapped("e6")
    shadows = machine.shadows()
    slot = min(shadows)
    machine.probe.put()
    machine.probe.set_index(slot - 1)
    machine.probe.touch(2, HOST)
    assert set(machine.host_entries()) == {slot}
    assert machine.stat("guest_clobbered") == 0
    machine.probe.load()
    assert machine.shadows() == shadows
    assert not machine.host_entries()


def test_invariant_26_flush_before_save_is_the_commit_again() -> None:
    free = {"e6_visit": 0, "e6_save": 0}
    runs = [live(scheme, costs=free) for scheme in ("e4", "e5")]
    for machine in runs:
        run_to_end(machine)
    commit, released = ([m.core.read_stats(), m.tlb.read_stats(), m.host.read_stats()] for m in runs)
    assert commit == released
    assert runs[0].hardware() == runs[1].hardware()


@every_scheme
@pytest.mark.parametrize("share", [1, 3, 1000])
@pytest.mark.parametrize("page_size", ["4KiB", "64KiB"])
def test_invariant_27_every_page_is_dropped_once(scheme: str, share: int, page_size: str) -> None:
    machine = live(scheme, page_size=page_size)
    machine.core.advance(-1 if share == 1 else 30_000 // share, -1)
    held = list(machine.live().values())
    assert 0 < machine.pages_held() == len(held) <= machine.hwater + 1
    assert all(machine.host.held(page) == held.count(page) for page in held)
    for _ in range(2):
        machine.host.teardown()
        assert machine.pages_held() == machine.host.double_drops() == 0
    assert not any(machine.host.held(page) for page in held)
    assert not machine.live()


@every_scheme
@pytest.mark.parametrize("permissions", [0b001001, 0b011011, 0b101101, 0b111111])
def test_invariant_28_dirty(scheme: str, permissions: int) -> None:
    machine = Played(scheme)
    machine.guest_entry(0, USER, RAM, word2=permissions)
    machine.touch(USER)
    machine.tlbwe(0, 0, 0)
    dirty = 1 if scheme in ARRAYS else permissions >> 4 & 1
    assert (machine.stat("pages_dirty"), machine.stat("pages_clean")) == (dirty, 1 - dirty)


BYTES = {"e0": 3328, "e1": 2304, "e2": 2368, "e3": 2368, "e3b": 2368, "e4": 1536, "e5": 2624, "e6": 2624}


@every_scheme
def test_invariant_39_bytes_for_each_vcpu(scheme: str) -> None:
    machine = Played(scheme)
    tables = [machine.system.guest_tlb]
    for name in ("shadow_tlb", "shadow_refs"):
        if hasattr(machine.system, name):
            tables.append(getattr(machine.system, name))
    sizes: list[Any] = [machine.sim.stats[f"{table.path}.bytes"] for table in tables]
    assert sum(sizes) == BYTES[scheme]
