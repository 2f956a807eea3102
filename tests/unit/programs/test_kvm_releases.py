# SPDX-License-Identifier: BSD-3-Clause
"""What KVM's releases emulate differently for a program: machine check and timer registers, PVR, indexed DCRs."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import EventKind, HostKernel, Simulation
from simobjects.isa import arch
from tests.differential.encode import load_constant, x_form
from tests.helpers.assembler import asm
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import START, STAY, UART, elf_file, load

OLD = ("2.6.26", "2.6.27", "2.6.28", "parent", "commit", "2.6.29", "2.6.33", "3.6")
NEW = ("3.7", "3.10", "3.14", "3.16")
MCSR, PIR, PVR, TCR, DIE = arch.SPR.MCSR, arch.SPR.PIR, arch.SPR.PVR, arch.SPR.TCR, arch.TCR.DIE
UIC_ENABLE = 0xC2
PVR_OF_CORE = 0x4222_18D3


def ended(folder: Path, kernel: str, words: list[int], pvr: int | None = None) -> Simulation:
    """The program after its last word, or where KVM gave up."""
    system = guest_system(elf_file(folder / "p.elf", [*words, STAY]), "e4")
    system.host = HostKernel(kernel=kernel) if pvr is None else HostKernel(kernel=kernel, guest_pvr=pvr)
    system.core.exceptions = system.host.exits
    system.core.pvr = PVR_OF_CORE
    simulation = Simulation(system)
    simulation.last = list(simulation.run())[-1]  # type: ignore[attr-defined]
    return simulation


def failed(simulation: Simulation) -> bool:
    return bool(simulation.last.kind is EventKind.FAILED)  # type: ignore[attr-defined]


def register(simulation: Simulation, name: str) -> int:
    assert not failed(simulation)
    return int(simulation.engine.read_register(name))


def write(spr: int, value: int) -> list[int]:
    return [*load_constant(3, value), asm("mtspr", spr=spr, rs=3)]


def read(spr: int, target: int = 4) -> list[int]:
    return [asm("mfspr", rt=target, spr=spr)]


@pytest.mark.parametrize("kernel", OLD)
@pytest.mark.parametrize("words", [write(MCSR, 0), read(MCSR), write(PIR, 5)], ids=["mtmcsr", "mfmcsr", "mtpir"])
def test_the_machine_check_register_and_writes_to_pir_are_unknown_before(
    kernel: str, words: list[int], tmp_path: Path
) -> None:
    assert failed(ended(tmp_path, kernel, words))


@pytest.mark.parametrize("kernel", NEW)
def test_the_machine_check_register_and_writes_to_pir_are_known_afterwards(kernel: str, tmp_path: Path) -> None:
    found = ended(tmp_path, kernel, [*write(MCSR, 0xFFFF_FFFF), *read(MCSR, 4), *write(PIR, 5), *read(PIR, 5)])
    assert register(found, "r4") == 0, "ones clear it, and nothing sets it"
    assert register(found, "r5") == 0, "the number of the only vcpu"


@pytest.mark.parametrize(("kernel", "left"), [("3.6", 0), ("3.14", 0x1000_0000)])
def test_the_watchdogs_reset_control_stays_as_it_was_set(kernel: str, left: int, tmp_path: Path) -> None:
    words = [*write(TCR, 0x1000_0000), *write(TCR, 0x2000_0000 | DIE), *write(TCR, DIE), *read(TCR)]
    assert register(ended(tmp_path, kernel, words), "r4") == left | DIE


def test_the_timer_control_register_can_be_read_from_3_6_on(tmp_path: Path) -> None:
    assert [failed(ended(tmp_path, kernel, read(TCR))) for kernel in ("2.6.29", "2.6.33", "3.6", "3.14")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("kernel", [*OLD, *NEW])
def test_pvr_is_the_hosts_once_kvm_sets_it(kernel: str, tmp_path: Path) -> None:
    assert register(ended(tmp_path, kernel, read(PVR)), "r4") == (PVR_OF_CORE if kernel in NEW else 0)
    assert register(ended(tmp_path, kernel, read(PVR), pvr=0x1234), "r4") == 0x1234


@pytest.mark.parametrize("kernel", [*OLD, *NEW])
def test_a_write_of_a_dcr_comes_back_in_the_register_of_the_last_load(kernel: str, tmp_path: Path) -> None:
    """Until KVM noted that it was a write. Loads from devices and DCRs count, stores and KVM's own DCRs do not."""
    words = [
        *load(7, UART + 5, size=1), *load_constant(5, 0x1234), asm("mtdcr", rs=5, dcr=UIC_ENABLE),
        asm("or", ra=20, rs=7, rb=7),
        asm("mfdcr", rt=8, dcr=UIC_ENABLE), asm("or", ra=21, rs=8, rb=8),
        asm("mfdcr", rt=11, dcr=0xC),
        *load_constant(5, 0x5678), asm("mtdcr", rs=5, dcr=UIC_ENABLE),
    ]  # fmt: skip
    found = ended(tmp_path, kernel, words)
    assert register(found, "r21") == 0x1234, "what was written to the controller"
    assert register(found, "r20") == (0x60 if kernel in NEW else 0x1234), "the line status, or what overwrote it"
    assert register(found, "r8") == (0x1234 if kernel in NEW else 0x5678)


def test_without_a_load_before_it_comes_back_in_r0(tmp_path: Path) -> None:
    words = [*load_constant(0, 1), *load_constant(5, 0x1234), asm("mtdcr", rs=5, dcr=UIC_ENABLE)]
    assert register(ended(tmp_path, "2.6.29", words), "r0") == 0x1234
    assert register(ended(tmp_path, "3.14", words), "r0") == 1


def indexed(xo: int, value_register: int, number_register: int) -> int:
    return x_form(31, xo, value_register, number_register, 0)


@pytest.mark.parametrize("kernel", [*OLD, *NEW])
def test_dcrs_by_a_number_in_a_register(kernel: str, tmp_path: Path) -> None:
    words = [
        *load_constant(4, UIC_ENABLE), *load_constant(5, 0x1234), indexed(387, 5, 4), indexed(259, 6, 4),
        *load_constant(4, 0xC), indexed(387, 5, 4), indexed(259, 7, 4),
        *load_constant(4, 0x400 + UIC_ENABLE), indexed(259, 8, 4),
    ]  # fmt: skip
    found = ended(tmp_path, kernel, words)
    assert failed(found) == (kernel in OLD)
    if kernel in OLD:
        assert found.engine.read_register("pc") == START + 16
        return
    assert [register(found, f"r{n}") for n in (6, 7, 8)] == [0x1234, 0x1234, 0]
    exits = found.stats.by_label("system.host.exits_by_kind")
    assert (exits["dcr"], exits["emulation_failure"]) == (3, 0), "the clock's address register is KVM's own"
