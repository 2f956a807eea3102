# SPDX-License-Identifier: BSD-3-Clause
"""The entry costs of the KVM dossier (2.6) for the schemes before the commit's parent, by running the machine."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import CostModel, SyntheticWorkload
from tests.helpers.played_machine import FREE_C, LOAD, Played

USER = 0x1000_0000
RAM = 0x0200_0000
MEMORY = {62: "256MiB", 61: "512MiB", 60: "768MiB"}

# What an entry costs on which E2 and E3 write nothing.  E0's is that of 2.6.27; 2.6.26 has three instructions less.
ENTRY = {
    ("e0", 62): 1240, ("e0", 61): 1221, ("e0", 60): 1202,
    ("e1", 62): 743, ("e1", 61): 732, ("e1", 60): 721,
    ("e2", 62): 410, ("e2", 61): 405, ("e2", 60): 400,
    ("e3", 62): 410, ("e3", 61): 405, ("e3", 60): 400,
    ("e5", 62): 50, ("e6", 62): 50,
}  # fmt: skip
BEFORE = ("e0", "e1", "e2", "e3")
FULL = ("e0", "e1")


def machine(scheme: str, hwater: int = 62, **settings: Any) -> Played:
    played = Played(scheme, memory=MEMORY[hwater], **{"costs": FREE_C, **settings})
    assert played.hwater == hwater
    return played


def entry_only(played: Played) -> int:
    """Instructions of one entry to the guest, and of nothing else."""
    return int(played.change(lambda: played.exit_instructions("dec"), played.probe.enter))


@pytest.mark.parametrize(("scheme", "hwater"), ENTRY)
def test_entry_after_nothing_was_modified(scheme: str, hwater: int) -> None:
    played = machine(scheme, hwater)
    assert entry_only(played) == ENTRY[scheme, hwater]
    assert played.stat("slots_visited") == (hwater if scheme in BEFORE else 0)
    assert played.stat("slots_written") == (hwater if scheme in FULL else 0)
    assert played.tlbwe_count() == (3 * hwater if scheme in FULL else 0)


@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize("scheme", BEFORE)
def test_modified_slots_cost_ten_more_only_where_they_alone_are_written(scheme: str, hwater: int) -> None:
    played = machine(scheme, hwater)
    for page in range(7):
        played.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        played.touch(USER + page * 4096)
    virt_miss = 11 + 42 + 26 + 2 + 2 + 6
    modified = 0 if scheme in FULL else 10
    assert played.exit_instructions("dtlb_v") == 7 * (virt_miss + ENTRY[scheme, hwater] + modified)
    assert played.stat("slots_written") == (7 * hwater if scheme in FULL else 7)


@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize("scheme", BEFORE)
def test_first_entry_after_a_load(scheme: str, hwater: int) -> None:
    played = machine(scheme, hwater)
    played.probe.put()
    played.probe.load()
    everything = 0 if scheme in FULL else 10 * hwater
    assert played.change(played.tlbwe_count, lambda: entry_only(played)) == 3 * hwater
    played.probe.load()
    assert entry_only(played) == ENTRY[scheme, hwater] + everything
    assert entry_only(played) == ENTRY[scheme, hwater]


@pytest.mark.parametrize("scheme", BEFORE)
@pytest.mark.parametrize("hwater", MEMORY)
def test_a_whole_run_adds_up(scheme: str, hwater: int) -> None:
    """Every light exit of a run without heavy ones, from the counts of exits and of slots alone."""
    work = SyntheticWorkload(code_pages=20, data_pages=100, pattern="random", records=500)
    played = machine(scheme, hwater, workload=work)
    played.core.advance(-1, -1)
    path = {"itlb_r": 59, "itlb_v": 59, "dtlb_r": 89, "dtlb_v": 89, "inst_emu": 104}
    exits = sum(played.stat("exits_by_kind"))
    assert exits == sum(played.exits(kind) for kind in path)
    entries = exits * ENTRY[scheme, hwater] + (0 if scheme in FULL else 10 * played.stat("slots_written"))
    paths = sum(played.exits(kind) * instructions for kind, instructions in path.items())
    assert sum(played.stat("exit_instructions")) == paths + entries
    assert played.stat("slots_visited") == exits * hwater


def test_e0_costs_eight_for_each_slot_more_than_e1() -> None:
    """The host's slots read out and never restored: three tlbre, one mfspr, four stores."""
    assert entry_only(machine("e0")) - entry_only(machine("e1")) == 1 + 8 * 62


@pytest.mark.parametrize(
    ("name", "scheme", "times"),
    [("e0_entry", "e0", 1), ("e0_slot", "e0", 62), ("e1_entry", "e1", 1), ("e1_slot", "e1", 62)],
)
def test_the_parts_are_parameters(name: str, scheme: str, times: int) -> None:
    default = CostModel.model_fields[name].default
    played = machine(scheme, costs={**FREE_C, name: default + 1})
    assert entry_only(played) == ENTRY[scheme, 62] + times


@pytest.mark.parametrize("hwater", MEMORY)
@pytest.mark.parametrize(("scheme", "sweep"), [("e5", True), ("e6", False)])
def test_put_and_load_of_the_saving_schemes(scheme: str, sweep: bool, hwater: int) -> None:
    """Five for each slot looked at, twelve for each read back, one or six for each taken out or written again."""
    played = machine(scheme, hwater, costs={**FREE_C, "write_entry": 6, "release_write": 1, "tlbwe_latency": "0cycles"})
    for page in range(20):
        played.guest_entry(page, USER + page * 4096, RAM + page * 4096)
        played.core.touch(USER + page * 4096, LOAD, True)
    slots = hwater + 1
    saved = 0 if sweep else 20

    def switch_time() -> int:
        return played.cycles("switch")

    put = (10 + 4 * hwater if sweep else 0) + 5 * slots + 12 * 20 + saved
    assert played.change(switch_time, played.probe.put) == 1000 * put
    assert played.change(switch_time, played.probe.load) == 1000 * (5 * slots + 6 * saved)
