# SPDX-License-Identifier: BSD-3-Clause
"""A table for a reader: a row for each point of a sweep, a column for each statistic; or side by side over a parameter.

Numbers stay numbers here; `exports` writes them down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .figures.figure import find_axis
from .figures.names import Catalogue, axis_names
from .figures.plan import common_window, default_metric, kept_axis, numeric
from .figures.swept import Swept
from .metric import Metric, PlotError, Reading
from .space import Axis

Cell = str | int | float | None
"""A value as the sweep was told, a number, or None where there is none."""

_USUAL = ("vcpu_time", "time", "instructions", "all_exits", "real_misses", "virt_misses")
"""What a table shows beside misses when nobody says what, as far as the machine has it, once."""
_TIMES = ("vcpu_time", "time")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: the path of a parameter or statistic.
        head: what a person calls it.
        unit: of its values; empty: of none.
        group: with a parameter across, the statistic; `head` is the value then.
        numbers: whether its values are numbers.
    """

    name: str
    head: str
    unit: str = ""
    group: str = ""
    numbers: bool = True

    @property
    def title(self) -> str:
        """All that stands over the column, on one line."""
        head = f"{self.group}: {self.head}" if self.group else self.head
        return f"{head} ({self.unit})" if self.unit else head


@dataclass(frozen=True)
class Sheet:
    """Columns and rows. `parameters` is how many of the columns, the first ones, are swept parameters."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    parameters: int
    window: str


def sheet(
    swept: Swept,
    stats: Sequence[str] = (),
    *,
    across: str = "",
    where: Mapping[str, tuple[str, ...]] | None = None,
    window: str | None = None,
) -> Sheet:
    """The table of a sweep's finished points.

    `stats` are `PATH.STAT`, `PATH.STAT[INDEX]` or `A/B`, without a path where only one object has them, or patterns
    with `*`, of which `exits_by_kind[*]` is every value of a vector. `across` is a parameter whose values stand side by
    side, `where` leaves some values of parameters.

    Raises:
        PlotError: it asks for what there is not; the message says what there is.
    """
    for name in where or {}:
        find_axis(swept.axes, name, "--where")
    axes = [kept_axis(axis, where or {}) for axis in swept.axes]
    beside = find_axis(axes, across, "--across") if across else None
    metrics = chosen(swept.catalogue, stats)
    shown = window or common_window(rows for _, rows in swept.tables())
    names = axis_names(axes)
    left = [axis for axis in axes if axis is not beside]
    heads = [Column(axis.path, names[axis.path], numbers=numeric(axis)) for axis in left]
    made = [column for metric in metrics for column in _columns(metric, swept.catalogue, beside, names)]
    table: dict[tuple[str, ...], dict[str, Cell]] = {}
    for values, readings in swept.tables():
        if all(values[axis.path] in axis.values for axis in axes):
            row = table.setdefault(tuple(values[axis.path] for axis in left), {})
            there = [reading for reading in readings if reading.window == shown]
            for metric in metrics:
                row[_name(metric, values[beside.path] if beside else "")] = _value(metric, there, shown)
    rows = tuple((*key, *(row.get(column.name) for column in made)) for key, row in table.items())
    if not rows:
        raise PlotError("no point of the sweep is left", where="--where")
    return Sheet((*heads, *made), rows, len(heads), shown)


def chosen(catalogue: Catalogue, stats: Sequence[str]) -> list[Metric]:
    """The statistics that texts name, in their order; without texts the usual ones that the machine has."""
    if not stats:
        return _usual(catalogue)
    found: dict[str, Metric] = {}
    for text in stats:
        names = _matching(catalogue, text) if "*" in text or "?" in text else [_full(catalogue, text)]
        for name in names:
            found[name] = Metric.parse(name)
    return list(found.values())


def time_metric(catalogue: Catalogue) -> Metric | None:
    """The time of the machine, that of its vcpu if it has one; None when it has neither or several."""
    for stat in _TIMES:
        found = [name for name in catalogue if name.rpartition(".")[2] == stat]
        if len(found) == 1:
            return Metric(found[0])
    return None


def _usual(catalogue: Catalogue) -> list[Metric]:
    found = []
    try:
        found.append(default_metric(catalogue))
    except PlotError:
        pass
    for stat in _USUAL:
        names = [name for name in catalogue if name.rpartition(".")[2] == stat]
        if len(names) == 1:
            found.append(Metric(names[0]))
    # A machine of which nothing is usual: whatever is one value.
    return found or [Metric(name) for name, known in catalogue.items() if not known.labels][:8]


def _full(catalogue: Catalogue, text: str) -> str:
    stat, slash, per = (part.strip() for part in text.partition("/"))
    if slash and not (stat and per):
        raise PlotError(f"{text!r} is half a ratio", fix="write two statistics, A/B")
    return f"{catalogue.full(stat)}/{catalogue.full(per)}" if slash else catalogue.full(stat)


def _matching(catalogue: Catalogue, pattern: str) -> list[str]:
    """The names that a pattern fits; `[` in it is a plain character, before which a path may be left out."""
    indexed = "[" in pattern
    every = (
        f"{name}[{label}]" if label else name
        for name, known in catalogue.items()
        for label in ((known.labels if indexed else ()) or ("",))
    )
    plain = pattern.replace("[", "[[]")
    found = [name for name in every if fnmatchcase(name, plain) or fnmatchcase(name.rpartition(".")[2], plain)]
    if not found:
        raise PlotError(f"no statistic matches {pattern}", fix="stats.txt of a run lists what there is")
    return found


def _columns(metric: Metric, catalogue: Catalogue, beside: Axis | None, names: Mapping[str, str]) -> list[Column]:
    text, unit = catalogue.described(metric)
    if beside is None:
        return [Column(_name(metric), text, unit)]
    group = f"{text} ({unit})" if unit else text
    return [Column(_name(metric, value), f"{names[beside.path]} {value}", "", group) for value in beside.values]


def _name(metric: Metric, value: str = "") -> str:
    name = metric.stat if metric.per is None else f"{metric.stat}/{metric.per}"
    name = name if metric.factor == 1 else f"{metric.factor}*{name}"
    return f"{name} @ {value}" if value else name


def _value(metric: Metric, readings: Sequence[Reading], window: str) -> Cell:
    """None also where this machine of the sweep has no such statistic, or no such value of a histogram."""
    needed = [reading for reading in readings if f"{reading.path}.{reading.stat}" in metric.names]
    try:
        value = metric.of(needed, window)
    except PlotError:
        return None
    return int(value) if value is not None and value.is_integer() else value


def digits_of(value: int | float, digits: int) -> str:
    """A number with so many significant digits, its thousands marked; whole numbers keep all of theirs."""
    if isinstance(value, int):
        return f"{value:,}"
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    if not -5 <= magnitude < 15:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}"
