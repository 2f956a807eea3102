# SPDX-License-Identifier: BSD-3-Clause
"""The VMM holds its guest's timer interrupt in windows of the statistics, but for those of one number."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import ElfProgram, Simulation
from simobjects.boards import bamboo
from simobjects.isa.arch import SPR, TCR, TSR
from tests.differential.encode import load_constant
from tests.helpers.assembler import asm
from tests.helpers.small_programs import MARKERS, START, elf_file, end_with, spend, store

TICKS = 20
"""Register that counts the guest's ticks."""
NOP = asm("ori")
HANDLER = [
    asm("addi", rt=TICKS, ra=TICKS, d=1),
    *load_constant(21, TSR.DIS),
    asm("mtspr", rs=21, spr=SPR["TSR"]),
    asm("rfi"),
]
BEFORE = 4
"""Words before the handler, the first of them jumps over it."""


def written(register: str, value: int) -> list[int]:
    return [*load_constant(9, value), asm("mtspr", rs=9, spr=SPR[register])]


def window(number: int) -> list[int]:
    """Count ticks in a window of that number, and record them."""
    count = [asm("addi", rt=TICKS, ra=0, d=0)]
    record = [*load_constant(9, MARKERS + 0x20), asm("stw", rs=TICKS, ra=9)]
    return [*count, *store(MARKERS, number), *spend(20_000), *store(MARKERS + 4, 0), *record]


MAIN = [
    *written("IVPR", START),
    *written("IVOR10", 4 * BEFORE),
    *written("DECAR", 5_000),
    *written("TCR", TCR.DIE | TCR.ARE),
    *written("DEC", 5_000),
    asm("wrteei", e=1),
    *window(1),
    *window(18),
    *end_with(),
]
PROGRAM = [asm("b", li=4 * (BEFORE + len(HANDLER))), *[NOP] * (BEFORE - 1), *HANDLER, *MAIN]


def ticks_in_windows(elf: Path, **vmm: int | bool) -> list[int]:
    """What the guest counted in its two windows: 40,000 instructions each, a tick is due every 5,000 cycles."""
    system = bamboo(ElfProgram(str(elf), memory="32MiB"), "3.14")
    system.host.vmm.signal_every = 0
    for name, value in vmm.items():
        setattr(system.host.vmm, name, value)
    simulation = Simulation(system)
    simulation.run_all()
    return [value for _, value in simulation.peers[system.board.marker].log()]


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return elf_file(tmp_path_factory.mktemp("guest") / "ticks.elf", PROGRAM)


def test_ticks_come_in_windows_by_themselves(elf: Path) -> None:
    assert all(count >= 8 for count in ticks_in_windows(elf))


def test_none_come_where_the_vmm_holds_them_and_the_rest_come_afterwards(elf: Path) -> None:
    first, second = ticks_in_windows(elf, hold_ticks=True, ticks_in=18)
    # The one that was due in the window is delivered as it ends, before the guest records its count.
    assert first == 1
    assert second >= 8


def test_all_windows_are_held_when_no_number_is_given(elf: Path) -> None:
    assert ticks_in_windows(elf, hold_ticks=True) == [1, 1]
