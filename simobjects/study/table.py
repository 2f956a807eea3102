# SPDX-License-Identifier: BSD-3-Clause
"""The long table of a sweep: one row for each value of each statistic of each window of each point.

Columns: `run`, one for each axis, `window`, `path`, `stat`, `index`, `unit`, `value`. The CSV has every value as its
run wrote it; Arrow and Parquet have doubles, and refuse a count that a double cannot hold.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import Any, Protocol

from simobjects.base.errors import InputError
from simobjects.base.files import replacing

from .space import Axis, Point
from .task import Result

STAT_COLUMNS = ("window", "path", "stat", "index", "unit", "value")
POINT_COLUMNS = ("status", "error")
_ROWS_PER_GROUP = 50_000
_EXACT_DIGITS = 15
"""Numbers of fewer digits than this a double holds exactly."""


class TableError(InputError):
    """A table that cannot be written or read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value of one run, as its text."""

    window: str
    path: str
    stat: str
    index: str
    unit: str
    value: str


def rows_of(stats_csv: str) -> list[Row]:
    """The rows of the text of a run's `stats.csv`.

    Raises:
        TableError: it lacks a column.
    """
    try:
        table = csv.DictReader(io.StringIO(stats_csv, newline=""))
        # The same few texts stand in every run, of which thousands may be kept.
        shared = STAT_COLUMNS[:-1]
        return [Row(**{name: intern(line[name]) for name in shared}, value=line["value"]) for line in table]
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


class TableWriter(Protocol):
    """Takes the points one after the other."""

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """Add the statistics of a point, as its run has written them."""


@contextmanager
def csv_table(path: Path, axes: Sequence[Axis]) -> Iterator[TableWriter]:
    """Write the long table as text."""
    with replacing(path) as target, target.open("wb") as file:
        file.write(csv_line(["run", *(axis.path for axis in axes), *STAT_COLUMNS]))
        yield _CsvTable(file)


class _CsvTable:
    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """The lines of the run, with the name of the run and the values of the point in front."""
        before = csv_line([run, *point.values.values()])[:-1]
        if lines := without_run(stats_csv):
            self._file.write(before + before.join(lines))


@lru_cache(maxsize=1)  # each table of a sweep asks for the same
def without_run(stats_csv: bytes) -> tuple[bytes, ...]:
    """The lines of a `stats.csv` after its head, each from the comma behind the name of the run."""
    _, *lines = stats_csv.splitlines(keepends=True)
    return tuple([line[line.index(b",") :] for line in lines])


@contextmanager
def parquet_table(path: Path, axes: Sequence[Axis], about: Mapping[str, Any]) -> Iterator[TableWriter]:
    """Write the long table as Parquet. `about` becomes its metadata, as JSON under `simobjects`.

    Raises:
        TableError: a value is a count that a double cannot hold exactly.
    """
    import pyarrow.parquet as parquet

    schema = long_schema(axes, about)
    with replacing(path) as target, parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        table = _ParquetTable(writer, axes, schema)
        yield table
        table.flush()


class _ParquetTable:
    def __init__(self, writer: Any, axes: Sequence[Axis], schema: Any) -> None:
        self._writer, self._rows = writer, LongRows(axes, schema)

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """Keep the rows, and write them when there are many."""
        self._rows.add(point, run, stats_csv)
        if len(self._rows) >= _ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        if len(self._rows):
            self._writer.write_table(self._rows.taken())


def long_schema(axes: Sequence[Axis], about: Mapping[str, Any]) -> Any:
    """The Arrow schema of the long table: swept columns are integers when all their values are, else text."""
    import pyarrow as pa

    return pa.schema(
        [("run", pa.string())]
        + [(axis.path, pa.int64() if _all_whole(axis) else pa.string()) for axis in axes]
        + [(column, pa.float64() if column == "value" else pa.string()) for column in STAT_COLUMNS],
        metadata={"simobjects": json.dumps(about, sort_keys=True)},
    )


def metadata(table: Any) -> dict[str, Any]:
    """What a table or a Parquet file of ours says of itself: axes, limits, statistics, provenance."""
    found: dict[str, Any] = json.loads((table.schema.metadata or {}).get(b"simobjects", b"{}"))
    return found


class LongRows:
    """Rows of the long table, column by column, on their way to Arrow."""

    def __init__(self, axes: Sequence[Axis], schema: Any) -> None:
        self._schema = schema
        self._whole = [_all_whole(axis) for axis in axes]
        self._columns: list[list[Any]] = [[] for _ in schema]

    def __len__(self) -> int:
        return len(self._columns[-1])

    def add(self, point: Point, run: str, stats_csv: bytes) -> None:
        """Add those of a point.

        Raises:
            TableError: it lacks a column, or has a count that a double cannot hold exactly.
        """
        try:
            # Of a few hundred rows: Arrow's own reader takes longer to begin than Python to read them.
            head, *lines = csv.reader(io.StringIO(stats_csv.decode(), newline=""))
            cells = dict(zip(head, zip(*lines, strict=True) if lines else ((),) * len(head), strict=True))
            *texts, values = (cells[name] for name in STAT_COLUMNS)
            doubles = [float(text) if text not in ("", "nan") else None for text in values]
        except (ValueError, KeyError, csv.Error) as error:
            raise TableError(
                f"stats.csv: no table of statistics ({error})", fix="delete its folder and run again"
            ) from error
        if max(map(len, values), default=0) > _EXACT_DIGITS:
            _refuse_inexact(cells, values)
        swept = [int(text) if whole else text for whole, text in zip(self._whole, point.values.values(), strict=True)]
        for column, cell in zip(self._columns, (run, *swept), strict=False):
            column += [cell] * len(lines)
        for column, found in zip(self._columns[1 + len(swept) :], (*texts, doubles), strict=True):
            column += found

    def taken(self) -> Any:
        """The rows as an Arrow table; there are none then."""
        import pyarrow as pa

        arrays = [pa.array(column, field.type) for column, field in zip(self._columns, self._schema, strict=True)]
        self._columns = [[] for _ in self._columns]
        return pa.table(arrays, schema=self._schema)


def _refuse_inexact(cells: Mapping[str, Sequence[str]], values: Sequence[str]) -> None:
    for place, text in enumerate(values):
        if len(text) > _EXACT_DIGITS and _is_int(text) and int(float(text)) != int(text):
            name = f"{cells['path'][place]}.{cells['stat'][place]}"
            raise TableError(
                f"{name} = {text} is more than a Parquet double holds exactly", fix="use the CSV, which has it"
            )


def csv_line(cells: Sequence[str]) -> bytes:
    """Cells as a line of the tables."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _all_whole(axis: Axis) -> bool:
    return all(_is_int(value) for value in axis.values)


def _is_int(text: str) -> bool:
    try:
        return str(int(text)) == text and abs(int(text)) < 2**63
    except ValueError:
        return False
