# SPDX-License-Identifier: BSD-3-Clause
"""The long table of a sweep: one row for each value of each statistic of each window of each point.

Columns: `run`, one for each swept path, `window`, `path`, `stat`, `index`, `unit`, `value`. The CSV has every value as
its run wrote it; Parquet has doubles, and refuses a count that a double cannot hold.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.errors import InputError
from simobjects.base.files import replacing

from .point import Result
from .space import Axis, Point

STAT_COLUMNS = ("window", "path", "stat", "index", "unit", "value")
POINT_COLUMNS = ("status", "error")
_ROWS_PER_GROUP = 50_000


class TableError(InputError):
    """A table that cannot be written or read; the message says which and why."""


@dataclass(frozen=True)
class Row:
    """One value of one run, as its text."""

    window: str
    path: str
    stat: str
    index: str
    unit: str
    value: str

    def cells(self) -> tuple[str, ...]:
        """The row's cells in the order of STAT_COLUMNS."""
        return (self.window, self.path, self.stat, self.index, self.unit, self.value)


def rows_of(stats_csv: str) -> list[Row]:
    """The rows of the text of a run's `stats.csv`.

    Raises:
        TableError: it lacks a column.
    """
    try:
        table = csv.DictReader(io.StringIO(stats_csv, newline=""))
        return [Row(**{column: line[column] for column in STAT_COLUMNS}) for line in table]
    except (KeyError, csv.Error) as error:
        raise TableError(
            f"stats.csv: no table of statistics ({error})", fix="delete its folder and run again"
        ) from error


def write_points(path: Path, axes: Sequence[Axis], points: Iterable[tuple[Point, Result]]) -> None:
    """Write one row for each point: its run, its values, its status and, when it failed, its error."""
    with replacing(path) as target, target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", *(axis.path for axis in axes), *POINT_COLUMNS])
        for point, result in points:
            writer.writerow([result.run, *point.values.values(), result.status, result.error])


def write_csv(path: Path, axes: Sequence[Axis], tables: Iterable[tuple[Point, str, Sequence[Row]]]) -> None:
    """Write the long table as text, point after point."""
    with replacing(path) as target, target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", *(axis.path for axis in axes), *STAT_COLUMNS])
        for point, run, rows in tables:
            before = [run, *point.values.values()]
            writer.writerows([*before, *row.cells()] for row in rows)


def write_parquet(path: Path, axes: Sequence[Axis], tables: Iterable[tuple[Point, str, Sequence[Row]]]) -> None:
    """Write the long table as Parquet: swept columns are integers when all their values are, else text.

    Raises:
        TableError: a value is a count that a double cannot hold exactly.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    whole = [all(_is_int(value) for value in axis.values) for axis in axes]
    schema = pa.schema(
        [("run", pa.string())]
        + [(axis.path, pa.int64() if is_int else pa.string()) for axis, is_int in zip(axes, whole, strict=True)]
        + [(column, pa.float64() if column == "value" else pa.string()) for column in STAT_COLUMNS]
    )
    with replacing(path) as target, parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        columns: list[list[Any]] = [[] for _ in schema]
        for point, run, rows in tables:
            swept = [int(v) if is_int else v for v, is_int in zip(point.values.values(), whole, strict=True)]
            for row in rows:
                cells = (run, *swept, *row.cells()[:-1], _double(row))
                for column, cell in zip(columns, cells, strict=True):
                    column.append(cell)
            if len(columns[0]) >= _ROWS_PER_GROUP:
                writer.write_table(pa.table(columns, schema=schema))
                columns = [[] for _ in schema]
        writer.write_table(pa.table(columns, schema=schema))


def _is_int(text: str) -> bool:
    try:
        return str(int(text)) == text and abs(int(text)) < 2**63
    except ValueError:
        return False


def _double(row: Row) -> float | None:
    if row.value in ("", "nan"):
        return None
    value = float(row.value)
    if _is_int(row.value) and int(value) != int(row.value):
        name = f"{row.path}.{row.stat}"
        raise TableError(
            f"{name} = {row.value} is more than a Parquet double holds exactly", fix="use the CSV, which has it"
        )
    return value
