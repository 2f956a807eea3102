# SPDX-License-Identifier: BSD-3-Clause
"""Causes of virt misses, scenario by scenario: the event that took the last live copy away is the one that counts."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects.isa.arch import entry
from simobjects.kvm.schemes import historical, what_ifs
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import ARRAYS, INSERTIONS, KERNEL, LOAD, Played

SCHEMES = historical()
WHAT_IFS = what_ifs()

USER = 0x1000_0000
RAM = 0x0200_0000
EVERY = (*SCHEMES, *(name for name in WHAT_IFS if name != "wide_guest"))
TWO_PIDS = ("e3b", "e4", "e5", "e6", "flush_once", "large_pages", "spare_host")


def played(scheme: str, pages: int = 1, **settings: Any) -> Played:
    """A machine with so many user pages in the guest's TLB, all of them touched."""
    machine = Played(scheme, guest_entries=128, **settings)
    for page in range(pages):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
    for page in range(pages):
        machine.touch(USER + page * 4096)
    return machine


def causes(machine: Played) -> dict[str, int]:
    return {name: n for name, n in machine.by_label("virt_miss_causes").items() if n}


def why(machine: Played, ea: int = USER, user: bool = True) -> str | None:
    """The cause of the next miss at an address; None when it hits."""
    before = causes(machine)
    machine.core.touch(ea, LOAD, user)
    new = {name: n - before.get(name, 0) for name, n in causes(machine).items() if n != before.get(name, 0)}
    assert sum(new.values()) <= 1
    return next(iter(new), None)


def clobber(machine: Played, slot: int = 0) -> None:
    """A miss of the host's takes a slot."""
    machine.probe.set_index((slot - 1) % (machine.hwater + 1))
    machine.probe.touch(2, 0x4000_0000)


@pytest.mark.parametrize("scheme", EVERY)
def test_first_touch(scheme: str) -> None:
    machine = played(scheme, pages=5)
    assert causes(machine) == {"first_touch": 5}
    assert why(machine) is None


@pytest.mark.parametrize("scheme", [name for name in EVERY if name != "large_pages"])
def test_large_page_is_cut(scheme: str) -> None:
    machine = played(scheme, pages=0)
    machine.guest_entry(5, USER, RAM, size=1 << 20)
    assert [why(machine, USER + page * 4096) for page in (7, 0, 255)] == ["first_touch", "page_cut", "page_cut"]


def test_eager_map_counts_as_a_map_of_the_entry() -> None:
    machine = played("e4", pages=0)
    words = entry(USER, RAM, 1 << 20, 0x3F)
    for word in (1, 2, 0):
        machine.tlbwe(5, word, words[word])
    assert why(machine, USER) is None
    assert why(machine, USER + 0x3000) == "page_cut"


@pytest.mark.parametrize("scheme", [*INSERTIONS, "flush_once", "tagged", "spare_host"])
def test_evicted_by_a_map_of_its_own(scheme: str) -> None:
    machine = played(scheme, pages=64)
    assert why(machine, USER) == "own_map"
    assert why(machine, USER + 20 * 4096) is None


@pytest.mark.parametrize("scheme", ARRAYS)
def test_evicted_by_a_map_of_its_own_in_an_array(scheme: str) -> None:
    machine = played(scheme, pages=65)
    assert causes(machine) == {"first_touch": 65, "lost_slot": 1}
    assert why(machine, USER) == "own_map"


@pytest.mark.parametrize("scheme", [*ARRAYS[2:], *INSERTIONS])
def test_evicted_by_the_host_and_what_comes_after_changes_nothing(scheme: str) -> None:
    machine = played(scheme)
    (slot,) = machine.shadows()
    clobber(machine, slot)
    machine.probe.flush_address_space()
    assert why(machine) == "host_miss"


@pytest.mark.parametrize("scheme", TWO_PIDS)
def test_release_of_a_stale_reference_changes_nothing(scheme: str) -> None:
    machine = played(scheme)
    (slot,) = machine.shadows()
    clobber(machine, slot)
    machine.set_pid(2)
    machine.set_pid(1)
    assert why(machine) == "host_miss"


