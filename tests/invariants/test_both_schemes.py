# SPDX-License-Identifier: BSD-3-Clause
"""What the two schemes have in common: invariants 20, 21 and 27 of the KVM dossier."""

from __future__ import annotations

import pytest

from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import KERNEL, LOAD, SCHEMES, Played

USER = 0x1000_0000
RAM = 0x0200_0000
PLACES = [(64, "256MiB"), (64, "512MiB"), (64, "768MiB"), (63, "256MiB")]

both = pytest.mark.parametrize("scheme", SCHEMES)


def mixed(scheme: str, entries: int = 64, memory: str = "256MiB") -> tuple[Played, set[int], set[int]]:
    """A machine with shadows of user pages and of kernel pages; the slots of each."""
    machine = Played(scheme, entries=entries, memory=memory)
    for page in range(10):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        machine.touch(USER + page * 4096)
    user = set(machine.live())
    machine.kernel_mode()
    for page in range(5):
        machine.core.touch(KERNEL + page * 4096, LOAD, False)
    machine.user_mode()
    return machine, user, set(machine.live()) - user


@both
@pytest.mark.parametrize(("entries", "memory"), PLACES)
def test_invariant_20_same_pid_releases_nothing(scheme: str, entries: int, memory: str) -> None:
    machine, _, _ = mixed(scheme, entries, memory)
    hardware, live_slots, written = machine.hardware(), machine.live(), machine.tlbwe_count()
    machine.set_pid(1)
    assert machine.hardware() == hardware
    assert machine.live() == live_slots
    assert machine.tlbwe_count() == written


@both
@pytest.mark.parametrize(("entries", "memory"), PLACES)
def test_invariant_20_new_pid_releases_every_user_shadow(scheme: str, entries: int, memory: str) -> None:
    machine, user, kernel = mixed(scheme, entries, memory)
    before = machine.hardware()
    assert len(user) == 10 and len(kernel) == 5
    machine.set_pid(2)
    assert set(machine.live()) == set(machine.shadows()) == kernel
    assert [machine.tlb.read(slot) for slot in sorted(kernel)] == [before[slot] for slot in sorted(kernel)]
    assert machine.pages_held() == len(kernel)


@both
@pytest.mark.parametrize("old", [0, 1, 255])
def test_invariant_20_only_eight_bits_of_the_pid_count(scheme: str, old: int) -> None:
    machine, _, _ = mixed(scheme)
    machine.set_pid(old)
    machine.guest_entry(20, USER + 0x10_0000, RAM, tid=0)
    machine.touch(USER + 0x20_0000)  # a real miss: the guest's handler gives the current PID a page
    live_slots = machine.live()
    machine.set_pid(old | 0x300)
    assert machine.live() == live_slots


@both
@pytest.mark.parametrize(("entries", "memory"), PLACES)
def test_invariant_21_privilege_changes_no_slot(scheme: str, entries: int, memory: str) -> None:
    machine, _, _ = mixed(scheme, entries, memory)
    hardware, live_slots, written = machine.hardware(), machine.live(), machine.tlbwe_count()
    for _ in range(3):
        machine.kernel_mode()
        assert machine.hardware() == hardware
        machine.user_mode()
        assert machine.hardware() == hardware
    assert machine.live() == live_slots
    assert machine.tlbwe_count() == written


@both
@pytest.mark.parametrize(("entries", "memory"), PLACES)
@pytest.mark.parametrize("page_size", ["4KiB", "64KiB"])
@pytest.mark.parametrize("share", [1, 3, 1000])
def test_invariant_27_every_page_is_dropped_once(
    scheme: str, entries: int, memory: str, page_size: str, share: int
) -> None:
    machine = live(scheme, entries=entries, memory=memory, page_size=page_size)
    if share == 1:
        run_to_end(machine)
    else:
        machine.core.advance(30_000 // share, -1)
    taken = machine.stat("pages_taken")
    assert machine.pages_held() == len(machine.live()) > 0
    assert machine.pages_held() <= machine.hwater + 1, "at most one for each slot"
    for _ in range(2):
        machine.host.teardown()
        assert machine.pages_held() == 0
        assert machine.stat("pages_taken") == taken
        assert machine.host.double_drops() == 0
    pages = (128 << 20) // (4096 if page_size == "4KiB" else 65536)
    assert not any(machine.host.held(page) for page in range(pages))
    assert not machine.live()


@both
def test_invariant_27_pages_are_held_as_often_as_slots_name_them(scheme: str) -> None:
    machine = live(scheme)
    while machine.core.advance(2_003, -1)[0] == 0:
        named = list(machine.live().values())
        assert machine.pages_held() == len(named)
        for page in set(named):
            assert machine.host.held(page) == named.count(page)
