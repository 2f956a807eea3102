# SPDX-License-Identifier: BSD-3-Clause
"""What a study says that its points gave: the digests by which a run elsewhere is compared with them, byte by byte.

They are those of every file of the runs, where these came along; else those of the lines of `sweep.csv`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.framework.rundir import RECORD

from .plan import Sweep
from .record import ChangedError, record_text
from .row import STATS
from .space import Point
from .table import POINT_COLUMNS, csv_line, without_run
from .written import is_there, place_of, written

ROWS = "rows of sweep.csv"


@dataclass(frozen=True)
class Digests:
    """What a point left: its status, the name of its run, and digests (SHA-256, hex) by what they are of.

    `fault` says why there are none although there should be.
    """

    status: str
    run: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def short(self) -> str:
        """All of it in a few letters."""
        if self.fault:
            return "damaged"
        if not self.digests:
            return self.status
        whole = "".join(f"{name}\0{digest}\0" for name, digest in sorted(self.digests.items()))
        return hashlib.sha256(f"{self.status}\0{self.run}\0{whole}".encode()).hexdigest()[:12]


def expected(sweep: Sweep) -> dict[int, Digests]:
    """What every point that was run is to give again, by its number; points that were not run are left out.

    Raises:
        InputError: the folder has no `points.csv` that belongs to its `study.json`.
    """
    found: dict[int, Digests] = {}
    rows: Mapping[int, str] | None = None
    for point, status, run in _points(sweep):
        if status == "pending":
            continue
        if not run:
            found[point.index] = Digests(status)
        elif is_there(sweep.out, run):
            found[point.index] = run_digests(sweep.out, run, status)
        else:
            rows = _rows(sweep) if rows is None else rows
            if point.index in rows:
                found[point.index] = Digests(status, run, {ROWS: rows[point.index]})
            else:
                found[point.index] = Digests(status, run, fault="neither its run nor its rows in sweep.csv are there")
    return found


def run_digests(out: Path, run: str, status: str) -> Digests:
    """The digests of the files of a run, or of what a row holds, as they are now."""
    try:
        there = written(place_of(out, run))
        there.check()
    except ChangedError as error:
        return Digests(status, run, fault=f"not as it was written: {error}")
    # The record itself says how the run ended.
    return Digests(status, run, {**there.record.files, RECORD: _digest(record_text(there.record))})


def rows_digests(out: Path, run: str, status: str) -> Digests:
    """The digest of the rows that a run gives to `sweep.csv`."""
    try:
        content = written(place_of(out, run)).file(STATS)
    except ChangedError as error:
        return Digests(status, run, fault=f"not as it was written: {error}")
    return Digests(status, run, {ROWS: _digest(b"".join(without_run(content)))})


def _points(sweep: Sweep) -> Iterator[tuple[Point, str, str]]:
    """Every point with its status and run, as `points.csv` has them."""
    path = sweep.out / "points.csv"
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    except OSError as error:
        fix = "simobjects collect makes the tables of a sweep"
        raise InputError(f"cannot be read ({error.strerror})", where=path, fix=fix) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"is no table ({error})", where=path, fix="make it again: simobjects collect") from None
    axes = [axis.path for axis in sweep.space.axes]
    points = list(sweep.space)
    if not lines or lines[0] != ["run", *axes, *POINT_COLUMNS] or len(lines) - 1 != len(points):
        what = "is not the table of the points in study.json"
        raise InputError(what, where=path, fix="make it again: simobjects collect")
    for point, line in zip(points, lines[1:], strict=True):
        if len(line) != len(axes) + 3 or line[1:-2] != list(point.values.values()):
            what = f"line {point.index + 2} is not that of {point.label}"
            raise InputError(what, where=path, fix="make it again: simobjects collect")
        yield point, line[-2], line[0]


def _rows(sweep: Sweep) -> dict[int, str]:
    """The digest of the lines of each point in `sweep.csv`, without what stands before the comma behind its values."""
    path = sweep.out / "sweep.csv"
    prefixes = {csv_line([run, *point.values.values()])[:-1]: point.index for point, _, run in _points(sweep) if run}
    hashes: dict[int, hashlib._Hash] = {}
    try:
        with path.open("rb") as file:
            file.readline()
            now = b""
            for line in file:
                if not now or not line.startswith(now + b","):
                    now = next((prefix for prefix in prefixes if line.startswith(prefix + b",")), b"")
                if now:
                    hashes.setdefault(prefixes[now], hashlib.sha256()).update(line[len(now) :])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, fix="copy it anew") from None
    return {index: made.hexdigest() for index, made in hashes.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
