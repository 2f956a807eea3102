# SPDX-License-Identifier: BSD-3-Clause
"""What a study has found, as its table says: points with their statistics, and what pages and figures make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as parquet

from simobjects.base.names import listed
from simobjects.study.figures import Catalogue, Figure, Page, Swept, draw, read_table
from simobjects.study.known import Known
from simobjects.study.metric import Reading
from simobjects.study.space import Axis
from simobjects.study.table import Row, metadata

WINDOW = "marker"
"""What a Linux guest marks; the other workloads are measured whole."""


@dataclass(frozen=True)
class Point:
    """One run: the values of the axes, and its statistics by `path.stat` or `path.stat[index]`, without `system.`."""

    values: Mapping[str, str]
    counts: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """A statistic; 0 for one that this machine does not have, or that has no value."""
        return self.counts.get(name, 0.0)

    def vector(self, name: str) -> dict[str, float]:
        """A vector's values by their labels."""
        return {key[len(name) + 1 : -1]: count for key, count in self.counts.items() if key.startswith(f"{name}[")}

    def moved(self, other: Point, share: float) -> Point:
        """What lies at a share of the way to another point, every statistic going straight; from 1 on beyond it."""
        names = {**self.counts, **other.counts}
        return Point(self.values, {name: self[name] + share * (other[name] - self[name]) for name in names})

    @property
    def exits(self) -> float:
        """Exits of all kinds."""
        return sum(self.vector("host.exits_by_kind").values())

    @property
    def virt(self) -> float:
        """Virt misses."""
        kinds = self.vector("host.exits_by_kind")
        return kinds.get("itlb_v", 0.0) + kinds.get("dtlb_v", 0.0)

    @property
    def real(self) -> float:
        """Real misses."""
        kinds = self.vector("host.exits_by_kind")
        return kinds.get("itlb_r", 0.0) + kinds.get("dtlb_r", 0.0)

    @property
    def time(self) -> float:
        """Cycles of the vcpu."""
        return self["core.vcpu_time"]

    def rate(self, count: float) -> float:
        """A count of a thousand instructions of the workload."""
        return 1000 * count / self["core.instructions"]

    @property
    def turn_misses(self) -> float:
        """Misses of the host's processes, the VMM and the tasks, in their turns."""
        missed = self.vector("host.host_misses")
        return missed.get("vmm", 0.0) + missed.get("task", 0.0)

    def spent(self, whole: float) -> dict[str, float]:
        """Cycles of the vcpu by what they went to, exits by their kinds; per cent of a whole."""
        other = ("exits", "tasks", "idle")
        cycles = {kind: count for kind, count in self.vector("core.cycles").items() if kind not in other}
        return {kind: 100 * count / whole for kind, count in {**self.vector("host.exit_cycles"), **cycles}.items()}

    @property
    def mean_exit(self) -> float:
        """Host instructions of an exit."""
        return sum(self.vector("host.exit_instructions").values()) / self.exits if self.exits else 0.0


@dataclass(frozen=True)
class Found:
    """The table of a study."""

    file: Path
    swept: Swept

    @classmethod
    def read(cls, file: Path) -> Found:
        """Raises InputError when it is no such table."""
        return cls(file, read_table(file))

    @cached_property
    def points(self) -> list[Point]:
        return [Point(values, counts_of(rows)) for values, rows in self.swept.tables()]

    @cached_property
    def _by_values(self) -> dict[frozenset[tuple[str, str]], Point]:
        return {frozenset(point.values.items()): point for point in self.points}

    def at(self, **values: object) -> Point:
        """The point of these values, all of them. Raises KeyError: it is not there."""
        return self._by_values[frozenset((name, str(value)) for name, value in values.items())]

    def get(self, **values: object) -> Point | None:
        """The point of these values, or None."""
        return self._by_values.get(frozenset((name, str(value)) for name, value in values.items()))

    def axis(self, name: str) -> tuple[str, ...]:
        """The values of an axis, in their order."""
        return next((axis.values for axis in self.swept.axes if axis.path == name), ())

    @cached_property
    def limits(self) -> str:
        """Where the runs ended, as words."""
        references = metadata(parquet.read_table(self.file, columns=[]))["limits"]["references"]
        return f"of each at most the first {references:,} references" if references else "each whole"

    def sizes(self) -> str:
        """What ran, as a sentence for the page."""
        names = listed(self.axis("workload"))
        return f"{len(self.points):,} points; workloads: {names}; {self.limits}."


def span(values: Iterable[float], form: str = ".2f") -> str:
    """The least and the largest of them: `0.87 to 1.52`, or one number when they are printed alike."""
    held = list(values)
    least, most = format(min(held), form), format(max(held), form)
    return least if least == most else f"{least} to {most}"


def curves(
    name: str, what: Known, axes: Sequence[tuple[str, Sequence[str]]], values: Iterable[tuple[Sequence[str], float]],
    heat: bool = False, title: str | None = None,
) -> bytes:  # fmt: skip
    """A figure of a number that a study makes of its statistics: over the first axis, a line for the next one.

    With `heat` it is a map over both. `axes` are names with values, `values` the number at each combination.
    """
    made = tuple(Axis(path, tuple(texts)) for path, texts in axes)
    unit, _, _ = what
    tables = [
        ({axis.path: text for axis, text in zip(made, texts, strict=True)},
         [Row("total", "study", "figure", "", unit, repr(value))])
        for texts, value in values
    ]  # fmt: skip
    swept = Swept(name, made, lambda: tables, Catalogue({"study.figure": what}))
    x, *rest = (axis.path for axis in made if len(axis.values) > 1)
    second = rest[0] if rest else ""
    figure = Figure("heat", "study.figure", x, y=second) if heat else Figure("curves", "study.figure", x, lines=second)
    return draw(swept, figure, Page(title=title)).content


def counts_of(rows: Iterable[Reading]) -> dict[str, float]:
    """The statistics of a run by name: those of a guest's window, where it has marked one."""
    taken: dict[str, dict[str, float]] = {"total": {}, WINDOW: {}}
    for row in rows:
        if row.window in taken and row.value not in (None, ""):
            name = f"{row.path.removeprefix('system.')}.{row.stat}"
            taken[row.window][f"{name}[{row.index}]" if row.index else name] = float(row.value)
    return taken[WINDOW] or taken["total"]
