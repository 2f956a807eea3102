# SPDX-License-Identifier: BSD-3-Clause
"""The tables and the figure of docs/causes.md are its script's; what the view of one real miss says adds up."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest

from simobjects import Simulation
from simobjects.draw.palette import STAGES
from simobjects.kvm.causal import causal_view
from simobjects.kvm.names import CAUSE_NAMES
from tests.helpers.drawn import DRAWN_BY
from tests.helpers.played_machine import native_system, virtual_system

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "causes.md"


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "studies" / "causes.py"))


def between(page: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", page, re.DOTALL)
    assert found is not None, mark
    return found[1]


@pytest.mark.slow
def test_the_tables_are_the_scripts(study: dict[str, Any]) -> None:
    """The whole trace, eight times: some six seconds."""
    sims = {scheme: study["finish"](scheme, None) for scheme in study["SCHEMES"]}
    views = [causal_view(sim) for sim in sims.values()]
    page = PAGE.read_text(encoding="utf-8")
    assert between(page, "causes") == study["cause_table"](sims)
    assert between(page, "causal") == study["causal_table"](views)
    if matplotlib.__version__ == DRAWN_BY:
        assert (PAGE.parent / study["FIGURE"]).read_bytes() == study["figure"](views)


def test_every_cause_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(CAUSE_NAMES)


def test_the_view_adds_up(study: dict[str, Any]) -> None:
    sim = study["finish"]("e4", 300_000)
    view = causal_view(sim)
    stats = {name: sim.stats.by_label(f"system.host.{name}") for name in ("exits_by_kind", "refill_exits")}
    real = stats["exits_by_kind"]["itlb_r"] + stats["exits_by_kind"]["dtlb_r"]
    virt = stats["exits_by_kind"]["itlb_v"] + stats["exits_by_kind"]["dtlb_v"]
    assert view.real_misses == real
    assert view.handler_virt + sum(view.later.values()) + view.unrelated == pytest.approx(virt / real)
    inside = view.emulated + view.handler_virt + view.handler_other
    assert inside == pytest.approx(sum(stats["refill_exits"].values()) / real)
    rows = view.rows()
    assert rows[-1][1] == pytest.approx(rows[0][1] + rows[1][1] + rows[4][1])
    assert rows[-1][2] == pytest.approx(rows[0][2] + rows[1][2] + rows[4][2])
    assert 15 < view.emulated < 18.5


def test_the_figure_has_a_bar_of_three_stages_for_each_scheme(study: dict[str, Any]) -> None:
    views = [causal_view(study["finish"](scheme, 100_000)) for scheme in ("e3b", "e4")]
    for view in views:
        assert sum(view.stages().values()) == pytest.approx(view.cycles)
    drawn = study["figure"](views).decode()
    ElementTree.fromstring(drawn)
    for stage in views[0].stages():
        assert drawn.count(f"fill: {STAGES[stage].colour}") == 3, "two bars and the legend"


def test_no_view_without_a_host_or_without_a_miss() -> None:
    with pytest.raises(ValueError, match="no HostKernel"):
        causal_view(Simulation(native_system()))
    with pytest.raises(ValueError, match="no real miss yet"):
        causal_view(Simulation(virtual_system("e4")))


def test_script_writes_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = tmp_path / "causes.md"
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    arguments = ["causes.py", "--references", "50000", "--schemes", "e2,e4", "--page", str(copy)]
    monkeypatch.setattr("sys.argv", arguments)
    runpy.run_path(str(ROOT / "configs" / "studies" / "causes.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert between(copy.read_text(encoding="utf-8"), "causes") in printed
    assert [path.name for path in tmp_path.glob("*.svg")] == ["causes.svg"]
