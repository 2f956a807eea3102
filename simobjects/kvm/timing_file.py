# SPDX-License-Identifier: BSD-3-Clause
"""KVM's exit timing files, `vm<pid>_vcpu<id>_timing`: ours and real kernels', read and compared line by line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.base.files import open_regular
from simobjects.kvm.names import TIMING_NAMES

HEADER = "type\tcount\tmin\tmax\tsum\tsum_squared"
_MOST = 1 << 20
"""Bytes of a file that is read: the kernel's have some 3000."""


@dataclass(frozen=True)
class Timing:
    """One line of the table.

    Attributes:
        kind: of exit, as KVM names it.
        count: exits of the kind.
        least: shortest duration, whole microseconds; of a kind that was not counted it means nothing.
        most: the longest.
        total: all durations together.
        squares: the sum of their squares, in square microseconds.
    """

    kind: str
    count: int
    least: int
    most: int
    total: int
    squares: int

    def line(self) -> str:
        """As the kernel prints it."""
        figures = f"{self.count:10d}\t{self.least:10d}\t{self.most:10d}\t{self.total:20d}\t{self.squares:20d}"
        return f"{self.kind:>12}\t{figures}"


class TimingFileError(InputError):
    """A file that is not a table of exit timing."""


def format_timing(rows: list[Timing]) -> str:
    """The text of a file, as the kernel writes it.

    Durations in whole microseconds, as everywhere in this module. Source: arch/powerpc/kvm/timing.c.

    Args:
        rows: in the order in which they are written.
    """
    return "".join(f"{line}\n" for line in (HEADER, *(row.line() for row in rows)))


def parse_timing(text: str, name: str = "exit timing") -> list[Timing]:
    """The lines of a file: 27 kinds, and any that a later kernel has added.

    Args:
        text: of the file.
        name: goes into error messages.

    Raises:
        TimingFileError: a line is none, a kind stands twice, or one is missing; it names the line.
    """
    lines = text.splitlines()
    if not lines or lines[0].split() != HEADER.split():
        raise TimingFileError("does not begin with the line 'type count min max sum sum_squared'", where=name)
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split()
        if len(fields) != 6 or not all(field.isascii() and field.isdigit() and len(field) < 25 for field in fields[1:]):
            raise TimingFileError(f"{line[:80]!r} is not a kind and five numbers", where=f"{name}:{number}")
        rows.append(Timing(fields[0], *map(int, fields[1:])))
    kinds = [row.kind for row in rows]
    if twice := [kind for kind in kinds if kinds.count(kind) > 1]:
        raise TimingFileError(f"{twice[0]} is there more than once", where=name)
    if missing := [kind for kind in TIMING_NAMES if kind not in kinds]:
        raise TimingFileError(f"has no line for {missing[0]}; is it cut off?", where=name)
    return rows


def read_timing(path: Path) -> list[Timing]:
    """The lines of the file at `path`.

    Raises:
        OSError: it cannot be read.
        TimingFileError: it is no such table, or longer than 1 MiB; it names the line.
    """
    with open_regular(path) as file:
        content = file.read(_MOST + 1)
    return timing_of(content, path)


def timing_of(content: bytes, path: Path) -> list[Timing]:
    """The lines of a file at `path` that holds `content`.

    TimingFileError when it is longer than such files are, or no such table; `path` goes into the message.
    """
    if len(content) > _MOST:
        raise TimingFileError(f"has more than {_MOST} bytes; an exit timing file has some 3000", where=path)
    return parse_timing(content.decode("ascii", "replace"), str(path))


@dataclass(frozen=True)
class Compared:
    """A kind in two tables, as pairs of the first and the second.

    Attributes:
        kind: as KVM names it.
        counts: exits.
        means: microseconds an exit; None: not counted.
        shares: of the time of all exits, 0 to 1; time in the guest has none.
    """

    kind: str
    counts: tuple[int, int]
    means: tuple[float | None, float | None]
    shares: tuple[float, float]


def compare_timing(one: list[Timing], other: list[Timing]) -> list[Compared]:
    """Two tables line by line: every kind that either has counted, in order. Time in the guest is no share of the
    exits.

    Args:
        one: the table whose order counts.
        other: kinds that only this one has come last.
    """
    tables = [{row.kind: row for row in table} for table in (one, other)]
    kinds = [*tables[0], *(kind for kind in tables[1] if kind not in tables[0])]
    whole = [sum(row.total for row in table.values() if row.kind != "TIMEINGUEST") for table in tables]
    found = []
    for kind in kinds:
        rows = [table.get(kind) or Timing(kind, 0, 0, 0, 0, 0) for table in tables]
        if not any(row.count for row in rows):
            continue
        means = [row.total / row.count if row.count else None for row in rows]
        inside = kind != "TIMEINGUEST"
        shares = [row.total / total if total and inside else 0.0 for row, total in zip(rows, whole, strict=True)]
        found.append(Compared(kind, (rows[0].count, rows[1].count), (means[0], means[1]), (shares[0], shares[1])))
    return found
