# SPDX-License-Identifier: BSD-3-Clause
"""What an exit does: invariants 13, 14, 15, 19, 38, 42, 44 and 46 of the KVM dossier, both schemes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simobjects import Simulation
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import (
    DEVICE,
    FETCH,
    KERNEL,
    LOAD,
    RFI,
    RWX,
    SCHEMES,
    STORE,
    TLBWE,
    VALID,
    Played,
    micro_tlbs,
    native_system,
)

USER = 0x1000_0000
RAM = 0x0200_0000

both = pytest.mark.parametrize("scheme", SCHEMES)


@both
@pytest.mark.parametrize(("reference", "kind"), [(LOAD, "dtlb_r"), (STORE, "dtlb_r"), (FETCH, "itlb_r")])
def test_invariant_13_real_miss_consumes_no_slot(scheme: str, reference: int, kind: str) -> None:
    machine = Played(scheme)
    notes = machine.watch("exits", "maps")
    assert machine.touch(USER, reference)
    noted = notes()
    assert noted[0] == ("exits", f"{kind} ea={USER:#010x} pc={USER if reference == FETCH else 0:#010x}")
    assert machine.exits(kind) == 1
    # The next thing of all is the handler's first instruction, in kernel mode: it needs the page of the vector.
    assert noted[1][0] == "maps" and f"ea={KERNEL:#010x}" in noted[1][1]
    assert noted[2] == ("exits", f"itlb_v ea={KERNEL:#010x} pc={KERNEL:#010x}")
    slot = machine.live()
    assert min(slot) == (1 if scheme == "e4" else 0), "the first slot went to that page"


@both
@pytest.mark.parametrize(("reference", "kind"), [(LOAD, "dtlb_v"), (STORE, "dtlb_v"), (FETCH, "itlb_v")])
def test_invariant_14_virt_miss_is_invisible_to_the_guest(scheme: str, reference: int, kind: str) -> None:
    machine = Played(scheme)
    machine.guest_entry(5, USER, RAM)
    vcpu = {name: machine.host.vcpu()[name] for name in ("user", "pid", "shadow_pid")}
    guest_entries = [machine.guest_tlb.read(index) for index in range(64)]
    machine.touch(USER, reference)
    assert machine.exits(kind) == machine.stat("maps") == sum(machine.stat("exits_by_kind")) == 1
    assert {name: machine.host.vcpu()[name] for name in vcpu} == vcpu
    assert [machine.guest_tlb.read(index) for index in range(64)] == guest_entries
    machine.touch(USER, reference)
    assert sum(machine.stat("exits_by_kind")) == 1, "the access was executed again and hit"


@both
@pytest.mark.parametrize("reference", [LOAD, STORE])
@pytest.mark.parametrize(("gpa", "ram"), [(0xEF60_0000, False), (0x0800_0000, False), (0x07FF_F000, True)])
def test_invariant_15_outside_ram_is_mmio(scheme: str, reference: int, gpa: int, ram: bool) -> None:
    machine = Played(scheme)
    machine.guest_entry(5, DEVICE, gpa, tid=1)
    for times in (1, 2):
        machine.touch(DEVICE, reference)
        assert machine.exits("mmio") == machine.stat("puts") == (0 if ram else times)
    assert machine.stat("maps") == machine.stat("pages_taken") == int(ram)
    assert bool(machine.shadows()) == ram


@both
@pytest.mark.parametrize(("was_valid", "maps"), [(True, 3), (False, 2)])
def test_invariant_19_refill_leaves_two_holes(scheme: str, was_valid: bool, maps: int) -> None:
    machine = Played(scheme)
    if was_valid:
        machine.guest_entry(4, 0x3000_0000, RAM + 0x9000)
        machine.touch(0x3000_0000)
    taken, held = machine.stat("pages_taken"), machine.pages_held()
    notes = machine.watch("maps")
    machine.refill(4, USER, RAM)
    slots = [int(text.split()[0].removeprefix("slot=")) for _, text in notes()]
    first = (2 if scheme == "e4" else 1) if was_valid else (1 if scheme == "e4" else 0)
    assert slots == list(range(first, first + maps))
    assert set(machine.live()) == {slots[-1]}, "one shadow is live"
    assert not any(machine.tlb.read(slot)[0] & VALID for slot in slots[:-1]), "the others are holes"
    assert machine.stat("pages_taken") - taken == maps
    assert machine.pages_held() == 1 and held == int(was_valid)
    assert machine.host.held(RAM >> 12) == 1


def exits_that_synchronise(machine: Played) -> dict[str, Callable[[], object]]:
    """An exit of each way through the handler, and an entry alone."""
    return {
        "emulated": machine.light_exit,
        "rfi": machine.user_mode,
        "real miss": lambda: machine.touch(0x5000_0000),
        "mmio": lambda: machine.touch(DEVICE),
        "entry": machine.probe.enter,
    }


@both
@pytest.mark.parametrize("what", ["emulated", "rfi", "mmio", "entry"])
def test_invariant_38_every_exit_and_entry_empties_the_micro_tlbs(scheme: str, what: str) -> None:
    machine = Played(scheme, core=micro_tlbs())
    machine.guest_entry(0, USER, RAM)
    machine.guest_entry(1, USER + 4096, RAM + 4096)
    machine.guest_entry(9, DEVICE, 0xEF60_0000, tid=1)
    machine.touch(USER)
    machine.touch(USER + 4096, FETCH)
    machine.touch(USER)
    assert machine.core.micro_entries() == (1, 1)
    exits_that_synchronise(machine)[what]()
    assert machine.core.micro_entries() == (0, 0)


@both
def test_invariant_38_after_a_real_miss_only_the_reference_itself_is_in_them(scheme: str) -> None:
    machine = Played(scheme, core=micro_tlbs())
    machine.guest_entry(0, USER, RAM)
    machine.guest_entry(1, USER + 4096, RAM + 4096)
    machine.touch(USER)
    machine.touch(USER + 4096, FETCH)
    machine.touch(0x5000_0000)
    assert machine.core.micro_entries() == (0, 1)


def test_invariant_38_tlbwe_alone_does_not() -> None:
    system = native_system(core=micro_tlbs())
    sim = Simulation(system)
    core, tlb = sim.peers[system.core], sim.peers[system.tlb]
    core.begin()
    core.privileged_instruction(TLBWE, word=2, slot=1, value=0)  # refused in user mode: now in supervisor mode
    assert core.context_now()[1] == 0
    core.touch(KERNEL, LOAD, False)
    core.touch(KERNEL, FETCH, False)
    assert core.micro_entries() == (1, 1)
    core.privileged_instruction(TLBWE, word=0, slot=63, value=0)
    assert core.micro_entries() == (1, 1)
    lookups = tlb.read_stats()["lookups"]
    assert core.touch(KERNEL, LOAD, False), "the micro-TLB goes on answering for an entry that is gone"
    assert tlb.read_stats()["lookups"] == lookups
    core.privileged_instruction(RFI, value=1)
    assert core.micro_entries() == (0, 0)


@both
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_invariant_42_user_access_through_a_tid_0_entry_never_ends(scheme: str, limit: int) -> None:
    machine = Played(scheme, core={"watchdog": limit})
    machine.guest_entry(5, USER, RAM, tid=0, word2=RWX)
    assert not machine.touch(USER), "the watchdog ends it"
    assert machine.exits("dtlb_v") == limit
    assert all(machine.tlb.read(slot)[3] == 1 for slot in machine.shadows()), "each try added a kernel shadow"
    assert machine.core.advance(-1, -1)[0] == 5


@both
@pytest.mark.parametrize("micro", [False, True])
def test_invariant_44_every_exit_is_of_one_kind(scheme: str, micro: bool) -> None:
    machine = live(scheme, **({"core": micro_tlbs()} if micro else {}))
    run_to_end(machine)
    core, guest = machine.core.read_stats(), machine.guest.read_stats()
    misses = sum(machine.exits(kind) for kind in ("itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio"))
    assert misses == sum(core["misses"]) + core["kernel_misses"] == machine.guest_tlb.read_stats()["lookups"]
    assert machine.exits("itlb_r") + machine.exits("dtlb_r") == sum(guest["refills"])
    data, inst, kernel, module = guest["refills"]
    assert module == 0, "no code of the guest kernel is outside its pinned page"
    per_event = 18 * data + 17 * inst + 16 * kernel + 17 * guest["ios"] + 21 * guest["switches"]
    assert machine.exits("inst_emu") == sum(machine.stat("emulated")) == per_event
    assert machine.exits("sysc") == guest["ios"] > 0
    assert machine.exits("mmio") == guest["ios"]
    assert machine.exits("dec") == machine.stat("ticks") + guest["switches"]
    assert machine.exits("sig") == machine.stat("ticks") // 3 > 0


@both
def test_invariant_46_entry_for_another_tid_is_live_at_once(scheme: str) -> None:
    machine = Played(scheme)
    machine.tlbwe(3, 1, RAM, tid=9)
    machine.tlbwe(3, 2, RWX, tid=9)
    assert machine.stat("eager_maps") == 0
    machine.tlbwe(3, 0, USER | VALID | 0x10, tid=9)
    assert machine.stat("eager_other_tid") == machine.stat("eager_maps") == 1
    ((_, _, _, tid),) = machine.shadows().values()
    assert tid == 0
    exits = sum(machine.stat("exits_by_kind"))
    machine.touch(USER)
    assert sum(machine.stat("exits_by_kind")) == exits, "process 1 reaches the page of process 9"
