# SPDX-License-Identifier: BSD-3-Clause
"""The steady states of a Linux guest's ping-pong: guest's ticks and, under 3.14, the VMM's pages select one.

With ticks held, as the VMM of the real 3.14 did, the misses of the upper one are the real host's, to the last one. On
the others a boot whose ticks come where the real ones came has the real counts, but for a few misses.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from simobjects.kvm.ring import Ring
from tests.helpers.linux_study import GUEST, prepare, real_rows
from tests.helpers.steady_study import PAGE, marked_rows, steady_study

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
STUDY = steady_study()
COUNTERS = ("itlb_v", "dtlb_v", "inst_emu")
PINGPONG = 11
TICKED = 6_500
"""Instructions of a turn of the VMM's with which a tick comes in the middle of the window."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("guest"))


def guest_of(folder: Path, kernel: str) -> Any:
    elf = folder / ("new" if kernel == "3.14" else "old")
    return STUDY.linux.Guest(elf, GUEST / "guest.dtb", GUEST / "guest.cpio", kernel, PINGPONG)


@pytest.fixture(scope="module")
def guest(folder: Path) -> Any:
    return guest_of(folder, "3.14")


def window(found: Any) -> Any:
    return next(window for window in found.windows if window.number == PINGPONG)


def test_a_tick_moves_the_ping_pong_from_one_state_to_another(guest: Any) -> None:
    ticked = STUDY.linux.boot(guest, STUDY.linux.VMM_PAGES, TICKED)
    assert window(ticked).ticks == 1
    assert {*ticked.exchanges[1:50]} == {130}
    assert {*ticked.exchanges[-100:]} == {69}


def test_pages_of_the_vmm_select_the_state_and_one_is_the_real_hosts(guest: Any) -> None:
    """Ticks are held, as on the real host. At the begin of the window the hand moves past 12 slots, or past 18."""
    upper, lower = (
        STUDY.linux.boot(guest, pages, STUDY.linux.VMM_WORK, hold=True) for pages in (STUDY.linux.VMM_PAGES, 18)
    )
    assert window(upper).misses == 14_403 + 11_606
    assert {*upper.exchanges[1:]} == {130}
    assert {*lower.exchanges[5:]} == {69}


def test_the_shipped_pages_are_the_guests_and_the_ring_has_its_rates(guest: Any) -> None:
    recorded = STUDY.linux.record(guest)
    assert recorded == STUDY.cycle.Cycle.read(STUDY.cycle.CYCLE)
    rates = [recorded.settle(STUDY.cycle.start(recorded, lost)).rate for lost in (0, 31)]
    assert rates == [69, 130]
    assert isinstance(STUDY.cycle.start(recorded, 0), Ring)


def test_without_ticks_since_reset_there_are_other_pages_and_one_state(
    guest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = STUDY.linux.Guest.machine

    def without_ticks(*arguments: Any, **more: Any) -> Any:
        system = machine(*arguments, **more)
        system.core.timebase_ratio = 100_000
        return system

    monkeypatch.setattr(STUDY.linux.Guest, "machine", without_ticks)
    recorded, shipped = STUDY.linux.record(guest), STUDY.cycle.Cycle.read(STUDY.cycle.CYCLE)
    assert (len({*recorded.pages}), len({*recorded.pages} - {*shipped.pages})) == (66, 5)
    assert {recorded.settle(STUDY.cycle.start(recorded, lost)).rate for lost in range(0, 63, 7)} == {68}


@pytest.mark.parametrize("row", marked_rows("nearest"), ids=lambda row: row[0])
def test_the_nearest_boots_of_the_page_are_the_models_and_close_to_the_real_ones(folder: Path, row: list[str]) -> None:
    """Costs that are fitted anew move the ticks: the page then wants other boots, and its tables of Linux new ones."""
    kernel, work = row[0], row[4]
    real, model = ([int(cell.replace(",", "")) for cell in cells] for cells in (row[1:4], row[5:8]))
    counted = next(each for each in real_rows(kernel) if int(each["window"]) == PINGPONG)
    assert real == [int(counted[name]) for name in COUNTERS]
    held = work == "held"
    turn = STUDY.linux.VMM_WORK if held else int(work.replace(",", ""))
    found = window(STUDY.linux.boot(guest_of(folder, kernel), STUDY.linux.VMM_PAGES, turn, hold=held))
    assert model == [found.exits[name] for name in COUNTERS]
    assert sum(abs(one - other) for one, other in zip(real, model, strict=True)) <= (0 if held else 20)


@pytest.mark.slow
def test_the_tables_of_the_commit_are_made_again(folder: Path) -> None:
    """One host of the four: all windows over ticks and pages, and how many of its boots are in which state."""
    guest, count = guest_of(folder, "commit"), 16
    works = dict(STUDY.linux.boots_by_work(guest, count, STUDY.linux.LEAST_WORK, STUDY.linux.MOST_WORK))
    pages = dict(STUDY.linux.boots_by_pages(guest, count))
    page = STUDY.linux_page
    runs = [
        run
        for varied, boots in ((page.WORK, works), (page.PAGES, pages))
        for value, found in boots.items()
        for run in page.boot_runs(guest, varied, value, found)
    ]
    shown = PAGE.partition("<!-- linux_commit -->\n")[2].partition("\n<!-- /linux_commit -->")[0]
    assert page.linux_table(runs) == shown
    states = {"no tick": 0, "never": 0, "for a while": 0, "at the end": 0}
    for found in works.values():
        lower = [misses < page.BETWEEN for misses in found.exchanges]
        ticked = window(found).ticks > 0
        assert ticked or not any(lower), "without a tick all boots stay in the upper state"
        state = "at the end" if lower[-1] else "for a while" if any(lower) else "never" if ticked else "no tick"
        states[state] += 1
    row = re.search(r"^\| commit \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert row is not None
    assert [int(number) for number in row.groups()] == list(states.values())
