# SPDX-License-Identifier: BSD-3-Clause
"""What figures are drawn from, as the folder of a sweep has it, or its table alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simobjects.base.errors import InputError

from ..gather import outcomes, statistics_of
from ..known import Known
from ..plan import read_plan
from ..space import Axis
from ..table import STAT_COLUMNS, Row, metadata, rows_of
from .names import Catalogue
from .swept import Swept, Table


def read_sweep(folder: Path) -> Swept:
    """The points of a sweep's folder that have finished, also while others run.

    Raises:
        InputError: it is no such folder, or no point has finished.
        StoreError: a file is not as its run wrote it.
    """
    kept = read_plan(folder)
    finished = [(point, result) for point, result in outcomes(kept.sweep, kept.sweep.tasks()) if result.run]
    if not finished:
        raise InputError("no point of this sweep has finished", where=folder, fix="run the sweep again")

    def tables() -> Iterator[Table]:
        for point, result in finished:
            yield point.values, rows_of(statistics_of(kept.sweep, result).decode())

    return Swept(folder.resolve().name, kept.sweep.space.axes, tables, Catalogue(kept.statistics))


def read_table(file: Path) -> Swept:
    """The points of a sweep as its `sweep.parquet` has them, wherever that is now.

    Raises:
        InputError: it cannot be read, or is no table of a sweep.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(file)
        facts = metadata(table)
        names = [str(name) for name in facts["axes"]]
        described = {str(name): (str(unit), str(text)) for name, (unit, text) in facts["statistics"].items()}
        swept = [table[name].to_pylist() for name in names]
        columns = [table[name].to_pylist() for name in STAT_COLUMNS]
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise InputError(what, where=file, fix="name a sweep.parquet") from None
    except (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"is no table of a sweep ({type(error).__name__}: {error})"
        raise InputError(what, where=file, fix="name the sweep.parquet that a sweep has written") from None
    points: dict[tuple[str, ...], list[Row]] = {}
    labels: dict[str, dict[str, None]] = {}
    for place, texts in enumerate(zip(*swept, strict=True)):
        row = Row(*(_text(column[place]) for column in columns))
        points.setdefault(tuple(map(str, texts)), []).append(row)
        labels.setdefault(f"{row.path}.{row.stat}", {})[row.index] = None
    axes = tuple(Axis(name, _values(points, at)) for at, name in enumerate(names))
    tables = [(dict(zip(names, texts, strict=True)), rows) for texts, rows in points.items()]
    known = {
        name: Known(*described.get(name, ("", "")), tuple(index for index in found if index))
        for name, found in labels.items()
    }
    return Swept(file.stem, axes, lambda: tables, Catalogue(known))


def _values(points: dict[tuple[str, ...], list[Row]], place: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts[place] for texts in points))


def _text(cell: Any) -> str:
    """A cell of the table as a run writes it."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
