# SPDX-License-Identifier: BSD-3-Clause
"""A recorded execution, replayed: under its own host every counter is equal, under another as if executed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import CostModel, ElfProgram, EventKind, HostKernel, Recording, Simulation, System
from simobjects.boards import bamboo, recording_machine
from simobjects.programs.elf_program import program_file
from tests.golden.test_bare_metal_programs import PROGRAMS
from tests.helpers.kvm_guests import SCHEMES, guest_system
from tests.helpers.recordings import counters, differences, executed, recorded, replayed

REFILL = program_file("refill")
MOST = 3_000_000
"""References that are enough of the programs that run long."""


def native(elf: Path) -> System:
    return bamboo(ElfProgram(str(elf), memory="32MiB", start="kvm"))


@pytest.fixture(scope="module")
def refill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped program that refills its TLB by itself, recorded under E4."""
    path = tmp_path_factory.mktemp("refill") / "refill.arrow"
    recorded(guest_system(REFILL, "e4"), path)
    return path


@pytest.mark.parametrize("scheme", ["e0", "e3b", "e4", "native"])
def test_recording_changes_nothing(scheme: str, tmp_path: Path) -> None:
    """Statistics, and every byte of a checkpoint, are those of a run that nobody records."""
    made = [native(REFILL) if scheme == "native" else guest_system(REFILL, scheme) for _ in range(2)]
    plain, _ = executed(made[0], references=100_000)
    watched, _ = recorded(made[1], tmp_path / "r.arrow", references=100_000)
    assert differences(counters(plain), counters(watched)) == {}
    for name, simulation in (("plain", plain), ("watched", watched)):
        simulation.save(tmp_path / name)
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "watched").read_bytes()


@pytest.mark.parametrize("program", ["refill", "s1_compute", "s2_thrash", "s3_fit"])
@pytest.mark.parametrize("recorder", ["e4", "e0", "native"])
def test_a_replay_is_the_execution_under_every_scheme(program: str, recorder: str, tmp_path: Path) -> None:
    """These guests have no timers: what they do is the same whatever the host does."""
    elf = REFILL if program == "refill" else PROGRAMS / f"{program}.elf"
    path = tmp_path / "r.arrow"
    recorded(native(elf) if recorder == "native" else guest_system(elf, recorder), path, references=MOST)
    for scheme in {"e4": SCHEMES, "e0": ("e3b", "e6"), "native": ()}[recorder]:
        real, _ = executed(guest_system(elf, scheme), references=MOST)
        again, last = replayed(path, HostKernel(scheme=scheme))
        assert last.kind is EventKind.END_OF_WORKLOAD
        assert differences(counters(real), counters(again)) == {}, scheme
    bare, _ = executed(native(elf), references=MOST)
    again, last = replayed(path, None)
    assert differences(counters(bare), counters(again)) == {}


def test_what_a_bare_machine_did_is_replayed_under_a_host(tmp_path: Path) -> None:
    small = bamboo(ElfProgram(str(REFILL), start="kvm"), memory="32MiB")
    recorded(small, tmp_path / "r.arrow")
    again, last = replayed(tmp_path / "r.arrow", HostKernel(scheme="e3b"))
    assert last.payload["reason"] == "reset"
    real, _ = executed(guest_system(REFILL, "e3b"))
    names = ("real_misses", "virt_misses", "exits_by_kind")
    ours, theirs = ({key: value for key, value in counters(each).items() if key[2] in names} for each in (again, real))
    # Reset by DBCR0 ends it here; KVM only stores that, and the branch to itself behind it is in the other run.
    assert {key[2] for key in ours} == set(names)
    assert set(differences(theirs, ours)) <= {("total", "system.host", "exits_by_kind", "dec")}


@pytest.mark.parametrize("entries", [16, 48, 200])
def test_the_hardware_may_be_another(entries: int, refill: Path) -> None:
    system = guest_system(REFILL, "e4")
    system.tlb.entries = entries
    real, _ = executed(system)
    again, _ = replayed(refill, HostKernel(scheme="e4"), entries=entries)
    assert differences(counters(real), counters(again)) == {}


def test_host_and_costs_may_be_others(refill: Path) -> None:
    def host() -> HostKernel:
        return HostKernel(scheme="e3", hz="2kHz", interrupt_pages=9, early_debug=True)

    costs = {"guest_cpi": 3, "host_cpi": "1.5", "c_map": 999, "tlbwe_latency": 7, "interrupt_latency": 40}
    system = guest_system(REFILL, "e4")
    system.host = host()
    system.core.exceptions = system.host.exits
    system.costs = CostModel(**costs)
    real, _ = executed(system)
    again, _ = replayed(refill, host(), costs=CostModel(**costs))
    assert real.stats.count("system.host.ticks") > 100
    assert differences(counters(real), counters(again)) == {}


def test_pieces_and_checkpoints_change_nothing(refill: Path, tmp_path: Path) -> None:
    whole, _ = replayed(refill, HostKernel(scheme="e4"))
    pieces, _ = replayed(refill, HostKernel(scheme="e4"), slice=777)
    assert differences(counters(whole), counters(pieces)) == {}
    first, second = (replay_of(refill) for _ in range(2))
    first.run_all(references=60_001)
    first.save(tmp_path / "c")
    second.restore(tmp_path / "c")
    second.run_all()
    first.run_all()
    assert differences(counters(first), counters(second)) == {}
    assert differences(counters(whole), counters(second)) == {}


def replay_of(path: Path) -> Simulation:
    return Simulation(recording_machine(Recording(str(path)), HostKernel(scheme="e4")))


def test_windows_of_markers_are_there_again(refill: Path) -> None:
    real, _ = executed(guest_system(REFILL, "e4"))
    again, _ = replayed(refill, HostKernel(scheme="e4"))
    assert len(again.stats.windows()) == len(real.stats.windows()) > 5
    assert [str(event) for event in again.events[:-1]] == [str(event) for event in real.events[:-1]]
    assert again.events[-1].payload == real.events[-1].payload


def test_a_guest_that_sees_what_the_host_does_parts_from_its_recording(tmp_path: Path) -> None:
    """From E3 on the user parts of t03 find pages with the supervisor's permissions, and are interrupted."""
    recorded(guest_system(PROGRAMS / "t03_as.elf", "e0"), tmp_path / "r.arrow")
    _, same = replayed(tmp_path / "r.arrow", HostKernel(scheme="e2"))
    assert same.kind is EventKind.END_OF_WORKLOAD
    _, last = replayed(tmp_path / "r.arrow", HostKernel(scheme="e4"))
    assert last.kind is EventKind.FAILED
    assert "the guest and its recording go different ways at 0x" in last.payload["message"]
    assert last.payload["message"].endswith("so it has to be executed")


@pytest.mark.parametrize("program", ["t01_sizes", "t03_as", "t05_miss", "t07_prog", "t09_irq"])
@pytest.mark.parametrize("scheme", ["e0", "native"])
def test_exceptions_interrupts_and_failures_come_again(program: str, scheme: str, tmp_path: Path) -> None:
    """Programs that have every exception there is, natively to their end, as guests until KVM gives up."""
    elf = PROGRAMS / f"{program}.elf"
    system = native(elf) if scheme == "native" else guest_system(elf, scheme)
    real, first = recorded(system, tmp_path / "r.arrow", references=MOST)
    again, last = replayed(tmp_path / "r.arrow", None if scheme == "native" else HostKernel(scheme=scheme))
    assert last.kind is first.kind
    if last.kind is EventKind.END_OF_WORKLOAD:
        assert last.payload == first.payload
    assert differences(counters(real), counters(again)) == {}
