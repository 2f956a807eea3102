# SPDX-License-Identifier: BSD-3-Clause
"""What a guest of later years is given that no release had, and a guest's reset that ends the run."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from simobjects import Event, EventKind, HostKernel, Simulation
from simobjects.isa import arch
from simobjects.isa.arch import W2
from tests.differential.encode import load_constant
from tests.helpers.assembler import asm
from tests.helpers.executing_guest import MMUCR, TLBWE, Executing
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import RESET, STAY, elf_file

MCSR, TCR, DIE = arch.SPR.MCSR, arch.SPR.TCR, arch.TCR.DIE
KERNELS = ("2.6.27", "2.6.28", "parent", "commit", "2.6.29", "3.14")
ASKS = [
    *load_constant(3, DIE),
    asm("mtspr", spr=MCSR, rs=3),
    asm("mtspr", spr=TCR, rs=3),
    asm("mfspr", rt=4, spr=TCR),
    asm("mfspr", rt=5, spr=MCSR),
]


def ended(folder: Path, words: list[int], **host: object) -> tuple[Simulation, Event]:
    system = guest_system(elf_file(folder / "p.elf", [*words, STAY]), "e4")
    system.host = HostKernel(**host)
    system.core.exceptions = system.host.exits
    simulation = Simulation(system)
    return simulation, simulation.run_all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_mcsr_and_tcr_are_there_with_help_under_every_release(kernel: str, tmp_path: Path) -> None:
    simulation, last = ended(tmp_path, ASKS, kernel=kernel, guest_help=True)
    assert last.kind is EventKind.END_OF_WORKLOAD
    assert simulation.engine.read_register("r4") == DIE
    assert simulation.engine.read_register("r5") == 0


@pytest.mark.parametrize("kernel", KERNELS[:-1])
def test_they_are_not_without(kernel: str, tmp_path: Path) -> None:
    assert ended(tmp_path, ASKS, kernel=kernel)[1].kind is EventKind.FAILED


def test_it_is_said_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="simobjects"):
        ended(tmp_path, ASKS, guest_help=True)
    assert "system.host: guest_help is on: the guest has MCSR" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="simobjects"):
        ended(tmp_path, ASKS[:1])
    assert caplog.text == ""


@pytest.mark.parametrize("scheme", ["e3", "e3b", "e4", "e5", "e6"])
@pytest.mark.parametrize(("helps", "may_execute"), [(False, 0), (True, W2.UX)])
def test_a_page_of_a_process_that_the_guests_kernel_maps(scheme: str, helps: bool, may_execute: int) -> None:
    """User: all; supervisor: no execution, as Linux 6.1 has it. TLB entry 5, TID 1, written by the kernel."""
    guest = Executing(scheme, era={"helps": helps})
    guest.mtspr(MMUCR, 1)
    for word, value in ((1, 0x20_0000), (0, 0x1000_0210), (2, 0x3B)):
        guest.do(TLBWE, slot=5, word=word, value=value)
    found = [word2 for word0, _, word2, _ in guest.hardware() if word0 & 0xFFFF_F300 == 0x1000_0300]
    assert [word2 & W2.UX for word2 in found] == [may_execute]


def test_a_reset_is_a_stored_number_unless_it_ends_the_run(tmp_path: Path) -> None:
    _, last = ended(tmp_path, RESET)
    assert (last.kind, last.payload["reason"]) == (EventKind.END_OF_WORKLOAD, "spins for nothing")
    _, last = ended(tmp_path, RESET, guest_reset="ends")
    assert (last.kind, last.payload["reason"], last.payload["kind"]) == (EventKind.END_OF_WORKLOAD, "reset", 3)
