# SPDX-License-Identifier: BSD-3-Clause
"""The compiled core against its plain Python twin: random instructions on random machines, compared after each one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from simobjects.isa.table import instructions
from tests.helpers.lockstep440 import Difference, Scenario
from tests.reference.ppc440 import integer, interrupts, mmu, storage, timers
from tests.reference.ppc440.core import Machine
from tests.reference.ppc440.state import CA, MSR_CE, TSR_DIS, Registers
from tests.reference.ppc440.table import EXTENDED, SIMPLE
from tests.reference.ppc440.words import Fields

STEPS = 250
GROUPS = 12
SEEDS_A_GROUP = 12

FOUND_BUGS = (
    1033,  # an entry of every PID kept answering after a PID write that made a lower, overlapping entry match
)

done: Counter[str] = Counter()


@pytest.mark.parametrize("seed", FOUND_BUGS)
def test_seeds_that_found_a_bug(seed: int) -> None:
    Scenario(seed).run(400)


@pytest.mark.parametrize("group", range(GROUPS))
def test_all_state_is_equal_after_each_instruction(group: int) -> None:
    for seed in range(group * SEEDS_A_GROUP, (group + 1) * SEEDS_A_GROUP):
        scenario = Scenario(seed)
        scenario.run(STEPS)
        done.update(scenario.completed)


def test_every_instruction_was_among_them() -> None:
    """After the test above: each row of the table was executed without an interrupt; sc is one."""
    if sum(done.values()) < GROUPS * SEEDS_A_GROUP * STEPS // 2:
        pytest.skip("the comparison was not run as a whole")
    assert {row.id for row in instructions()} - set(done) == {"sc"}


# Planted bugs: each makes the twin wrong in one place, and must be found.

Patch = pytest.MonkeyPatch


def no_carry(patch: Patch) -> None:
    original = EXTENDED[31, 10]

    def addc(m: Machine, f: Fields) -> None:
        original(m, f)
        m.r.set_flag(CA, False)

    patch.setitem(EXTENDED, (31, 10), addc)


def reservation_stays(patch: Patch) -> None:
    original = EXTENDED[31, 150]

    def stwcx(m: Machine, f: Fields) -> None:
        before = m.r.reservation
        original(m, f)
        m.r.reservation = before

    patch.setitem(EXTENDED, (31, 150), stwcx)


def late_update(patch: Patch) -> None:
    """lwzu with a fault changes RA."""
    original = SIMPLE[33]

    def lwzu(m: Machine, f: Fields) -> None:
        m.r.gpr[f.ra] = storage.address(m, f, indexed=False, update=True)
        original(m, Fields(f.raw & ~0xFFFF))

    patch.setitem(SIMPLE, 33, lwzu)


def permissions_swapped(patch: Patch) -> None:
    patch.setitem(mmu.NEEDED, mmu.STORE, mmu.NEEDED[mmu.LOAD])


def tid_ignored(patch: Patch) -> None:
    patch.setattr(mmu.Entry, "matches", lambda entry, ea, space, pid: entry.holds(ea, space))


def second_page_ignored(patch: Patch) -> None:
    """An access is translated by its first byte alone."""

    def places(m: Machine, ea: int, count: int, access: str, align: int = 1) -> list[tuple[int, bool]]:
        physical, entry = m.mmu.translate(m.r, ea, access)
        storage.check_alignment(m, ea, access, align)
        return [(physical + offset, bool(entry.w2 & mmu.LITTLE)) for offset in range(count)]

    patch.setattr(storage, "places", places)


def store_not_reported(patch: Patch) -> None:
    patch.setattr(mmu, "ESR_ST", 0)


def critical_enable_lost(patch: Patch) -> None:
    original = interrupts.enter

    def enter(r: Registers, vector: int, back: int, *, machine_check_critical: bool = False) -> None:
        original(r, vector, back, machine_check_critical=machine_check_critical)
        r.msr &= ~MSR_CE

    patch.setattr(interrupts, "enter", enter)


def decrementer_goes_on(patch: Patch) -> None:
    original = timers.tick

    def tick(r: Registers) -> int:
        if r.dec == 0:
            r.dec = 0xFFFFFFFF
            r.tsr |= TSR_DIS
        return original(r)

    patch.setattr(timers, "tick", tick)


def tid_not_read(patch: Patch) -> None:
    original = EXTENDED[31, 946]

    def tlbre(m: Machine, f: Fields) -> None:
        before = m.r.mmucr
        original(m, f)
        m.r.mmucr = before

    patch.setitem(EXTENDED, (31, 946), tlbre)


def isync_forgets_nothing(patch: Patch) -> None:
    patch.setitem(EXTENDED, (19, 150), lambda m, f: None)


def little_endian_ignored(patch: Patch) -> None:
    original = mmu.Mmu.translate

    def translate(m: mmu.Mmu, r: Registers, ea: int, access: str, *, protected: bool = True) -> tuple[int, mmu.Entry]:
        physical, entry = original(m, r, ea, access, protected=protected)
        return physical, replace(entry, w2=entry.w2 & ~mmu.LITTLE)

    patch.setattr(mmu.Mmu, "translate", translate)


def overflow_kept(patch: Patch) -> None:
    """OV is set and never cleared."""
    original = integer.finish

    def finish(m: Machine, f: Fields, result: int, exact: int | None = None) -> None:
        before = m.r.xer & 0x40000000
        original(m, f, result, exact)
        m.r.xer |= before

    patch.setattr(integer, "finish", finish)


PLANTED: tuple[Callable[[Patch], None], ...] = (
    no_carry,
    overflow_kept,
    late_update,
    reservation_stays,
    permissions_swapped,
    second_page_ignored,
    tid_ignored,
    little_endian_ignored,
    tid_not_read,
    isync_forgets_nothing,
    store_not_reported,
    critical_enable_lost,
    decrementer_goes_on,
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(Difference):
        for seed in range(200):
            Scenario(seed).run(STEPS)
