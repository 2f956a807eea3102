# SPDX-License-Identifier: BSD-3-Clause
"""The calibration study: its path lengths are those of the golden guest, its fit is one, and the page shows it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "studies" / "calibrate.py"))


def test_the_page_shows_the_report(study: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "model.md").read_text()
    shown = re.search(r"<!-- calibration -->\n```text\n(.*?)\n```", page, re.DOTALL)
    assert shown is not None
    assert shown[1].split("\n") == [line.rstrip() for line in study["report"]().split("\n")]


def test_the_fit_to_the_old_kernels_is_near_the_defaults_and_no_worse(study: dict[str, Any]) -> None:
    found = study["fit"](("2.6.27", "2.6.28"), ("c_map", "scan_shadow")).rounded()
    model = CostModel()
    assert found["c_map"] == pytest.approx(model.c_map, rel=0.06)
    assert found["scan_shadow"] == model.scan_shadow

    def error(costs: dict[str, int]) -> float:
        return sum(float(row[4]) ** 2 for row in study["residuals"](costs) if row[0] != "3.14.79")

    assert error(found) <= error({}) + 1e-6
    for name in found:  # and a minimum: a step to either side is worse
        for step in (-25, 25) if name == "c_map" else (-2, 2):
            assert error({**found, name: found[name] + step}) > error(found)


def test_three_costs_meet_the_three_figures_of_the_new_kernel(study: dict[str, Any]) -> None:
    found = study["fit"](("3.14.79",), ("c_dispatch", "c_map", "c_tlbwe")).rounded()
    rows = [row for row in study["residuals"](found) if row[0] == "3.14.79"]
    assert len(rows) == 3
    for _kernel, _event, published, model, _error in rows:
        assert model == pytest.approx(published, abs=3)


def test_residuals_are_of_published_figures_only(study: dict[str, Any]) -> None:
    rows = study["residuals"]({})
    assert [row[2] for row in rows] == [1506, 2000, 9522, 676, 1249, 7198, 414, 893, 4568]
    assert all(abs(row[4]) < 0.05 for row in rows if row[0] != "3.14.79")
