# SPDX-License-Identifier: BSD-3-Clause
"""The long table: its columns, its two forms, its exactness."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from simobjects.study import table as table_module
from simobjects.study.gather import lines_with
from simobjects.study.space import Axis, Point
from simobjects.study.table import Row, TableError, csv_table, parquet_table, rows_of, write_points
from simobjects.study.task import Result

AXES = (Axis("system.tlb.entries", ("16", "32")), Axis("system.host.scheme", ("e3b",)))
POINT = Point(0, {"system.tlb.entries": "16", "system.host.scheme": "e3b"})
HEAD = b"run,window,path,stat,index,unit,value\n"
STATS = HEAD + (
    b"abc,total,system.tlb,misses,,lookup,40\n"
    b"abc,total,system.host,exits,dtlb_v,exit,3\n"
    b"abc,total,system.tlb,hit_rate,,ratio,\n"
    b"abc,total,system.host,cycles,,cycle,12.125\n"
)
ROWS = [
    Row("total", "system.tlb", "misses", "", "lookup", "40"),
    Row("total", "system.host", "exits", "dtlb_v", "exit", "3"),
    Row("total", "system.tlb", "hit_rate", "", "ratio", ""),
    Row("total", "system.host", "cycles", "", "cycle", "12.125"),
]
ABOUT = {"provenance": {"commit": "abc"}}


def test_csv_has_every_value_as_it_was_written(tmp_path: Path) -> None:
    with csv_table(tmp_path / "t.csv", AXES) as table:
        table.add(POINT, "abc-1000refs", STATS)
    assert (tmp_path / "t.csv").read_text() == (
        "run,system.tlb.entries,system.host.scheme,window,path,stat,index,unit,value\n"
        "abc-1000refs,16,e3b,total,system.tlb,misses,,lookup,40\n"
        "abc-1000refs,16,e3b,total,system.host,exits,dtlb_v,exit,3\n"
        "abc-1000refs,16,e3b,total,system.tlb,hit_rate,,ratio,\n"
        "abc-1000refs,16,e3b,total,system.host,cycles,,cycle,12.125\n"
    )
    assert rows_of((tmp_path / "t.csv").read_text()) == ROWS
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_parquet_has_numbers(tmp_path: Path) -> None:
    with parquet_table(tmp_path / "t.parquet", AXES, ABOUT) as writer:
        writer.add(POINT, "abc", STATS)
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names[:3] == ["run", "system.tlb.entries", "system.host.scheme"]
    assert table["system.tlb.entries"].to_pylist() == [16] * 4
    assert table["system.host.scheme"].to_pylist() == ["e3b"] * 4
    assert table["value"].to_pylist() == [40.0, 3.0, None, 12.125]
    assert json.loads(table.schema.metadata[b"simobjects"]) == ABOUT


def test_groups_of_rows_are_whole_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "_ROWS_PER_GROUP", 5)
    with parquet_table(tmp_path / "t.parquet", AXES, ABOUT) as writer:
        for run in ("a", "b", "c"):
            writer.add(POINT, run, STATS)
    file = parquet.ParquetFile(tmp_path / "t.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [8, 4]
    found = file.read()
    assert found["run"].to_pylist() == [*"aaaabbbbcccc"]
    assert found["value"].to_pylist() == [40.0, 3.0, None, 12.125] * 3


def test_no_rows_is_an_empty_table(tmp_path: Path) -> None:
    with parquet_table(tmp_path / "t.parquet", AXES, ABOUT):
        pass
    assert parquet.read_table(tmp_path / "t.parquet").num_rows == 0


def test_parquet_refuses_a_count_that_it_cannot_hold(tmp_path: Path) -> None:
    content = HEAD + f"abc,total,system.tlb,misses,,lookup,{2**53 + 1}\n".encode()
    refused = pytest.raises(TableError, match=r"system\.tlb\.misses = 9007199254740993 is more than")
    with refused, parquet_table(tmp_path / "t.parquet", AXES, ABOUT) as writer:
        writer.add(POINT, "abc", content)
    assert list(tmp_path.iterdir()) == []


def test_points_with_their_errors(tmp_path: Path) -> None:
    write_points(tmp_path / "p.csv", AXES, [(POINT, Result("k", "failed", error='two\nlines, "quoted"'))])
    assert (tmp_path / "p.csv").read_text() == (
        'run,system.tlb.entries,system.host.scheme,status,error\n,16,e3b,failed,"two\nlines, ""quoted"""\n'
    )


def test_a_table_without_a_column_is_an_error_with_its_name() -> None:
    with pytest.raises(TableError, match="'window'"):
        rows_of("a,b\n1,2\n")


def test_the_lines_that_a_figure_needs() -> None:
    marks = [b",system.tlb,misses,", b",system.host,exits,", b",system.host,"]
    _, misses, exits, _, cycles = STATS.splitlines(keepends=True)
    assert lines_with(marks, STATS) == [misses, exits, cycles]
    assert lines_with(marks[:1], STATS + misses[:-1]) == [misses, misses[:-1]]
    assert lines_with([], STATS) == lines_with([b",none,"], STATS) == []