@pytest.mark.parametrize("scheme", ["e4", "e5", "flush_once", "tagged", "large_pages", "spare_host"])
def test_put_sweep(scheme: str) -> None:
    machine = played(scheme, pages=3)
    machine.probe.put()
    machine.probe.load()
    machine.probe.enter()
    assert [why(machine, USER + page * 4096) for page in range(3)] == ["put_sweep"] * 3


@pytest.mark.parametrize("scheme", [*ARRAYS, "e6"])
def test_what_a_load_brings_back_is_not_missed(scheme: str) -> None:
    machine = played(scheme, pages=3)
    machine.probe.put()
    machine.probe.load()
    machine.probe.enter()
    assert [why(machine, USER + page * 4096) for page in range(3)] == [None] * 3


@pytest.mark.parametrize("scheme", [*ARRAYS[2:], *INSERTIONS])
def test_host_flush(scheme: str) -> None:
    machine = played(scheme)
    machine.probe.flush_address_space()
    assert why(machine) == "host_flush"


@pytest.mark.parametrize("scheme", TWO_PIDS)
def test_pid_change(scheme: str) -> None:
    machine = played(scheme)
    machine.set_pid(2)
    machine.set_pid(1)
    assert why(machine) == "pid_change"


def test_pid_change_of_e3_comes_with_the_privilege_switch() -> None:
    machine = played("e3")
    machine.set_pid(2)
    machine.set_pid(1)
    assert why(machine) is None
    machine.kernel_mode()
    machine.user_mode()
    assert why(machine) == "pid_change"


@pytest.mark.parametrize("scheme", ["e0", "e1", "e2"])
def test_privilege_switch(scheme: str) -> None:
    machine = played(scheme)
    machine.kernel_mode()
    machine.user_mode()
    assert why(machine) == "privilege"


@pytest.mark.parametrize("scheme", ARRAYS)
def test_tlbwe_over_an_entry_that_met_it(scheme: str) -> None:
    machine = played(scheme)
    machine.guest_entry(9, USER, RAM, size=1 << 20)
    machine.tlbwe(9, 0, 0)
    assert why(machine) == "guest_tlbwe"


@pytest.mark.parametrize("scheme", EVERY)
def test_written_entry_begins_anew(scheme: str) -> None:
    machine = played(scheme)
    machine.tlbwe(0, 0, 0)
    machine.guest_entry(0, USER, RAM)
    assert why(machine) == "first_touch"


@pytest.mark.parametrize("scheme", ARRAYS)
def test_lost_slot(scheme: str) -> None:
    machine = played(scheme, pages=0)
    machine.guest_entry(0, USER, RAM)
    machine.scheme.set_position(machine.hwater)
    machine.touch(USER)
    assert causes(machine) == {"first_touch": 1, "lost_slot": 1}


def test_duplicate() -> None:
    """A user's access through a TID-0 entry: the copy is there, and cannot match."""
    machine = Played("e4", core={"watchdog": 4})
    machine.guest_entry(0, USER, RAM, tid=0)
    assert not machine.touch(USER)
    assert causes(machine) == {"first_touch": 1, "duplicate": 3}


@pytest.mark.parametrize("scheme", ["e4", "e3b"])
def test_fetch_from_outside_ram_has_a_cause_too(scheme: str) -> None:
    machine = live(scheme)
    run_to_end(machine)
    assert sum(causes(machine).values()) == machine.exits("itlb_v") + machine.exits("dtlb_v")


def test_refill_is_charged_with_its_handler_and_what_it_threw_out() -> None:
    machine = played("e4", pages=1)
    machine.kernel_mode()
    machine.core.touch(KERNEL, LOAD, False)
    machine.user_mode()
    assert sum(machine.stat("refill_exits")) == machine.stat("refill_cycles") == 0
    before = machine.by_label("exits_by_kind")
    machine.probe.set_index(0)
    machine.touch(0x3000_0000)  # real: its handler makes maps
    exits = {kind: new - before[kind] for kind, new in machine.by_label("exits_by_kind").items()}
    exits["dtlb_r"] -= 1
    assert machine.by_label("refill_exits") == exits
    assert exits["inst_emu"] == 18
    assert why(machine) == "own_map"
    assert machine.by_label("refill_later_misses")["own_map"] == 1
