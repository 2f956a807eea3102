# SPDX-License-Identifier: BSD-3-Clause
"""Results in pandas, polars and DuckDB, and a sweep's table read back where nothing but the table is."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from simobjects.base.errors import InputError
from simobjects.study import Results, Study, grid
from simobjects.study.figures import Figure, Page, draw, read_sweep, read_table
from tests.helpers.studied import CONFIG, one

NAME = "system.core.tlb.entries"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    fixed = {"system.core.length": 500}
    space = grid({NAME: [8, 16, 32], "system.core.pages": [30, 60]})
    study = Study(CONFIG, space, out=tmp_path_factory.mktemp("study") / "sizes", fixed=fixed)
    assert not study.run(one()).failed
    return study.results


def test_pandas_has_the_wide_table(results: Results) -> None:
    pytest.importorskip("pandas")
    frame = results.pandas()
    assert list(frame.columns) == results.wide().column_names
    assert frame.groupby("core_tlb_entries")["core_references"].sum().to_dict() == {8: 1000, 16: 1000, 32: 1000}


def test_polars_has_the_wide_table(results: Results) -> None:
    polars = pytest.importorskip("polars")
    frame = results.polars()
    assert isinstance(frame, polars.DataFrame)
    assert frame.columns == results.wide().column_names
    few = frame.filter(polars.col("core_pages") == 60).sort("core_tlb_entries")
    assert few["core_tlb_entries"].to_list() == [8, 16, 32]
    assert few["core_references"].to_list() == [500] * 3
    assert frame.rows() == [tuple(row.values()) for row in results.wide().to_pylist()]


def test_duckdb_asks_points_wide_and_long_without_a_quote(results: Results) -> None:
    pytest.importorskip("duckdb")
    with results.duckdb() as connection:
        (counted,) = connection.execute("select count(*) from points where status = 'done'").fetchone()
        assert counted == 6
        rows = connection.execute(
            "select core_tlb_entries, sum(core_references) from wide group by core_tlb_entries order by 1"
        ).fetchall()
        assert rows == [(8, 1000), (16, 1000), (32, 1000)]
        joined = connection.execute(
            "select wide.core_tlb_entries, wide.core_references, long.value from wide join long on long.run = wide.run "
            "where long.path = 'system.core' and long.stat = 'references' and long.window = 'total'"
        ).fetchall()
        assert len(joined) == 6
        assert all(own == said for _, own, said in joined)


def test_a_table_alone_draws_what_the_folder_draws(results: Results) -> None:
    table = read_table(results.out / "sweep.parquet")
    folder = read_sweep(results.out)
    assert [axis.path for axis in table.axes] == [axis.path for axis in folder.axes]
    assert [axis.values for axis in table.axes] == [axis.values for axis in folder.axes]
    for kind in ("curves", "heat:system.core.references"):
        page, figure = Page(title="the same"), Figure.parse(kind)
        assert draw(table, figure, page).content == draw(folder, figure, page).content
    mine = [[(row.path, row.stat, row.index, float(row.value or "nan")) for row in rows] for _, rows in table.tables()]
    theirs = [
        [(row.path, row.stat, row.index, float(row.value or "nan")) for row in rows] for _, rows in folder.tables()
    ]
    assert str(mine) == str(theirs)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.parquet: cannot be read"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(InputError, match="is no table of a sweep"):
        read_table(tmp_path / "text.parquet")
    parquet.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="is no table of a sweep"):
        read_table(tmp_path / "other.parquet")
