# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots, windows between two of them, and the checks that every snapshot must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simobjects.base.names import unknown

from .counts import Counts
from .errors import StatsError
from .exact import Number
from .kinds import Formula, InUnit, Raw, Stat
from .source import Source, Value, View, computed, told

Shown = Number | float | None
"""One value in its unit; None when a formula has none."""
Raws = Mapping[str, Mapping[str, Raw]]
"""Raw values by object path, then by statistic."""
Wanted = Callable[[str], bool]
"""Whether a statistic is, by its `path.stat`."""


@dataclass(frozen=True)
class Row:
    """One line of the long table.

    Attributes:
        run: the name of the run.
        window: its label; `total` is the whole run.
        path: of the object.
        stat: the name of the statistic.
        index: a vector's label or a histogram's bin, else empty.
        unit: of the value.
        value: exact where it was counted; a float of a formula; None where that has none.
    """

    run: str
    window: str
    path: str
    stat: str
    index: str
    unit: str
    value: Shown


def _whole(name: str, value: Number | float | None) -> int:
    if not isinstance(value, int):
        raise StatsError(f"{name} is {'nothing' if value is None else value}, no whole number; use [...] or by_label")
    return value


@dataclass(frozen=True)
class Values:
    """Raw values of every object, and what they are in the declared units. Snapshots and windows are such."""

    label: str
    sources: Sequence[Source] = field(repr=False)
    raws: Raws = field(repr=False)

    def __getitem__(self, name: str) -> Value:
        """The value of `path.stat` in its declared unit, exactly; `Counts` of a vector or histogram."""
        source, stat = find(self.sources, name)
        return self.value(source, stat)

    def raw(self, name: str) -> Raw:
        """What the peer counted of `path.stat`, in its own unit: of times thousandths of a cycle.

        Raises:
            StatsError: it is a formula, which no peer counts.
            UnknownNameError: there is no such statistic.
        """
        source, stat = find(self.sources, name)
        if isinstance(stat, Formula):
            raise StatsError(f"{name} is a formula, which has no raw count; use [{name!r}], or raw() of its parts")
        return self.raws[source.path][stat.name]

    def count(self, name: str) -> int:
        """The value of `path.stat` as a whole number.

        Raises:
            StatsError: it is of several values, or has none, or one that is not whole.
            UnknownNameError: there is no such statistic.
        """
        value = self[name]
        if isinstance(value, tuple):
            raise StatsError(f"{name} has several values; use counts({name!r})[label]")
        return _whole(name, value)

    def counts(self, name: str) -> dict[str, int]:
        """The values of the vector or histogram `path.stat` as whole numbers, by label or bin.

        Raises:
            StatsError: it is a formula, or a value is not whole.
            UnknownNameError: there is no such statistic.
        """
        return {label: _whole(f"{name}[{label}]", value) for label, value in self.by_label(name).items()}

    def value(self, source: Source, stat: Stat) -> Value:
        """The value of one statistic of one object, in its declared unit."""
        raws = self.raws[source.path]
        return computed(source, stat, raws) if isinstance(stat, Formula) else source.in_unit(stat, raws[stat.name])

    def by_label(self, name: str) -> dict[str, Number]:
        """The values of the vector or histogram `path.stat` in its declared unit, by label or bin."""
        source, stat = find(self.sources, name)
        if isinstance(stat, Formula):
            raise StatsError(f"{name} is a formula, one value without labels; use [{name!r}]")
        value = source.in_unit(stat, self.raws[source.path][stat.name])
        return dict(zip(value.labels, value, strict=True)) if isinstance(value, Counts) else {"": value}

    def rows(self, run: str = "", wanted: Wanted | None = None) -> Iterator[Row]:
        """The long table of these values, or of those that are `wanted`."""
        for path, stat, values in self.each(wanted):
            for index, shown in values:
                yield Row(run, self.label, path, stat.name, index, stat.unit, shown)

    def each(self, wanted: Wanted | None = None) -> Iterator[tuple[str, Stat, list[tuple[str, Shown]]]]:
        """Each statistic, or each that is `wanted`: the path of its object, the statistic, (index, value) pairs."""
        for source in self.sources:
            for stat in source.stats.values():
                if wanted is None or wanted(f"{source.path}.{stat.name}"):
                    yield source.path, stat, self.shown(source, stat)

    def compute(self) -> None:
        """Compute every formula. StatsError: one cannot be."""
        for source in self.sources:
            for formula in source.formulas:
                computed(source, formula, self.raws[source.path])

    def shown(self, source: Source, stat: Stat) -> list[tuple[str, Shown]]:
        """(index, value) pairs of one statistic."""
        value = self.value(source, stat)
        return list(zip(value.labels, value, strict=True)) if isinstance(value, Counts) else [("", value)]


