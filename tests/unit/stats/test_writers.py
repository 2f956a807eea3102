# SPDX-License-Identifier: BSD-3-Clause
"""Tables and files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from simobjects.stats import StatsError, formula, vector, write_csv, write_json, write_text
from simobjects.stats.writers import COLUMNS, csv_of

from .test_stats import Books, books, values

TEXT = """\
---- total: cycles 0 to 20, references 0 to 10
system.x.hits            6 lookup  # hits
system.x.misses          4 lookup  # misses
system.x.lookups        10 lookup  # look-ups
system.x.kinds[a]        1 exit    # by kind
system.x.kinds[b]        2 exit    # by kind
system.x.kinds[total]    3 exit    # by kind
system.x.sizes[0]        0 cycle   # sizes
system.x.sizes[1]        1 cycle   # sizes
system.x.sizes[2-3]      2 cycle   # sizes
system.x.least           9 cycle   # smallest
system.x.litres        1.5 litre   # water
system.x.rate          0.6 ratio   # hit rate
"""


def full() -> Books:
    held = books()
    held.values = values(6, 4, kinds=[1, 2], sizes=[0, 1, 2])
    return held


def test_the_text_is_aligned(tmp_path: Path) -> None:
    held = full()
    tree = held.tree(**values())
    held.values, held.cycle, held.reference = full().values, 20, 10
    write_text(tree, tmp_path / "stats.txt")
    assert (tmp_path / "stats.txt").read_text() == TEXT


def test_the_table_of_one_object_or_statistic() -> None:
    tree = full().tree(**full().values)
    assert tree.table("system.x.hits") == "system.x.hits  6 lookup  # hits\n"
    assert tree.table("system.x") == tree.table()
    assert tree.table("system.x.hit") == tree.table("system.x.hits")
    with pytest.raises(StatsError, match=r"no statistic is called 'system\.x\.hots'; did you mean 'system\.x\.hits'\?"):
        tree.table("system.x.hots")


def test_a_table_has_a_description_once_and_no_zeros_unless_asked() -> None:
    tree = full().tree(**full().values)
    assert tree.table("system.x.kinds") == (
        "system.x.kinds[a]      1 exit  # by kind\nsystem.x.kinds[b]      2 exit\nsystem.x.kinds[total]  3 exit\n"
    )
    assert tree.table("system.x.sizes", zeros=False) == (
        "system.x.sizes[1]    1 cycle  # sizes\nsystem.x.sizes[2-3]  2 cycle\n"
    )
    nothing = books()
    nothing.values = values(0, 0)
    tree = nothing.tree(**nothing.values)
    assert tree.table("system.x.hits", zeros=False) == "system.x.hits  0 lookup  # hits\n"


def test_the_csv_is_the_long_table(tmp_path: Path) -> None:
    held = full()
    tree = held.tree(**values())
    held.values = full().values
    write_csv(tree, tmp_path / "stats.csv")
    rows = list(csv.reader((tmp_path / "stats.csv").read_text().splitlines()))
    assert rows[0] == ["run", "window", "path", "stat", "index", "unit", "value"]
    assert ["run", "total", "system.x", "kinds", "b", "exit", "2"] in rows
    assert ["run", "total", "system.x", "sizes", "2-3", "cycle", "2"] in rows
    assert ["run", "total", "system.x", "litres", "", "litre", "1.5"] in rows
    assert ["run", "total", "system.x", "rate", "", "ratio", "0.6"] in rows


@pytest.mark.parametrize("run", ["", "run", 'a "run", with\na line'])
def test_each_line_of_the_csv_is_as_the_csv_module_writes_it(run: str) -> None:
    labels = ("plain", "a, b", 'a "quote"', "two\nlines", "", "ä")
    held = Books(kinds=vector("by kind", labels=labels, unit="per cent, of all"), rate=formula("none", lambda s: None))
    tree = held.tree(kinds=range(6))
    tree.run = run
    expected = io.StringIO()
    writer = csv.writer(expected, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in tree.rows():
        cells = (row.run, row.window, row.path, row.stat, row.index, row.unit)
        writer.writerow([*cells, "" if row.value is None else row.value])
    assert csv_of(tree) == expected.getvalue()
    assert csv_of(tree, lambda name: name == "system.x.rate").count("system.x") == 1


def test_the_json_holds_every_kind(tmp_path: Path) -> None:
    held = full()
    tree = held.tree(**values())
    held.values = full().values
    begin = tree.snapshot("begin")
    tree.window(begin, tree.snapshot("end"), "quiet")
    write_json(tree, tmp_path / "stats.json")
    data = json.loads((tmp_path / "stats.json").read_text())
    assert data["run"] == "run"
    total, quiet = ({stat["stat"]: stat for stat in window["stats"]} for window in data["windows"])
    assert total["kinds"]["index"] == ["a", "b"]
    assert total["kinds"]["value"] == [1, 2]
    assert (total["litres"]["raw"], total["litres"]["scale"], total["litres"]["value"]) == (1500, 1000, 1.5)
    assert (total["rate"]["value"], quiet["rate"]["value"]) == (0.6, None)
    assert total["hits"] == {
        "path": "system.x",
        "stat": "hits",
        "kind": "counter",
        "unit": "lookup",
        "description": "hits",
        "value": 6,
    }
    assert quiet["least"]["value"] == 9


def test_a_missing_value_in_each_form(tmp_path: Path) -> None:
    tree = books().tree(**values())
    write_csv(tree, tmp_path / "stats.csv")
    assert "rate,,ratio,\n" in (tmp_path / "stats.csv").read_text()
    assert "system.x.rate          nan ratio" in tree.table()


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    tree = books().tree(**values())
    for _ in range(2):
        write_json(tree, tmp_path / "stats.json")
    assert [path.name for path in tmp_path.iterdir()] == ["stats.json"]
