# SPDX-License-Identifier: BSD-3-Clause
"""A figure made definite for a machine and the axes of a sweep; everything that can be wrong is refused here.

So a command can ask before a run whether what it is to draw afterwards can be drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from simobjects.base.units import PHYSICAL, scaled

from ..metric import Metric, PlotError, Reading
from ..space import Axis
from .figure import OF_PARTS, Figure, Pair, find_axis, find_pair
from .names import Catalogue, axis_names
from .swept import Swept

MOST_PANELS = 24
TIME = "time by what it went to"
_EXITS = "exits"
"""The kind of cycles that the kinds of exits are parts of."""

Key = tuple[str, ...]
"""The values of a point in the order of the plan's axes."""


@dataclass(frozen=True)
class Part:
    """One value of each point that is drawn: its name ("" for the only one), and what it is.

    `within` names the part that has this one in it, and shows only what no such part has.
    """

    name: str
    metric: Metric
    within: str = ""


@dataclass(frozen=True)
class Plan:
    """What a figure shows, definitely. Axes that move nothing are left out."""

    figure: Figure
    parts: tuple[Part, ...]
    text: str
    """What is shown, without its unit."""
    unit: str
    x: Axis
    y: Axis | None = None
    lines: Axis | None = None
    facets: tuple[Axis, ...] = ()
    between: Pair | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Parameters of one value each."""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What is shown, with its unit."""
        return f"{self.text} ({self.unit})" if self.unit else self.text

    @property
    def ratio(self) -> bool:
        """Whether it is one statistic divided by another."""
        return any(part.metric.per for part in self.parts)

    def panels(self) -> list[tuple[Key, str]]:
        """The values of the facets for each panel, and its title."""
        keys = itertools.product(*(axis.values for axis in self.facets))
        return [
            (key, ", ".join(self.named(axis, value) for axis, value in zip(self.facets, key, strict=True)))
            for key in keys
        ]

    def named(self, axis: Axis, value: str) -> str:
        """A value with its parameter: `scheme e4`."""
        return f"{self.names[axis.path]} {value}"


def planned(figure: Figure, axes: Sequence[Axis], catalogue: Catalogue) -> Plan:
    """The plan of a figure over the points of a sweep.

    Raises:
        PlotError: it asks for what there is not; the message says what there is.
    """
    if figure.kind == "series":
        raise PlotError(
            "a series shows one run in windows, not a sweep", fix="simobjects run --every, then plot its folder"
        )
    for name in figure.where:
        find_axis(axes, name, "--where")
    kept = [kept_axis(axis, figure.where) for axis in axes]
    moving = [axis for axis in kept if len(axis.values) > 1]
    names = axis_names(axes)
    fixed = {axis.path: axis.values[0] for axis in kept if len(axis.values) == 1}
    parts, text, unit = _parts(figure, catalogue)
    between = find_pair(moving, figure.between) if figure.kind in ("difference", "even") else None
    free = [axis for axis in moving if between is None or axis.path != between.path]
    facets = [find_axis(free, name, "--facet") for name in figure.facets]
    free = [axis for axis in free if axis not in facets]
    x, free = _x(figure, free)
    y, free = _y(figure, free)
    lines = None
    if figure.kind == "curves" and free:
        lines = find_axis(free, figure.lines, "--lines") if figure.lines else _hue(free)
    elif figure.lines:
        raise PlotError(f"a figure of the kind {figure.kind} has no lines", fix="leave out --lines")
    rest = [axis for axis in moving if axis in facets or (axis in free and axis is not lines)]
    plan = Plan(figure, tuple(parts), text, unit, x, y, lines, tuple(rest), between, fixed, names)
    count = len(plan.panels())
    if count > MOST_PANELS:
        fix = "choose values with --where PATH=VALUE,..."
        raise PlotError(f"{count} panels do not fit; at most {MOST_PANELS} do", fix=fix)
    return plan


