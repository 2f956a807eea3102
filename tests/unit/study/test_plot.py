# SPDX-License-Identifier: BSD-3-Clause
"""The curve of a sweep: which statistic, which lines, the same bytes."""

from __future__ import annotations

import re

import pytest

from simobjects.study.metric import Metric, PlotError
from simobjects.study.plot import Curve, curves, draw, numeric_axis
from simobjects.study.space import Axis, Point
from simobjects.study.table import Row

AXES = (Axis("system.tlb.entries", ("16", "32")), Axis("system.host.scheme", ("e3b", "e4")))


def rows(misses: int, window: str = "total") -> list[Row]:
    return [
        Row(window, "system.tlb", "misses", "", "lookup", str(misses)),
        Row(window, "system.core", "references", "", "lookup", "1000"),
        Row(window, "system.host", "exits", "dtlb_v", "exit", "3"),
        Row(window, "system.host", "exits", "dtlb_r", "exit", "4"),
        Row(window, "system.host", "rate", "", "ratio", ""),
    ]


TABLES = [
    (Point(0, {"system.tlb.entries": "16", "system.host.scheme": "e3b"}), rows(40)),
    (Point(1, {"system.tlb.entries": "16", "system.host.scheme": "e4"}), rows(30)),
    (Point(2, {"system.tlb.entries": "32", "system.host.scheme": "e3b"}), rows(20)),
    (Point(3, {"system.tlb.entries": "32", "system.host.scheme": "e4"}), rows(10)),
]


def test_one_line_for_each_value_of_the_other_parameters() -> None:
    metric = Metric("system.tlb.misses", "system.core.references", 1000)
    assert curves(AXES, TABLES, metric, "total") == [
        Curve("scheme e3b", ((16.0, 40.0), (32.0, 20.0))),
        Curve("scheme e4", ((16.0, 30.0), (32.0, 10.0))),
    ]


QUANTITIES = [
    ("system.tlb.misses", 40.0),
    ("system.tlb.misses/system.core.references", 0.04),
    ("system.host.exits[dtlb_v]", 3.0),
    ("system.host.exits", 7.0),
    ("system.host.rate", None),
    ("system.tlb.misses / system.host.rate", None),
]


@pytest.mark.parametrize(("text", "value"), QUANTITIES)
def test_quantity(text: str, value: float | None) -> None:
    assert Metric.parse(text).of(rows(40), "total") == value


def test_unknown_statistic_or_window_or_text() -> None:
    with pytest.raises(PlotError, match=r"no statistic system\.tlb\.mises in the window 'total'"):
        Metric.parse("system.tlb.mises").of(rows(1), "total")
    with pytest.raises(PlotError, match="in the window 'roi'"):
        Metric.parse("system.tlb.misses").of(rows(1), "roi")
    with pytest.raises(PlotError, match="--plot misses: 'misses' names no statistic"):
        Metric.parse("misses")


def test_numeric_axis_is_the_first_with_several_numbers() -> None:
    schemes, sizes = Axis("a.s", ("e3b", "e4")), Axis("a.n", ("16KiB", "1MiB"))
    assert numeric_axis((schemes, Axis("a.one", ("5",)), sizes)) == 2
    assert numeric_axis((schemes,)) is None
    with pytest.raises(PlotError, match="none of the swept parameters takes several numeric values"):
        curves((schemes,), [], Metric("a.b"), "total")


def test_units_are_numbers_on_the_axis() -> None:
    axis = Axis("a.n", ("16KiB", "1MiB"))
    tables = [(Point(0, {"a.n": "16KiB"}), rows(2)), (Point(1, {"a.n": "1MiB"}), rows(1))]
    assert curves((axis,), tables, Metric("system.tlb.misses"), "total")[0].points == ((16384, 2), (1048576, 1))


def test_the_same_table_gives_the_same_picture() -> None:
    metric = Metric("system.tlb.misses")
    lines = curves(AXES, TABLES, metric, "total")
    first = draw(lines, AXES[0], metric, "a title")
    assert draw(lines, AXES[0], metric, "a title") == first
    assert first.startswith(b"<?xml")
    assert b"<dc:date>" not in first
    assert not re.search(rb"/home/|/tmp/|/root/", first)
