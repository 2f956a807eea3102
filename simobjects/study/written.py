# SPDX-License-Identifier: BSD-3-Clause
"""A run as it lies in the folder of a sweep, read in one way whichever form it has: a run directory, or a row.

What is asked for is checked against the record of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .record import ChangedError, Record, contents, read_file, read_record
from .row import STATS, KeptRow, read_row

KEPT = "-kept-"
"""In the name of a run of which some statistics are kept; behind it is which."""

ROW = ".csv"
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Written:
    """A run whose record is as it was written. `row` is None for a run directory."""

    place: Path
    record: Record
    row: KeptRow | None = None

    def file(self, name: str) -> bytes:
        """The bytes of a file that the record answers for; of a row that is `stats.csv` alone.

        Raises:
            ChangedError: they are not as the run wrote them, or there is no such file.
        """
        if self.row is None:
            return read_file(self.place, name, self.record.files.get(name))
        if name != STATS:
            raise ChangedError(f"{name} is missing: {self.place.name} is the row of a sweep, with some statistics only")
        return self.row.stats

    def check(self) -> None:
        """Read every file. Raises ChangedError when one is not as the run wrote it."""
        for name in self.record.files:
            self.file(name)

    @property
    def provenance(self) -> bytes:
        """What `provenance.json` holds, for which no record answers; empty where it cannot be read."""
        if self.row is not None:
            return self.row.provenance
        try:
            return contents(self.place / PROVENANCE)
        except ChangedError:
            return b""


def written(place: Path) -> Written:
    """The run in a run directory, or in the file of a row.

    Raises:
        ChangedError: there is none, its record was edited, or it is a row that is not as the run wrote it.
    """
    if is_row(place):
        row = read_row(place)
        return Written(place, row.record, row)
    return Written(place, read_record(place))


def is_row(place: Path) -> bool:
    """Whether a row lies there, or would, rather than a run directory."""
    return place.suffix == ROW and not place.is_dir()


def place_of(out: Path, run: str) -> Path:
    """Where the run of a name lies in the folder of a sweep."""
    return out / (run + ROW if KEPT in run else run)


def is_there(out: Path, run: str) -> bool:
    """Whether the folder of a sweep has the run of a name, whole or not."""
    place = place_of(out, run)
    return place.is_file() if KEPT in run else place.is_dir()
