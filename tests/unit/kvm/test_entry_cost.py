# SPDX-License-Identifier: BSD-3-Clause
"""The cost tables of the KVM dossier (2.6), reproduced by running the machine: C paths free, assembly counted.

Fixed part, per slot looked at and per slot written are parameters; how many slots that is, the running scheme counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from simobjects import CostModel, Interleave, SyntheticWorkload
from tests.helpers.played_machine import FETCH, FREE_C, LOAD, SCHEMES, Played

USER = 0x1000_0000
RAM = 0x0200_0000
MEMORY = {62: "256MiB", 61: "512MiB", 60: "768MiB"}
STUB_AND_COMMON = 11 + 42

# Fixed part of an entry, by scheme and H: what an entry costs on which nothing is written.
ENTRY = {
    ("e3b", 62): 410, ("e3b", 61): 405, ("e3b", 60): 400,
    ("e4", 62): 50, ("e4", 61): 50, ("e4", 60): 50,
}  # fmt: skip

# Assembly of a light exit at H = 62: stub, resume, return and entry.
LIGHT_EXITS = {
    # exit: (kind, E4, E3b, slots written by E3b)
    "syscall": ("sysc", 109, 469, 0),
    "real ITLB miss": ("itlb_r", 109, 469, 0),
    "real DTLB miss": ("dtlb_r", 139, 499, 0),
    "virt DTLB miss": ("dtlb_v", 139, 509, 1),
    "virt ITLB miss": ("itlb_v", 109, 479, 1),
    "emulated instruction": ("inst_emu", 154, 514, 0),
    "guest timer": ("dec", 109, 469, 0),
}


def machine(scheme: str, hwater: int = 62, **settings: Any) -> Played:
    played = Played(scheme, memory=MEMORY[hwater], costs=FREE_C, **settings)
    assert played.hwater == hwater
    return played


def entry_only(played: Played) -> int:
    """Instructions of one entry to the guest, and of nothing else."""
    return int(played.change(lambda: played.exit_instructions("dec"), played.probe.enter))


@pytest.mark.parametrize(("scheme", "hwater"), ENTRY)
def test_entry_that_writes_nothing(scheme: str, hwater: int) -> None:
    played = machine(scheme, hwater)
    assert entry_only(played) == ENTRY[scheme, hwater]
    visited = hwater if scheme == "e3b" else 0
    assert (played.stat("slots_visited"), played.stat("slots_written")) == (visited, 0)


@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize("modified", [1, 2, 7, 30])
def test_each_modified_slot_adds_ten(hwater: int, modified: int) -> None:
    played = machine("e3b", hwater)
    for page in range(modified):
        played.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        played.touch(USER + page * 4096)
    played.probe.enter()
    cost = partial(played.exit_instructions, "inst_emu")
    clean = played.change(cost, played.light_exit)
    written = played.stat("slots_written")
    # A new PID drops every one of these user shadows: as many slots are modified on one exit.
    assert played.change(cost, lambda: played.set_pid(2)) == clean + 10 * modified
    assert played.stat("slots_written") - written == modified


@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_first_entry_after_load_writes_every_slot_below_h(scheme: str, hwater: int) -> None:
    played = machine(scheme, hwater)
    played.probe.put()
    played.probe.load()
    cost = entry_only(played)
    assert cost == (ENTRY[scheme, hwater] + 10 * hwater if scheme == "e3b" else 50)
    if (scheme, hwater) == ("e3b", 62):
        assert cost == 1030
    assert played.stat("slots_written") == (hwater if scheme == "e3b" else 0)
    assert entry_only(played) == ENTRY[scheme, hwater], "the one after it finds all flags clear"


def events(played: Played) -> dict[str, Callable[[], object]]:
    """How to cause the exits of the table that one reference or instruction causes."""
    played.guest_entry(0, USER, RAM)
    played.guest_entry(1, USER + 4096, RAM + 4096)
    return {
        "virt DTLB miss": lambda: played.touch(USER, LOAD),
        "virt ITLB miss": lambda: played.touch(USER + 4096, FETCH),
        "real DTLB miss": lambda: played.touch(0x4000_0000, LOAD),
        "real ITLB miss": lambda: played.touch(0x4000_0000, FETCH),
        "emulated instruction": played.light_exit,
    }


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize(
    "what", ["virt DTLB miss", "virt ITLB miss", "real DTLB miss", "real ITLB miss", "emulated instruction"]
)
def test_light_exit(scheme: str, hwater: int, what: str) -> None:
    played = machine(scheme, hwater)
    kind, e4, e3b, _ = LIGHT_EXITS[what]
    act = events(played)[what]
    cost = played.change(lambda: played.exit_instructions(kind), act)
    assert played.exits(kind) == 1
    assert cost == (e4 if scheme == "e4" else e3b - 5 * (62 - hwater))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("what", "guest"), [("syscall", {"io_every": 50_000}), ("guest timer", {})])
def test_light_exit_of_the_guests_own_events(scheme: str, what: str, guest: dict[str, int]) -> None:
    processes = [SyntheticWorkload(records=2_000, data_pages=4, seed=seed) for seed in (1, 2)]
    played = machine(scheme, workload=Interleave(processes=processes, quantum=30_000), guest=guest)
    played.core.advance(-1, -1)
    kind, e4, e3b, _ = LIGHT_EXITS[what]
    assert played.stat("ticks") == 0 and played.exits(kind) >= 2
    assert played.exit_instructions(kind) == played.exits(kind) * (e4 if scheme == "e4" else e3b)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hwater", MEMORY)
def test_a_whole_run_adds_up(scheme: str, hwater: int) -> None:
    """Every light exit of a run without heavy ones, from the counts of exits and of slots alone."""
    work = SyntheticWorkload(code_pages=20, data_pages=100, pattern="random", records=1_500)
    played = machine(scheme, hwater, workload=work)
    played.core.advance(-1, -1)
    before_entry = sum(
        played.exits(kind) * instructions
        for kind, instructions in {
            "itlb_r": 59, "itlb_v": 59, "dtlb_r": 89, "dtlb_v": 89, "inst_emu": STUB_AND_COMMON + 26 + 2 + 23,
        }.items()
    )  # fmt: skip
    exits = sum(played.stat("exits_by_kind"))
    entries = exits * ENTRY[scheme, hwater] + 10 * played.stat("slots_written")
    assert sum(played.stat("exit_instructions")) == before_entry + entries
    assert played.stat("slots_visited") == (exits * hwater if scheme == "e3b" else 0)


@pytest.mark.parametrize(("scheme", "entry"), [("e3b", 1030), ("e4", 50)])
def test_heavy_exit_is_its_block_the_sweep_and_the_first_entry(scheme: str, entry: int) -> None:
    played = machine(scheme, hz="4kHz", vmm={"signal_every": 2}, workload=SyntheticWorkload(records=20_000))
    played.core.advance(-1, -1)
    sweep = 10 + 4 * 62
    heavy = 7 + 39 + sweep + 41 + entry
    assert played.exits("sig") > 2
    assert played.exit_instructions("sig") == played.exits("sig") * heavy


@pytest.mark.parametrize(
    ("name", "scheme", "extra"), [("e3b_entry", "e3b", 1), ("e3b_visit", "e3b", 62), ("e4_entry", "e4", 1)]
)
def test_the_parts_are_parameters(name: str, scheme: str, extra: int) -> None:
    default = CostModel.model_fields[name].default
    played = Played(scheme, costs={**FREE_C, name: default + 1})
    assert entry_only(played) == ENTRY[scheme, 62] + extra
