# SPDX-License-Identifier: BSD-3-Clause
"""What the host does to the TLB: invariants 29, 30, 31, 39 and 40 of the KVM dossier, both schemes."""

from __future__ import annotations

from functools import partial

import pytest

from simobjects import HostTask, Simulation, SyntheticWorkload
from tests.helpers.played_machine import FREE_C, SCHEMES, VALID, Played, virtual_system

USER = 0x1000_0000
RAM = 0x0200_0000
HOST = 0x4000_0000
PLACES = [(64, "256MiB"), (64, "512MiB"), (64, "768MiB"), (63, "256MiB"), (16, "256MiB")]
EXACT = {"tlbwe_latency": 0, "interrupt_latency": 0, "rfi_latency": 0, "iccci": False}

both = pytest.mark.parametrize("scheme", SCHEMES)


def switch_cycles(machine: Played) -> int:
    """Cycles spent in puts, loads and switches."""
    return machine.cycles("switch") // 1000


def occupied(scheme: str, entries: int = 64, memory: str = "256MiB", **costs: object) -> Played:
    """Guest shadows and host entries side by side."""
    machine = Played(scheme, entries=entries, memory=memory, costs={**EXACT, **costs})
    machine.probe.set_index(5)
    for page in range(5):
        machine.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        machine.touch(USER + page * 4096)
    machine.probe.set_index(10)
    machine.probe.touch(2, HOST)
    machine.probe.touch(3, HOST)
    machine.probe.touch(0, 0xF800_0000)
    return machine


@both
@pytest.mark.parametrize(("entries", "memory"), PLACES)
def test_invariant_29_flush_of_any_address_space_sweeps_everything(scheme: str, entries: int, memory: str) -> None:
    machine = occupied(scheme, entries, memory)
    assert len(machine.shadows()) == 5 and len(machine.host_entries()) == 3
    live, held = machine.live(), machine.pages_held()
    written, cycles = machine.tlbwe_count(), switch_cycles(machine)
    machine.probe.flush_address_space()
    assert not any(entry[0] & VALID for entry in machine.hardware())
    assert (machine.live(), machine.pages_held()) == (live, held)
    assert switch_cycles(machine) - cycles == 10 + 4 * machine.hwater
    assert machine.tlbwe_count() - written == machine.hwater + 1
    assert machine.tlb.find(0, 0, 0xC000_0000) == entries - 1, "the kernel's own entry stays"
    misses = machine.exits("dtlb_v")
    machine.touch(USER)
    assert machine.exits("dtlb_v") == misses + 1, "the guest, which has nothing to do with it, misses again"


@both
def test_invariant_30_flush_of_one_page(scheme: str) -> None:
    machine = occupied(scheme)
    machine.guest_entry(9, HOST, RAM + 0x9000)
    machine.touch(HOST)  # a guest page at the same effective address
    before = machine.hardware(63)
    cycles = switch_cycles(machine)
    assert machine.change(machine.tlbwe_count, lambda: machine.probe.flush_page(2, HOST)) == 1
    assert switch_cycles(machine) - cycles == 12
    changed = [slot for slot, entry in enumerate(machine.hardware(63)) if entry != before[slot]]
    assert len(changed) == 1
    word0, _, _, tid = before[changed[0]]
    assert (word0 & 0xFFFFF300, tid) == (HOST | VALID, 2), "that process's entry, in address space 0"


@both
@pytest.mark.parametrize(("pid", "ea"), [(2, USER), (5, HOST), (2, HOST + 4096)])
def test_invariant_30_flush_of_a_page_that_is_not_there(scheme: str, pid: int, ea: int) -> None:
    machine = occupied(scheme)
    before, cycles = machine.hardware(63), switch_cycles(machine)
    assert machine.change(machine.tlbwe_count, lambda: machine.probe.flush_page(pid, ea)) == 0
    assert machine.hardware(63) == before, "never a shadow of the guest"
    assert switch_cycles(machine) - cycles == 9


@both
@pytest.mark.parametrize("tasks", [1, 2, 5])
def test_invariant_31_only_the_vcpu_thread_is_put(scheme: str, tasks: int) -> None:
    also = [HostTask(every=1, instructions=500) for _ in range(tasks)]
    system = virtual_system(scheme, tasks=also, hz="4kHz", workload=SyntheticWorkload(records=2_000))
    sim = Simulation(system)
    list(sim.run())
    stats = sim.peers[system.host].read_stats()
    assert stats["task_turns"] == tasks * stats["ticks"] > 0
    assert stats["puts"] == stats["sweeps"] == stats["ticks"], "one for each time the vcpu is left, however many follow"


@both
def test_invariant_31_switch_between_other_processes_touches_no_slot(scheme: str) -> None:
    machine = occupied(scheme)
    before = machine.hardware(63)
    for pid in (2, 3, 2, 3):
        machine.probe.touch(pid, HOST)  # each finds its own entry: nothing was flushed in between
    assert machine.hardware(63) == before


@pytest.mark.parametrize(("scheme", "bookkeeping", "whole"), [("e3b", 1280 + 64, 2368), ("e4", 512, 1536)])
def test_invariant_39_bytes_of_state(scheme: str, bookkeeping: int, whole: int) -> None:
    system = virtual_system(scheme)
    sim = Simulation(system)
    table = {"e3b": "shadow_tlb", "e4": "shadow_refs"}[scheme]
    kept = sim.stats[f"system.{table}.bytes"]
    assert kept == bookkeeping
    guest_tlb_words_and_tid = 16 * system.guest_tlb.entries
    assert kept + guest_tlb_words_and_tid == whole


@pytest.mark.parametrize(("scheme", "per_slot"), [("e3b", 5), ("e4", 0)])
def test_invariant_40_entry_cost_against_size(scheme: str, per_slot: int) -> None:
    costs = {}
    for entries in (16, 64, 256, 1024, 4096):
        machine = Played(scheme, entries=entries, costs=FREE_C)
        assert machine.hwater == entries - 2
        costs[machine.hwater] = machine.change(partial(machine.exit_instructions, "inst_emu"), machine.light_exit)
    smallest = min(costs)
    assert costs == {hwater: costs[smallest] + per_slot * (hwater - smallest) for hwater in costs}


@both
@pytest.mark.parametrize(("flush", "fixed", "per_slot"), [("walk", 10, 4), ("once", 12, 0)])
def test_invariant_40_put_cost_against_size(scheme: str, flush: str, fixed: int, per_slot: int) -> None:
    for entries in (16, 64, 256, 1024, 4096):
        machine = occupied(scheme, entries, flush=flush)
        cost = machine.change(partial(switch_cycles, machine), machine.probe.put)
        assert cost == fixed + per_slot * machine.hwater
