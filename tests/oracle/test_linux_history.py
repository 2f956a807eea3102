# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest under parent and commit, for the two sentences of docs/history.md that are against each other."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from typing import Any

import pytest

from simobjects.study.neighbours import neighbours_importable
from tests.helpers.linux_study import GUEST, STUDIES, prepare

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]


@pytest.fixture(scope="module")
def study() -> Iterator[dict[str, Any]]:
    script = STUDIES / "history_runs.py"
    with neighbours_importable(script):
        yield runpy.run_path(str(script))


@pytest.fixture(scope="module")
def found(study: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = prepare(tmp_path_factory.mktemp("guest"))
    guest = study["Guest"](str(folder / "old"), str(GUEST / "guest.dtb"), str(GUEST / "guest.cpio"))
    parts = [part for rung in ("e3b", "e4") for part in study["measure"](study["Setting"](rung), guest)]
    return {(part.setting.rung, part.name): part for part in parts}


def test_the_commit_makes_the_boot_longer_and_the_windows_shorter(found: Any) -> None:
    for time in ("instructions", "cycles"):
        assert found["e4", "boot"][time] > 1.05 * found["e3b", "boot"][time]
        for window in ("5", "7", "9", "10", "14"):
            assert found["e4", window][time] < found["e3b", window][time] / 1.25, window


def test_the_sweeps_of_its_exits_are_the_reason(found: Any) -> None:
    old, new = (found[rung, "boot"] for rung in ("e3b", "e4"))
    swept = new["cause.put_sweep"]
    assert "put_sweep" not in old.under("cause")
    assert 0.9 * swept < new.virt - old.virt < 1.1 * swept
    assert 5 < swept / new["exits.mmio"] < 7


def test_the_shipped_counts_are_of_this_guest(found: Any, study: dict[str, Any]) -> None:
    shipped = {
        (part.setting.rung, part.name): part
        for part in study["read"](STUDIES / "history.csv")
        if part.setting in (study["Setting"]("e3b"), study["Setting"]("e4"))
    }
    assert set(shipped) == set(found)
    for key, part in found.items():
        assert part == shipped[key], key