def planned_series(figure: Figure, catalogue: Catalogue) -> Plan:
    """The plan of a figure of one run in windows.

    Raises:
        PlotError: it asks for what there is not; the message says what there is.
    """
    for given, option in ((figure.y, "--y"), (figure.lines, "--lines"), (figure.between, "--between")):
        if given:
            raise PlotError("a series shows one run", where=f"{option} {given}", fix=f"leave out {option}")
    if figure.facets or figure.where:
        raise PlotError("a series shows one run, which has no swept parameters", fix="leave out --facet and --where")
    parts, text, unit = _parts(figure, catalogue)
    return Plan(figure, tuple(parts), text, unit, Axis("", ()))


def number(text: str) -> float | None:
    """A value as a number in its base unit; None when it is a name."""
    value = scaled(text, PHYSICAL)
    return None if value is None else float(value)


def numeric(axis: Axis) -> bool:
    """Whether all of its values are numbers."""
    return all(number(value) is not None for value in axis.values)


def default_metric(catalogue: Iterable[str]) -> Metric:
    """Misses of the workload's own references per thousand of them, found by the names of the statistics.

    Raises:
        PlotError: the machine has no statistic of these names.
    """
    names = set(catalogue)
    misses = _first(names, ("system.core.misses", "system.tlb.misses"), ".misses")
    references = _first(names, ("system.core.references", "system.core.lookups"), ".references")
    if misses is None or references is None:
        raise PlotError(
            "no curve: the machine has no misses and references to draw", fix="name a statistic with --plot"
        )
    return Metric(misses, references, 1000, "misses per thousand references")


def values_of(plan: Plan, rows: Iterable[Reading], window: str) -> dict[str, float]:
    """The value of each part in one run; those that have none are left out.

    Raises:
        PlotError: the run has no such statistic or window.
    """
    wanted = {name.partition("[")[0] for part in plan.parts for name in (part.metric.stat, part.metric.per or "")}
    needed = [row for row in rows if row.window == window and f"{row.path}.{row.stat}" in wanted]
    there = {f"{row.path}.{row.stat}[{row.index}]" for row in needed}
    found = {}
    for part in plan.parts:
        if part.name and part.metric.stat not in there:
            continue  # a histogram has only the bins that it needs
        value = part.metric.of(needed, window)
        if value is not None:
            found[part.name] = value
    for part in plan.parts:
        if part.within and part.within in found:
            found[part.within] -= found.get(part.name, 0.0)
    return found


def common_window(tables: Iterable[Sequence[Reading]]) -> str:
    """The region of interest when every run has one, else the whole run."""
    return "roi" if all(any(row.window == "roi" for row in rows) for rows in tables) else "total"


def collected(plan: Plan, results: Swept, window: str | None) -> tuple[dict[Key, dict[str, float]], str]:
    """The values of each point by those of the plan's axes (facets, lines, y, x, compared), and the window.

    Raises:
        PlotError: no point has a value.
    """
    chosen = window or common_window(rows for _, rows in results.tables())
    axes = key_axes(plan)
    found: dict[Key, dict[str, float]] = {}
    for values, rows in results.tables():
        if all(values[axis.path] in kept_axis(axis, plan.figure.where).values for axis in results.axes):
            found[tuple(values[path] for path in axes)] = values_of(plan, rows, chosen)
    if not any(found.values()):
        raise PlotError(f"nothing to draw: {plan.label} has no value in any point")
    return found, chosen


def key_axes(plan: Plan) -> list[str]:
    """The paths of the axes that a key has values of, in its order."""
    axes = [*plan.facets, *(axis for axis in (plan.lines, plan.y, plan.x) if axis is not None)]
    return [*(axis.path for axis in axes), *([plan.between.path] if plan.between else [])]


def kept_axis(axis: Axis, where: Mapping[str, tuple[str, ...]]) -> Axis:
    """An axis with the values that `where` leaves it. Raises PlotError for a value that it does not have."""
    for name, wanted in where.items():
        if axis.path == name or axis.path.endswith(f".{name}"):
            for value in wanted:
                if value not in axis.values:
                    what = f"{axis.path} does not take the value {value}"
                    raise PlotError(what, where="--where", fix=f"it takes {', '.join(axis.values)}")
            return Axis(axis.path, tuple(value for value in axis.values if value in wanted))
    return axis