@dataclass(frozen=True)
class Snapshot(Values):
    """Every value at one moment."""

    cycle: int = 0
    reference: int = 0


@dataclass(frozen=True)
class Window(Values):
    """What was counted between two snapshots; of a level, its value at the end. `begin` and `end` are the two."""

    begin: Snapshot | None = None
    end: Snapshot | None = None

    @property
    def cycles(self) -> int:
        """The length of the window, from whole cycle to whole cycle; its exact length is that of the core's `time`."""
        return (self.end.cycle if self.end else 0) - (self.begin.cycle if self.begin else 0)

    @property
    def references(self) -> int:
        """The length of the window in references."""
        return (self.end.reference if self.end else 0) - (self.begin.reference if self.begin else 0)


def subtract(label: str, begin: Snapshot, end: Snapshot) -> Window:
    """The window from `begin` to `end`; StatsError when they are the wrong way round."""
    if (end.cycle, end.reference) < (begin.cycle, begin.reference):
        raise StatsError(f"window {label!r}: {end.label!r} was taken before {begin.label!r}; swap the two")
    raws = {}
    for source in end.sources:
        before, after = begin.raws[source.path], end.raws[source.path]
        raws[source.path] = {name: stat.subtract(after[name], before[name]) for name, stat in source.counted.items()}
    return Window(label, end.sources, raws, begin, end)


def check_monotone(before: Snapshot, after: Snapshot) -> None:
    """StatsError when a count went down between two snapshots."""
    for source in after.sources:
        earlier, later = before.raws[source.path], after.raws[source.path]
        for name, stat in source.counted.items():
            old, new = earlier[name], later[name]
            if stat.monotone and stat.shrank(old, new):
                raise StatsError(
                    f"{source.path}.{name} went down from {_plain(stat.in_unit(old))} at {before.label!r} "
                    f"to {_plain(stat.in_unit(new))} at {after.label!r}"
                )


def check_conservation(snapshot: Snapshot) -> None:
    """StatsError when the two sides of a conservation check differ."""
    for source in snapshot.sources:
        if not source.checks:
            continue
        view = View(source, snapshot.raws[source.path])
        for check in source.checks.values():
            try:
                left, right = check.left(view), check.right(view)
            except Exception as error:
                rule = told(check.left, error)
                raise StatsError(f"{source.path}: {check.description!r} cannot be checked: {rule}") from error
            if left != right:
                raise StatsError(
                    f"{source.path}: {check.description!r} does not hold at {snapshot.label!r}: {left} != {right}"
                )


def find(sources: Sequence[Source], name: str) -> tuple[Source, Stat]:
    """The object and statistic that `path.stat` names; UnknownNameError with the nearest name."""
    path, _, stat_name = name.rpartition(".")
    for source in sources:
        if source.path == path and stat_name in source.stats:
            return source, source.stats[stat_name]
    known = [f"{source.path}.{stat}" for source in sources for stat in source.stats]
    raise unknown("statistic", name, known)


def _plain(value: InUnit) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
