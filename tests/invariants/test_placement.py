# SPDX-License-Identifier: BSD-3-Clause
"""Where entries are and what is in them: invariants 1, 2, 9, 10, 11, 12 and 17 of the KVM dossier, both schemes.

Here with reference streams; test_emulation.py has what only a guest that executes shows: 33 to 37 and 43.
"""

from __future__ import annotations

import pytest

from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import FETCH, KERNEL, LOAD, RWX, SCHEMES, SPACE, STORE, VALID, Played

PLACES = [
    # entries, memory, early debug, H
    (64, "256MiB", False, 62),
    (64, "512MiB", False, 61),
    (64, "768MiB", False, 60),
    (64, "256MiB", True, 61),
    (64, "512MiB", True, 60),
    (64, "768MiB", True, 59),
    (63, "256MiB", False, 61),
    (64, "128MiB", False, 62),
    (64, "300MiB", False, 61),
    (3, "256MiB", False, 1),
    (4096, "256MiB", False, 4094),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("entries", "memory", "early_debug", "hwater"), PLACES)
def test_invariant_01_pinned_and_replaceable_slots(
    scheme: str, entries: int, memory: str, early_debug: bool, hwater: int
) -> None:
    # The smallest hosts hold a guest of half their size only.
    machine = Played(
        scheme, entries=entries, memory=memory, early_debug=early_debug, guest_entries=8, guest={"memory": "64MiB"}
    )
    assert machine.hwater == hwater
    top = machine.tlb.read(entries - 1)
    assert top == (KERNEL | VALID | 0x90, 0, 0x107, 0)
    above = [machine.tlb.read(slot) for slot in range(hwater + 1, entries)]
    assert all(word0 & VALID for word0, *_ in above), "every slot above H is pinned"
    assert not any(word0 & VALID for word0, *_ in machine.hardware()), "every slot up to H is free at boot"
    assert sum(bool(word0 & SPACE) for word0, *_ in above) == early_debug


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("early_debug", [False, True])
@pytest.mark.parametrize(("entries", "memory"), [(64, "256MiB"), (63, "512MiB"), (24, "768MiB")])
def test_invariant_02_pinned_slots_are_never_written(scheme: str, early_debug: bool, entries: int, memory: str) -> None:
    machine = live(scheme, entries=entries, memory=memory, early_debug=early_debug)
    above = range(machine.hwater + 1, entries)
    before = [machine.tlb.read(slot) for slot in above]
    run_to_end(machine)
    machine.probe.put()
    machine.host.teardown()
    assert machine.stat("sweeps") > machine.stat("puts") > 0
    assert [machine.tlb.read(slot) for slot in above] == before


@pytest.mark.parametrize("scheme", SCHEMES)
def test_invariant_09_hardware_pid_follows_virtual_privilege(scheme: str) -> None:
    machine = Played(scheme)
    assert machine.core.context_now() == (1, 1, 0)
    machine.kernel_mode()
    assert machine.core.context_now() == (1, 1, 1)
    machine.set_pid(7)
    assert machine.core.context_now() == (1, 1, 1), "the guest's PID never reaches the hardware"
    machine.user_mode()
    assert machine.core.context_now() == (1, 1, 0)
    assert machine.host.vcpu()["pid"] == 7


@pytest.mark.parametrize("scheme", SCHEMES)
def test_invariant_09_holds_between_the_references_of_a_live_run(scheme: str) -> None:
    machine = live(scheme)
    reason = 0
    while reason == 0:
        assert machine.core.context_now() == (1, 1, 0)
        reason, _ = machine.core.advance(501, -1)
    assert reason == 1


