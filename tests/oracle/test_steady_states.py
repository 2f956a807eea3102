# SPDX-License-Identifier: BSD-3-Clause
"""The two steady states of a Linux guest's ping-pong under 3.14: a tick of the guest's leads from one to the other.

Where no tick falls into the window, its misses are those of the real host, to the last one.
"""

from __future__ import annotations

import lzma
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simobjects.kvm.ring import Ring

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT.parent / "shared" / "oracle" / "kvm-linux"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
QUIET, TICKED = 14_712, 712
"""Instructions of a turn of the VMM's: no tick comes in the window, or one does."""


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "studies" / "steady_states.py"))


@pytest.fixture(scope="module")
def guest(study: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("guest")
    (folder / "vmlinux").write_bytes(lzma.decompress((GUEST / "vmlinux61.xz").read_bytes()))
    subprocess.run([sys.executable, GUEST / "patch.py", folder / "vmlinux", folder / "elf"], check=True)
    return study["Guest"](folder / "elf", GUEST / "guest.dtb", GUEST / "guest.cpio", "3.14", 11)


def test_a_tick_moves_the_ping_pong_from_one_state_to_another(study: dict[str, Any], guest: Any) -> None:
    quiet, ticked = (study["boot"](guest, study["VMM_PAGES"], work) for work in (QUIET, TICKED))
    windows = [next(window for window in found.windows if window.number == 11) for found in (quiet, ticked)]
    assert [window.ticks for window in windows] == [0, 1]
    assert windows[0].misses == 14_403 + 11_606, "as on the real host, which held the guest's ticks"
    assert {*quiet.exchanges[1:]} == {130}
    assert {*ticked.exchanges[1:140]} == {130}
    assert {*ticked.exchanges[-40:]} == {69}


def test_where_the_round_robin_stands_at_a_window_decides_nothing(study: dict[str, Any], guest: Any) -> None:
    """A VMM with one page, and one with 40, which moves the hand by 39 slots more at the begin of the window. What
    ticks before the window have left in the TLB differs for two exchanges, then no more."""
    few, many = (study["boot"](guest, pages, study["VMM_WORK"]) for pages in (1, 40))
    assert {*few.exchanges[2:]} == {*many.exchanges[2:]} == {130}


def test_the_shipped_pages_are_the_guests_and_the_ring_has_its_rates(study: dict[str, Any], guest: Any) -> None:
    recorded = study["record"](guest)
    assert recorded == study["Cycle"].read(study["CYCLE"])
    rates = [recorded.settle(study["start"](recorded, lost)).rate for lost in (0, 31)]
    assert rates == [69, 130]
    assert isinstance(study["start"](recorded, 0), Ring)
