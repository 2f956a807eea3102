# SPDX-License-Identifier: BSD-3-Clause
"""What figures are drawn from: the points of a sweep with their statistics, as it ran or as its folder has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError

from ..metric import Reading
from ..record import ChangedError, read_file, read_record
from ..space import Axis
from ..table import POINT_COLUMNS, Row, rows_of
from .names import Catalogue

Table = tuple[Mapping[str, str], Sequence[Reading]]
"""The value of each swept parameter of a point, and the statistics of its run."""


@dataclass(frozen=True)
class Results:
    """The axes of a sweep, its points with their statistics (read anew each time), and what these are called."""

    name: str
    axes: tuple[Axis, ...]
    tables: Callable[[], Iterable[Table]]
    catalogue: Catalogue


def read_results(folder: Path) -> Results:
    """The finished points of a sweep's folder, by its `points.csv`.

    Raises:
        InputError: it is no such folder, it has no finished point, or a file is not as its run wrote it.
    """
    file = folder / "points.csv"
    try:
        lines = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    except FileNotFoundError:
        fix = "name the folder of a sweep, which has a points.csv"
        raise InputError("is no sweep", where=folder, fix=fix) from None
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"cannot be read ({error})", where=file, fix="run the sweep again") from None
    heads = lines[0] if lines else []
    paths = tuple(heads[1 : -len(POINT_COLUMNS)])
    if heads != ["run", *paths, *POINT_COLUMNS] or any(len(line) != len(heads) for line in lines):
        raise InputError("is no list of a sweep's points", where=file, fix="run the sweep again")
    points = [(line[0], dict(zip(paths, line[1:], strict=False))) for line in lines[1:] if line[0]]
    if not points:
        raise InputError("no point of this sweep has finished", where=folder, fix="run the sweep again")
    # All points, also those that failed, say which values there are.
    axes = tuple(Axis(path, tuple(dict.fromkeys(line[at] for line in lines[1:]))) for at, path in enumerate(paths, 1))

    def tables() -> Iterator[Table]:
        for run, values in points:
            yield values, read_rows(folder / run)

    return Results(folder.resolve().name, axes, tables, read_catalogue(folder / points[0][0]))


def read_rows(run: Path) -> list[Row]:
    """The statistics of a run, which are as it wrote them.

    Raises:
        InputError: they are not.
    """
    return rows_of(checked(run, "stats.csv").decode())


def read_catalogue(run: Path) -> Catalogue:
    """What the statistics of a run are called.

    Raises:
        InputError: its `stats.json` is not as the run wrote it.
    """
    return Catalogue.read(checked(run, "stats.json"))


def checked(run: Path, name: str) -> bytes:
    """The bytes of a file of a run directory, which are as the run wrote them.

    Raises:
        InputError: they are not.
    """
    try:
        return read_file(run, name, read_record(run).files.get(name))
    except ChangedError as error:
        raise InputError(str(error), where=run, fix="run it again") from None