def covered_by_tid(machine: Played, ea: int) -> set[bool]:
    """For each valid guest entry over `ea`, whether its TID is 0."""
    found = set()
    for index in range(64):
        word0, _, _, tid = machine.guest_tlb.read(index)
        page = 1024 << 2 * (word0 >> 4 & 15)
        if word0 & VALID and ea // page == (word0 & 0xFFFFFC00) // page:
            found.add(tid == 0)
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("page_size", ["4KiB", "64KiB"])
def test_invariant_10_live_shadows(scheme: str, page_size: str) -> None:
    machine = live(scheme, page_size=page_size)
    seen = 0
    reason = 0
    while reason == 0:
        reason, _ = machine.core.advance(997, -1)
        for slot in machine.live().keys() & machine.shadows().keys():
            word0, _, word2, tid = machine.tlb.read(slot)
            assert word0 & SPACE
            assert word2 & 0x007 == 0x007, "SX, SW, SR are forced on"
            assert word2 & 0xF80 == 0x200, "M is set; W, I, G and E are clear"
            assert tid in (0, 1)
            if scheme == "e4":
                owner = machine.guest_tlb.read(machine.scheme.references()[slot][1])
                assert (tid == 1) == (owner[3] == 0)
            else:
                assert (tid == 1) in covered_by_tid(machine, word0 & 0xFFFFFC00)
            seen += 1
    assert seen > 100


def mapped_word2(machine: Played, word2: int, reference: int, *, user: bool) -> int:
    """Word 2 of the shadow that a reference makes KVM map, for a guest entry with this word 2."""
    ea = 0x2000_0000 + (word2 & 0x3F) * 4096
    machine.guest_entry(word2 & 0x3F, ea, 0x0200_0000, word2=word2)
    maps = machine.stat("maps")
    machine.core.touch(ea, reference, user)
    assert machine.stat("maps") in (maps + 1, maps + 2), "twice where the old scheme hands out slot H"
    return int(machine.tlb.read(machine.tlb.find(1, 0, ea))[2])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("reference", [LOAD, STORE, FETCH])
def test_invariant_11_mapped_in_kernel_mode(scheme: str, reference: int) -> None:
    machine = Played(scheme, guest_entries=128)
    machine.kernel_mode()
    for user_bits in range(8):
        for supervisor_bits in range(8):
            word2 = mapped_word2(machine, 0xA500 | user_bits << 3 | supervisor_bits, reference, user=False)
            assert word2 >> 3 & 7 == supervisor_bits, "the supervisor's, whatever the user's were"
            assert word2 & 0xF000 == 0xA000, "U0 to U3 are kept"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("reference", [LOAD, STORE, FETCH])
def test_invariant_12_mapped_in_user_mode(scheme: str, reference: int) -> None:
    machine = Played(scheme, guest_entries=128)
    for permissions in range(64):
        assert mapped_word2(machine, permissions, reference, user=True) >> 3 & 7 == permissions >> 3


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("page_size", "misses"), [("4KiB", 32), ("16KiB", 8), ("64KiB", 2)])
def test_invariant_17_larger_host_pages_miss_less(scheme: str, page_size: str, misses: int) -> None:
    machine = Played(scheme, page_size=page_size)
    machine.kernel_mode()
    for page in range(32):
        machine.core.touch(KERNEL + 0x20_0000 + page * 4096, LOAD, False)
    assert machine.exits("dtlb_v") == misses
    assert len(machine.shadows()) == misses


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("page_size", ["16KiB", "64KiB"])
def test_invariant_17_small_guest_pages_keep_their_offset(scheme: str, page_size: str) -> None:
    machine = Played(scheme, page_size=page_size, guest_base=0x0300_0000)
    machine.guest_entry(0, 0x1000_7000, 0x0200_5000, word2=RWX)
    machine.touch(0x1000_7000)
    ((word0, word1, _, _),) = machine.shadows().values()
    assert word0 == 0x1000_7000 | VALID | SPACE | 0x10
    assert word1 == 0x0300_0000 + 0x0200_5000
    assert list(machine.live().values()) == [0x0200_5000 >> {"16KiB": 14, "64KiB": 16}[page_size]]
