# SPDX-License-Identifier: BSD-3-Clause
"""The two steady states of a Linux guest's ping-pong under 3.14: guest's ticks and VMM's pages select one.

With ticks held, as the real host's VMM did, the misses of the upper one are the real host's, to the last one.
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
TICKED = 31_500
"""Instructions of a turn of the VMM's with which a tick comes in the middle of the window."""


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "studies" / "steady_states.py"))


@pytest.fixture(scope="module")
def guest(study: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("guest")
    (folder / "vmlinux").write_bytes(lzma.decompress((GUEST / "vmlinux61.xz").read_bytes()))
    subprocess.run([sys.executable, GUEST / "patch.py", folder / "vmlinux", folder / "elf"], check=True)
    return study["Guest"](folder / "elf", GUEST / "guest.dtb", GUEST / "guest.cpio", "3.14", 11)


def window(found: Any) -> Any:
    return next(window for window in found.windows if window.number == 11)


def test_a_tick_moves_the_ping_pong_from_one_state_to_another(study: dict[str, Any], guest: Any) -> None:
    ticked = study["boot"](guest, study["VMM_PAGES"], TICKED)
    assert window(ticked).ticks == 1
    assert {*ticked.exchanges[1:100]} == {130}
    assert {*ticked.exchanges[-60:]} == {69}


def test_pages_of_the_vmm_select_the_state_and_one_is_the_real_hosts(study: dict[str, Any], guest: Any) -> None:
    """Ticks are held, as on the real host. At the begin of the window the hand moves past 12 slots, or past 18."""
    upper, lower = (study["boot"](guest, pages, study["VMM_WORK"], hold=True) for pages in (study["VMM_PAGES"], 18))
    assert window(upper).misses == 14_403 + 11_606
    assert {*upper.exchanges[1:]} == {130}
    assert {*lower.exchanges[5:]} == {69}


def test_the_shipped_pages_are_the_guests_and_the_ring_has_its_rates(study: dict[str, Any], guest: Any) -> None:
    recorded = study["record"](guest)
    assert recorded == study["Cycle"].read(study["CYCLE"])
    rates = [recorded.settle(study["start"](recorded, lost)).rate for lost in (0, 31)]
    assert rates == [69, 130]
    assert isinstance(study["start"](recorded, 0), Ring)
