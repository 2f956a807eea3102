# SPDX-License-Identifier: BSD-3-Clause
"""Invariant 45 of the KVM dossier: what the guest's own TLB misses does not depend on the scheme."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from simobjects import Interleave, SyntheticWorkload, TraceWorkload, Workload
from tests.helpers.played_machine import ALL_SCHEMES, Played

REFERENCES = 400_000
TRACE_FULL = 6
USER = 0x1000_0000
RAM = 0x0200_0000


def quiet(scheme: str, workload: Workload, **settings: Any) -> Played:
    """No device, no signal, no other task, and no tick within the run."""
    return Played(scheme, workload=workload, hz="1Hz", **settings)


def real_misses(machine: Played, references: int = -1) -> list[tuple[str, str]]:
    """(kind, address) of each miss that the guest had to service, in order."""
    notes = machine.watch("exits")
    found = []
    reason = TRACE_FULL
    while reason == TRACE_FULL:
        left = references if references < 0 else references - machine.core.references()
        reason, _ = machine.core.advance(left, -1)
        found += [text.split()[:2] for kind, text in notes() if kind == "exits"]
    assert machine.stat("puts") == machine.stat("ticks") == 0
    return [(kind, ea) for kind, ea in found if kind in ("itlb_r", "dtlb_r")]


def two_processes(seed: int) -> Workload:
    """Two processes that need more pages than either TLB has entries, switched often."""
    first = SyntheticWorkload(code_pages=12, data_pages=70, pattern="random", records=250, seed=seed)
    second = SyntheticWorkload(code_pages=6, data_pages=40, pattern="zipf", records=250, seed=seed + 1)
    return Interleave(processes=[first, second], quantum=2_500)


@cache
def on_the_trace(scheme: str) -> tuple[tuple[str, str], ...]:
    return tuple(real_misses(quiet(scheme, TraceWorkload("sqlite")), REFERENCES))


@pytest.mark.parametrize("scheme", ALL_SCHEMES)
def test_invariant_45_shipped_trace(scheme: str) -> None:
    assert on_the_trace(scheme) == on_the_trace("e4")
    assert len(on_the_trace("e4")) > 100


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("entries", [64, 8])
def test_invariant_45_random_traces(seed: int, entries: int) -> None:
    """E3 as well: Linux touches no user page between a new PID and the rfi that ends the kernel's turn.

    What a refill makes of the other process's entry when it writes its word 1 is gone at the next word's tlbwe.
    """
    runs = {scheme: quiet(scheme, two_processes(seed), entries=entries, guest_entries=48) for scheme in ALL_SCHEMES}
    misses = {scheme: real_misses(machine) for scheme, machine in runs.items()}
    assert len(misses["e4"]) > 100
    assert all(found == misses["e4"] for found in misses.values())
    virt = {scheme: machine.exits("dtlb_v") + machine.exits("itlb_v") for scheme, machine in runs.items()}
    assert virt["e2"] > virt["e3"] > virt["e3b"], "what is dropped at every privilege change is missed again"


@pytest.mark.parametrize("scheme", ALL_SCHEMES)
def test_invariant_45_a_new_pid_without_a_privilege_change(scheme: str) -> None:
    """E3 goes on using the old process's shadow: the bug that its successor was made for."""
    machine = Played(scheme)
    machine.kernel_mode()
    for index, pid in enumerate((1, 2)):
        machine.guest_entry(index, USER, RAM + index * 4096, tid=pid)
        machine.set_pid(pid)
        machine.core.touch(USER, 0, False)
    assert machine.exits("dtlb_v") == (1 if scheme == "e3" else 2)
    machine.user_mode()
    machine.touch(USER)
    real_page = machine.tlb.read(machine.tlb.find(1, machine.core.context_now()[2], USER))[1]
    assert real_page == RAM + 0x0100_1000, "after a privilege change it is the right page everywhere"