def _parts(figure: Figure, catalogue: Catalogue) -> tuple[list[Part], str, str]:
    """What is drawn of each point, what it is called, and its unit."""
    if not figure.stat:
        if figure.kind in (*OF_PARTS, "series"):
            return _time(catalogue)
        metric = default_metric(catalogue)
        return [Part("", metric)], metric.title, ""
    stat, slash, per = (name.strip() for name in figure.stat.partition("/"))
    if slash and not (stat and per):
        raise PlotError(f"{figure.stat!r} is half a ratio", fix="write two statistics, A/B")
    metric = Metric.parse(f"{catalogue.full(stat)}/{catalogue.full(per)}" if slash else catalogue.full(stat))
    text, unit = catalogue.described(metric)
    labels = catalogue.known(metric.stat).labels if "[" not in metric.stat else ()
    if figure.kind in OF_PARTS and not labels:
        vectors = [name for name, known in catalogue.items() if known.labels]
        fix = f"statistics with several values are {', '.join(vectors[:8])}, ..."
        raise PlotError(f"{metric.stat} is one value, which has no parts", fix=fix)
    if not labels or figure.kind not in (*OF_PARTS, "series"):
        return [Part("", metric)], text, unit
    return [Part(name, Metric(f"{metric.stat}[{name}]", metric.per)) for name in labels], text, unit


def _time(catalogue: Catalogue) -> tuple[list[Part], str, str]:
    """Where the time of the core goes, that of exits by their kind."""
    kinds = [name for name, known in catalogue.items() if name.endswith(".cycles") and known.labels]
    if len(kinds) != 1:
        what = f"{len(kinds)} objects have cycles by kind" if kinds else "the machine has no cycles by kind"
        raise PlotError(f"no stack: {what}", fix="name a statistic of several values, as in stack:exits_by_kind")
    parts = [Part(name, Metric(f"{kinds[0]}[{name}]")) for name in catalogue[kinds[0]].labels]
    exits = [name for name, known in catalogue.items() if name.endswith(".exit_cycles") and known.labels]
    if len(exits) == 1 and _EXITS in catalogue[kinds[0]].labels:
        parts += [Part(name, Metric(f"{exits[0]}[{name}]"), _EXITS) for name in catalogue[exits[0]].labels]
    return parts, TIME, "cycles"


def _x(figure: Figure, free: list[Axis]) -> tuple[Axis, list[Axis]]:
    """The axis to the right, and what is left."""
    if figure.x:
        x = find_axis(free, figure.x, "--x")
    else:
        # A number if there is one; for bars and maps a name will do.
        candidates = [axis for axis in free if numeric(axis)] or (free if figure.kind in (*OF_PARTS, "heat") else [])
        if not candidates:
            what = "takes several numeric values" if figure.kind in ("curves", "even") else "is left for x"
            raise PlotError(f"no figure: none of the swept parameters {what}")
        x = candidates[0]
    if figure.kind in ("curves", "even") and not numeric(x):
        raise PlotError(f"{x.path} takes names, and x needs numbers", where=f"--x {figure.x}")
    return x, [axis for axis in free if axis != x]


def _y(figure: Figure, free: list[Axis]) -> tuple[Axis | None, list[Axis]]:
    """The axis upwards of a map, and what is left."""
    if figure.kind not in ("heat", "even"):
        if figure.y:
            raise PlotError(f"a figure of the kind {figure.kind} has its values upwards", fix="leave out --y")
        return None, free
    if figure.y:
        y: Axis | None = find_axis(free, figure.y, "--y")
    else:
        y = next((axis for axis in free if numeric(axis)), free[0] if free and figure.kind == "heat" else None)
    if figure.kind == "heat" and y is None:
        raise PlotError("no map: it needs two swept parameters", fix="give a second --over, or draw curves")
    if figure.kind == "even" and y is not None and not numeric(y):
        raise PlotError(f"{y.path} takes names, and a line between its values needs numbers", where=f"--y {figure.y}")
    return y, [axis for axis in free if axis != y]


def _hue(free: list[Axis]) -> Axis:
    """The parameter whose values are lines: one of names if there is one, else the last."""
    return next((axis for axis in reversed(free) if not numeric(axis)), free[-1])


def _first(names: set[str], preferred: tuple[str, ...], ending: str) -> str | None:
    for name in preferred:
        if name in names:
            return name
    others = sorted(name for name in names if name.endswith(ending))
    return others[0] if others else None
