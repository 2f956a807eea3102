# SPDX-License-Identifier: BSD-3-Clause
"""docs/kvm-truth-linux.md without the guest: its real counts are the shipped ones, and what it says follows from them.

With the guest `tests/oracle/test_linux_costs.py` makes both tables again.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel
from simobjects.kvm.releases import find_release
from simobjects.study.neighbours import neighbours_importable

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ROOT / "configs" / "studies"
PAGE = (ROOT / "docs" / "kvm-truth-linux.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def study() -> Iterator[dict[str, Any]]:
    script = STUDIES / "linux_costs.py"
    with neighbours_importable(script):
        yield runpy.run_path(str(script))


def marked(name: str) -> str:
    return PAGE.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def pairs(study: dict[str, Any]) -> list[Any]:
    """The rows of the table with the shipped counts: the study's own form, so that its percentages are compared."""
    found = []
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in marked("windows").splitlines()[2:]]
    published = study["rows_of"](study["REAL_WINDOWS"])
    for cells, line in zip(shown, published, strict=True):
        real = {name: int(line[name]) for name in (*study["COUNTERS"], "instructions")}
        itlb, dtlb = map(int, cells[5].split(" + "))
        differs = {"inst_emu": real["inst_emu"] + int(cells[3]), "instructions": int(cells[8])}
        model = {**real, "itlb_v": itlb, "dtlb_v": dtlb, **differs}
        found.append(study["Pair"](line["kernel"], int(line["window"]), line["name"], real, model))
    return found


def test_the_real_counts_are_the_shipped_ones(study: dict[str, Any]) -> None:
    assert marked("windows") == study["table"](pairs(study))


def test_what_the_page_the_changelog_and_the_fit_say(study: dict[str, Any]) -> None:
    found = pairs(study)
    other_state = [pair for pair in found if abs(pair.error()) > 0.03]
    assert [(pair.kernel, pair.number) for pair in other_state] == [("2.6.29", 11)]
    equal = [pair for pair in found if all(pair.real[name] == pair.model[name] for name in ("itlb_v", "dtlb_v"))]
    assert len(equal) > len(found) / 2
    apart = {pair.number for pair in found if pair.kernel == "3.14" and pair.virt_error()}
    assert apart == {3, 8, 16}
    assert "**Windows 3, 8 and 16 under 3.14**" in PAGE
    judged = [(line.split()[0], int(line.split()[1])) for line in marked("fit").splitlines() if line.startswith("  ")]
    fitted = {kernel for kernels in study["FITTED"].values() for kernel in kernels}
    long = [pair for pair in found if pair.kernel in fitted and pair.long]
    near = [(pair.kernel, pair.number) for pair in long if abs(pair.virt_error()) < study["SAME_MISSES"]]
    assert sorted(judged) == sorted(near)


def test_the_costs_of_the_page_are_the_releases() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| .*\d \|.*\d \| \d+ \|$", line)]
    names = ("c_dispatch", "c_emulate", "c_hand_on", "search_entry")
    for release, cells in zip(("2.6.28", "2.6.29", "3.14"), rows[:3], strict=True):
        found = find_release(release)
        assert found is not None
        costs = CostModel()
        assert [found.costs.get(name, getattr(costs, name)) for name in names] == [int(cell) for cell in cells[1:]]


@pytest.mark.parametrize("missing", ["windows", "new", "old", "dtb", "initrd"])
def test_a_file_that_is_not_there_is_named(
    missing: str, study: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    files = dict.fromkeys(("windows", "new", "old", "dtb", "initrd"), str(ROOT / "LICENSE")) | {missing: "none.elf"}
    with pytest.raises(SystemExit) as ended:
        study["main"]([word for name, file in files.items() for word in (f"--{name}", file)])
    assert ended.value.code == 2
    assert "none.elf: no such file" in capsys.readouterr().err
