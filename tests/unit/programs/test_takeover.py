# SPDX-License-Identifier: BSD-3-Clause
"""A guest that was saved on the bare machine goes on under KVM: its output, its misses, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import ElfProgram, EventKind, Simulation
from simobjects.boards import bamboo
from simobjects.framework.checkpoint import CheckpointError
from simobjects.isa.arch import VECTOR
from tests.helpers.small_programs import console, elf_file, spend

SCHEMES = ["e0", "e3b", "e4", "e6", "3.14"]
MISS = VECTOR["DTLB"]
PLACES = (3_000, 30_000, 70_000)
"""Instructions of the program `refill`: in its first window, between two of them, in its longest."""


def native(program: str, memory: str = "32MiB", **values: Any) -> Simulation:
    """The bare machine, with as much memory as a guest has."""
    return Simulation(bamboo(ElfProgram(program, **values), memory=memory))


def virtual(program: str, under: str = "e4", *, guest_entries: int | None = None, **values: Any) -> Simulation:
    """The same under a host."""
    return Simulation(bamboo(ElfProgram(program, **values), under, guest_entries=guest_entries))


@pytest.fixture(scope="module")
def whole() -> Simulation:
    """`refill` on the bare machine, from beginning to end."""
    made = native("refill")
    made.run_all()
    return made


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("under", SCHEMES)
def test_it_goes_on_to_the_same_end_with_the_same_real_misses(
    tmp_path: Path, whole: Simulation, under: str, place: int
) -> None:
    first = native("refill")
    for _ in first.run_to(place):
        pass
    first.save(tmp_path / "native.ckpt")
    so_far = first.stats.counts("system.core.interrupts")
    second = virtual("refill", under)
    second.restore(tmp_path / "native.ckpt")
    assert (second.cycle, second.reference) == (first.cycle, first.reference)
    last = second.run_all()
    assert last.payload["reason"] == "spins for nothing", "KVM only stores DBCR0"
    assert console(second) == console(whole)
    exits = second.stats.by_label("system.host.exits_by_kind")
    both = tuple(whole.stats.counts("system.core.interrupts").values())
    assert exits["dtlb_r"] == both[MISS] - tuple(so_far.values())[MISS] > 0
    assert second.stats.count("system.core.instructions") >= whole.stats.count("system.core.instructions")


def test_what_has_entered_can_be_saved_and_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    first = native("refill")
    for _ in first.run_to(PLACES[0]):
        pass
    first.save(tmp_path / "native.ckpt")
    straight, before, after = (virtual("refill") for _ in range(3))
    straight.restore(tmp_path / "native.ckpt")
    straight.run_all()
    before.restore(tmp_path / "native.ckpt")
    before.run_all(references=50_000)
    before.save(tmp_path / "virtual.ckpt")
    after.restore(tmp_path / "virtual.ckpt")
    after.run_all()
    assert after.cycle == straight.cycle
    assert after.stats.by_label("system.host.exits_by_kind") == straight.stats.by_label("system.host.exits_by_kind")
    assert after.engine.digest() == straight.engine.digest()


@pytest.mark.parametrize("under", SCHEMES)
def test_a_guest_that_waits_at_its_prompt_is_woken_and_answers(tmp_path: Path, under: str) -> None:
    first = native("echo")
    first.run_all(cycles=1_000_000)
    assert first.engine.read_register("msr") & 0x40000, "it waits"
    first.save(tmp_path / "waits.ckpt")
    system = bamboo(ElfProgram("echo"), under)
    system.board.uart0.script = [("", "hello\n"), "you said: hello\n> "]
    second = Simulation(system)
    second.restore(tmp_path / "waits.ckpt")
    assert second.run_all().kind is EventKind.END_OF_WORKLOAD
    assert console(second) == "> hello\nyou said: hello\n> "


@pytest.mark.parametrize(
    ("registers", "told"),
    [
        ({"dbcr1": 1}, r"debug facilities of the hardware \(DBCR1\)"),
        ({"iac1": 0x1000, "dac2": 4}, r"debug facilities of the hardware \(IAC1, DAC2\)"),
        ({"tcr": 0x0080_0000}, r"timers that KVM does not have \(TCR\[FIE\]\)"),
        ({"tcr": 0x1800_0000}, r"TCR\[WIE,WRC\]"),
        ({"tcr": 0x0040_0000}, r"reloads itself \(TCR\[ARE\]\), which KVM has from Linux 3.4 on"),
        ({"tbu": 7}, r"has set its time base \(TBL, TBU\)"),
        ({"mcsr": 0x8000_0000}, r"a machine check is under way \(MCSR\)"),
        ({"dvlim": 1}, r"locks lines of the caches \(DVLIM\)"),
    ],
)
def test_what_kvm_has_no_place_for_is_refused_by_name(tmp_path: Path, registers: dict[str, int], told: str) -> None:
    elf = str(elf_file(tmp_path / "p.elf", spend(1000)))
    first = native(elf, registers=registers)
    for _ in first.run_to(100):
        pass
    first.save(tmp_path / "native.ckpt")
    with pytest.raises(CheckpointError, match=told) as refusal:
        virtual(elf).restore(tmp_path / "native.ckpt")
    assert "native.ckpt: the guest cannot go on here\n" in str(refusal.value)


def test_a_decrementer_that_reloads_itself_goes_on_under_a_host_that_has_it(tmp_path: Path) -> None:
    elf = str(elf_file(tmp_path / "p.elf", spend(1000)))
    first = native(elf, registers={"tcr": 0x0440_0000, "decar": 5000, "dec": 4000})
    for _ in first.run_to(100):
        pass
    first.save(tmp_path / "native.ckpt")
    second = virtual(elf, "3.14")
    second.restore(tmp_path / "native.ckpt")
    vcpu = second.peers[second.system.host].registers()
    assert (vcpu["decar"], vcpu["dec"]) == (5000, first.engine.read_register("dec"))
    assert vcpu["due"] is not None


def test_all_reasons_are_told_at_once(tmp_path: Path) -> None:
    elf = str(elf_file(tmp_path / "p.elf", spend(1000)))
    first = native(elf, memory="64MiB", registers={"dbcr2": 1})
    for _ in first.run_to(100):
        pass
    first.save(tmp_path / "native.ckpt")
    with pytest.raises(CheckpointError) as refusal:
        virtual(elf, guest_entries=32).restore(tmp_path / "native.ckpt")
    assert str(refusal.value).splitlines()[1:] == [
        "  system.core.workload.memory is 32MiB, and the machine of the checkpoint had 64MiB: set it to that",
        "  the guest uses debug facilities of the hardware (DBCR2), which KVM does not give it",
        "  system.guest_tlb.entries is 32, and the guest uses a TLB of 64: make it as large",
    ]


def test_another_program_or_device_is_still_another_machine(tmp_path: Path) -> None:
    native("echo").save(tmp_path / "native.ckpt")
    with pytest.raises(CheckpointError, match=r"system.core.workload.elf|system.core.workload"):
        virtual("refill").restore(tmp_path / "native.ckpt")
    with pytest.raises(CheckpointError, match="system.board.uart1 is not the same object"):
        Simulation(bamboo(ElfProgram("echo"), "e4", uarts=2)).restore(tmp_path / "native.ckpt")


def test_a_guest_of_kvm_does_not_come_back_to_the_bare_machine(tmp_path: Path) -> None:
    virtual("echo").save(tmp_path / "virtual.ckpt")
    with pytest.raises(CheckpointError, match=r"system.host is not the same object"):
        native("echo").restore(tmp_path / "virtual.ckpt")
