# SPDX-License-Identifier: BSD-3-Clause
"""Time series: the windows of one run, one after the other; several values of a window stand upon each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.errors import InputError
from simobjects.base.names import listed
from simobjects.base.text import short
from simobjects.draw.palette import BLUE, in_family_order, looks
from simobjects.stats import TOTAL, StatsTree

from ..metric import PlotError, Reading
from ..record import ChangedError
from ..table import rows_of
from ..written import written
from .bars import OTHERS, Bar, merged
from .figure import Figure
from .names import Catalogue
from .page import DIGITS, Page, area, from_zero, in_short, label, legend, panels, picture
from .plan import Plan, planned_series, values_of

_TIMES = ("references", "cycles")


@dataclass(frozen=True)
class Stretch:
    """A window: where it begins and ends in references and in cycles, and its statistics."""

    label: str
    begin: Mapping[str, int]
    end: Mapping[str, int]
    rows: Sequence[Reading]


@dataclass(frozen=True)
class Course:
    """The windows of a run in the order of their beginnings, and what the statistics are called."""

    name: str
    stretches: tuple[Stretch, ...]
    catalogue: Catalogue

    @classmethod
    def of(cls, stats: StatsTree, name: str = "") -> Course:
        """The windows that a simulation has kept."""
        found = [
            Stretch(
                window.label,
                {"references": window.begin.reference, "cycles": window.begin.cycle},
                {"references": window.end.reference, "cycles": window.end.cycle},
                list(window.rows()),
            )
            for window in stats.windows()
            if window.label != TOTAL and window.begin is not None and window.end is not None
        ]
        return cls(name or stats.run, _in_order(found), Catalogue.of(stats))

    @classmethod
    def read(cls, run: Path) -> Course:
        """Those of a run directory.

        Raises:
            InputError: it is none, or not as the run wrote it.
        """
        content = _checked(run, "stats.json")
        catalogue = Catalogue.read(content)
        rows: dict[str, list[Reading]] = {}
        for row in rows_of(_checked(run, "stats.csv").decode()):
            rows.setdefault(row.window, []).append(row)
        try:
            found = [
                Stretch(window["label"], _place(window["begin"]), _place(window["end"]), rows[window["label"]])
                for window in json.loads(content)["windows"]
                if window["label"] != TOTAL
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"holds no windows ({error})", where=run / "stats.json", fix="run it again") from None
        return cls(run.resolve().name, _in_order(found), catalogue)

    def chosen(self, name: str | None) -> tuple[Stretch, ...]:
        """The windows of one name: `every` are every.1, every.2, ...; without a name those of the only name there is.

        Raises:
            PlotError: there are none, or several names, or they overlap.
        """
        families: dict[str, list[Stretch]] = {}
        for stretch in self.stretches:
            families.setdefault(stretch.label.partition(".")[0], []).append(stretch)
        if not families:
            fix = "run it with --every 100k, or mark windows in the script"
            raise PlotError(f"{self.name} has no windows but its total", fix=fix)
        if name is None and "every" in families:
            name = "every"
        if name is None and len(families) == 1:
            name = next(iter(families))
        if name not in families:
            what = "the run has windows of several names" if name is None else f"no windows are named {name}"
            raise PlotError(what, where="--window", fix=f"write one of {listed(families)}")
        found = families[name]
        for before, after in zip(found, found[1:], strict=False):
            if after.begin["cycles"] < before.end["cycles"]:
                raise PlotError(f"the windows {before.label} and {after.label} overlap", where="--window")
        return tuple(found)


def draw_series(course: Course, figure: Figure, page: Page | None = None, window: str | None = None) -> bytes:
    """A figure of the kind `series`: steps over references, or cycles if `figure.x` says so.

    Raises:
        PlotError: it asks for what there is not; the message says what there is.
    """
    time = figure.x or _TIMES[0]
    if time not in _TIMES:
        raise PlotError(f"a series goes over references or cycles, not {time}", where=f"--x {time}")
    plan = planned_series(figure, course.catalogue)
    stretches = course.chosen(window)
    found = [values_of(plan, stretch.rows, stretch.label) for stretch in stretches]
    if not any(found):
        raise PlotError(f"nothing to draw: {plan.label} has no value in any window")
    edges, contents = _without_gaps([(each.begin[time], each.end[time]) for each in stretches], found)
    return _drawn(plan, edges, contents, page or Page(), course.name, time)


def _drawn(
    plan: Plan, edges: Sequence[int], found: Sequence[dict[str, float]], page: Page, title: str, time: str
) -> bytes:
    from matplotlib.patches import Patch

    unit = plan.unit if plan.ratio else f"{plan.unit or 'value'} in each window"
    several = any(part.name for part in plan.parts)
    with picture(page, title, page.high(1, 0.5, 0.5)) as (figure, content):
        (panel,) = panels(figure, page, [""])
        handles: list[Any] = []
        if several:
            bars = merged([Bar("", values) for values in found])
            names = in_family_order(name for bar in bars for name in bar)
            drawn = looks(name for name in names if not name.endswith(" others"))
            below = [0.0] * len(bars)
            for name in names:
                above = [under + bar.get(name, 0.0) for under, bar in zip(below, bars, strict=True)]
                filled = area(drawn.get(name, OTHERS))
                panel.fill_between(edges, _stepped(below), _stepped(above), step="post", zorder=2, **filled)
                handles.append(Patch(label=name, **filled))
                below = above
        else:
            heights = [values.get("", float("nan")) for values in found]
            panel.step(edges, _stepped(heights), where="post", color=BLUE)
        from_zero(panel, min(value for values in found for value in values.values()))
        panel.set_xlim(edges[0], edges[-1])
        panel.xaxis.set_major_formatter(lambda value, _: short(value, DIGITS))
        panel.grid(True)
        in_short(panel)
        label(figure, page, time, f"{plan.text} ({unit})" if unit else plan.text)
        legend(figure, page, handles[::-1])
    return content.getvalue()


def _without_gaps(
    spans: Sequence[tuple[int, int]], found: Sequence[dict[str, float]]
) -> tuple[list[int], list[dict[str, float]]]:
    """The edges of windows one after the other, and their values; between windows that do not meet is one without."""
    edges, contents = [spans[0][0]], list[dict[str, float]]()
    for (begin, end), values in zip(spans, found, strict=True):
        if begin > edges[-1]:
            edges.append(begin)
            contents.append({})
        edges.append(end)
        contents.append(values)
    return edges, contents


def _stepped(values: Sequence[float]) -> list[float]:
    """With the last one once more, where its window ends."""
    return [*values, values[-1]]


def _checked(run: Path, name: str) -> bytes:
    """The bytes of a file of a run directory, which are as the run wrote them; InputError when they are not."""
    try:
        return written(run).file(name)
    except ChangedError as error:
        fix = "name a run directory that `simobjects run --every` has made, or run it again"
        raise InputError(str(error), where=run, fix=fix) from None


def _place(data: Any) -> dict[str, int]:
    return {"references": int(data["reference"]), "cycles": int(data["cycle"])}


def _in_order(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    return tuple(sorted(stretches, key=lambda stretch: (stretch.begin["cycles"], stretch.begin["references"])))
