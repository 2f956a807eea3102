# SPDX-License-Identifier: BSD-3-Clause
"""Where parent and commit are even, on the shipped program: the study of the history without a Linux."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simobjects.study.neighbours import neighbours_importable

STUDIES = Path(__file__).parents[3] / "configs" / "studies"


@pytest.fixture(scope="module")
def study() -> Iterator[dict[str, Any]]:
    with neighbours_importable(STUDIES / "history_even.py"):
        yield runpy.run_path(str(STUDIES / "history_even.py"))


def test_the_parent_pays_for_all_slots_and_the_commit_for_each_page(study: dict[str, Any]) -> None:
    """An access to a device: the parent comes back to a TLB that is loaded, the commit to an empty one."""
    points = list(study["measured"]())
    assert [point.virt["parent"] for point in points] == [0] * len(points)
    assert [point.virt["commit"] for point in points] == [point.pages + 1 for point in points], "and the page of code"
    assert len({point.instructions["parent"] for point in points}) == 1
    by_pages = {point.pages: point.instructions["commit"] for point in points}
    each = by_pages[2] - by_pages[1]
    assert [count - by_pages[1] for count in by_pages.values()] == [(pages - 1) * each for pages in by_pages]
    exit_alone = by_pages[1] - 2 * each
    assert 0 < exit_alone < points[0].instructions["parent"] < by_pages[1]
    even = (points[0].instructions["parent"] - exit_alone) / each
    assert 1 < even < 2
