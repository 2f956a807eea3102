# SPDX-License-Identifier: BSD-3-Clause
"""Two shadows that match at the same time: the lowest wins, the older goes, or the run stops; and the endless miss."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import HostKernel, Simulation
from simobjects.framework import EventKind
from simobjects.isa.arch import entry
from tests.helpers.labels import by_label
from tests.helpers.played_machine import ALL_SCHEMES, FREE_C, RWX, Played, virtual_system

USER = 0x1000_0000
RAM = 0x0200_0000


def two_matches(policy: str, scheme: str = "e3b") -> Played:
    """A shadow that the host overwrote, mapped again elsewhere; then the whole array is loaded."""
    machine = Played(scheme, costs=FREE_C, duplicates=policy)
    machine.guest_entry(0, USER, RAM)
    machine.touch(USER)
    machine.probe.set_index(machine.hwater)
    machine.probe.touch(2, 0x4000_0000)
    machine.touch(USER)
    assert machine.stat("duplicates_written") == 0
    machine.probe.put()
    machine.probe.load()
    machine.probe.enter()
    return machine


def matching(machine: Played) -> list[int]:
    return [slot for slot, entry in machine.shadows().items() if entry[0] & 0xFFFFF000 == USER]


@pytest.mark.parametrize("scheme", ["e2", "e3", "e3b"])
def test_lowest_index_wins(scheme: str) -> None:
    machine = two_matches("lowest", scheme)
    assert (machine.stat("duplicates_written"), machine.stat("duplicates_dropped")) == (1, 0)
    assert matching(machine) == [0, 1]
    assert machine.tlb.find(1, machine.core.context_now()[2], USER) == 0


@pytest.mark.parametrize("scheme", ["e2", "e3", "e3b"])
def test_newer_replaces_older(scheme: str) -> None:
    machine = two_matches("drop_older", scheme)
    assert (machine.stat("duplicates_written"), machine.stat("duplicates_dropped")) == (1, 1)
    assert matching(machine) == [1]
    writes = machine.tlbwe_count()
    machine.probe.load()
    machine.probe.enter()
    assert matching(machine) == [1], "the array still has both, so the next load meets them again"
    assert machine.stat("duplicates_dropped") == 3
    assert machine.tlbwe_count() - writes == 3 * machine.hwater, "what the hardware does itself is no tlbwe"


def test_full_reload_meets_its_duplicates_at_the_next_entry() -> None:
    machine = Played("e1", costs=FREE_C, duplicates="drop_older")
    machine.guest_entry(0, USER, RAM)
    machine.touch(USER)
    machine.probe.set_index(machine.hwater)
    machine.probe.touch(2, 0x4000_0000)
    machine.touch(USER)
    assert (machine.stat("duplicates_written"), machine.stat("duplicates_dropped")) == (1, 1)


def test_pages_stay_held_when_the_hardware_drops_a_shadow() -> None:
    machine = two_matches("drop_older")
    assert len(machine.live()) == machine.pages_held() == 2
    machine.host.teardown()
    assert (machine.pages_held(), machine.host.double_drops()) == (0, 0)


@pytest.mark.parametrize("policy", ["lowest", "drop_older"])
def test_two_tids_of_one_address(policy: str) -> None:
    """Since E3 every user shadow has TID 0, so the eager maps of two processes' entries meet."""
    machine = Played("e4", duplicates=policy)
    machine.refill(0, USER, RAM, tid=1)
    assert machine.stat("duplicates_written") == 0
    machine.refill(1, USER, RAM + 0x1000, tid=2)
    if policy == "lowest":
        assert machine.stat("duplicates_written") == 2, "the entry is mapped at its second and at its third word"
        assert len(matching(machine)) == 2
        return
    (slot,) = matching(machine)
    assert machine.hardware()[slot][1] == 0x0100_0000 + RAM + 0x1000
    assert (machine.stat("duplicates_written"), machine.stat("duplicates_dropped")) == (1, 1)


def test_a_copy_that_went_as_the_older_is_missed_as_duplicate() -> None:
    machine = Played("e4", duplicates="drop_older")
    machine.refill(0, USER, RAM, tid=1)
    machine.refill(1, USER, RAM + 0x1000, tid=2)
    machine.tlbwe(1, 0, 0, tid=2)
    machine.touch(USER)
    assert causes(machine) == {"duplicate": 1}


def causes(machine: Played) -> dict[str, int]:
    return {name: n for name, n in machine.by_label("virt_miss_causes").items() if n}


def test_run_stops_with_a_diagnostic() -> None:
    machine = two_matches("stop")
    reason, payload = machine.core.advance(-1, -1)
    assert reason == 8
    assert payload["message"] == (
        "two shadows match 0x10000000 at the same time: slot 0 (guest entry 0) and slot 1 (guest entry 0). What the "
        'hardware does then is undefined; the run stops here because HostKernel.duplicates is "stop"'
    )
    assert machine.core.advance(-1, -1) == (reason, payload), "there is no way on"


def endless(scheme: str, **settings: Any) -> Any:
    system = virtual_system(scheme, core={"watchdog": 25}, **settings)
    sim = Simulation(system)
    sim.peers[system.guest_tlb].write_all(3, *entry(USER, 0, 256 << 20, RWX), 0)  # the stream's code, with TID 0
    (event,) = sim.run()
    return sim, event


@pytest.mark.parametrize("scheme", [name for name in ALL_SCHEMES if name not in ("e0", "e1", "e2")])
def test_invariant_42_the_watchdog_says_what_happened(scheme: str) -> None:
    sim, event = endless(scheme)
    assert event.kind is EventKind.WATCHDOG
    assert str(event).splitlines()[1] == (
        "guest entry 3 (TID 0) translates 0x10000000, but the shadow of a TID-0 entry has TID 1 and matches with PID 1 "
        "alone, which the guest's user mode never has: each access is a virt miss and maps the page once more, without "
        "end (invariant 42). Linux gives user pages the TID of their process; let the guest do so"
    )
    stats = sim.peers[sim.system.host].read_stats()
    causes = by_label(HostKernel, stats, "virt_miss_causes")
    assert causes["duplicate"] == 24, "every miss but the first had a copy that does not match"
    assert stats["duplicates_written"] == 24, "each map adds one more"


@pytest.mark.parametrize("scheme", ["e0", "e1", "e2"])
def test_guest_tids_have_no_endless_miss(scheme: str) -> None:
    _, event = endless(scheme)
    assert event.kind is EventKind.END_OF_WORKLOAD


def test_watchdog_that_is_too_quick() -> None:
    """One miss more than usual, because slot H is lost."""
    machine = Played("e3b", core={"watchdog": 1})
    machine.guest_entry(3, USER, RAM)
    machine.scheme.set_position(machine.hwater)
    assert not machine.touch(USER)
    _, payload = machine.core.advance(-1, -1)
    assert payload["message"] == (
        "guest entry 3 (TID 1) translates 0x10000000 and KVM maps the page at each miss, but the shadow is gone or "
        "does not match before it is used"
    )
    assert causes(machine) == {"first_touch": 1}
