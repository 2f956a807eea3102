# SPDX-License-Identifier: BSD-3-Clause
"""A planned figure of a sweep as specifications of Vega-Lite: a panel each, with the scales and colours of the set.

Series are switched by the parameter `off`, a list of names, which the page's buttons set.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simobjects.draw.palette import GREY, INK, Look, in_family_order, looks, tint
from simobjects.study.figures import scale
from simobjects.study.figures.bars import bars_of, merged
from simobjects.study.figures.plan import Key, Plan

from .markup import written

Spec = dict[str, Any]
_HATCHED = 0.55
"""How much of its colour is left of what is hatched elsewhere: there are no hatches here."""
_HEIGHT = 260
_CROWDED = 150
"""Points of a panel from which on their marks are small."""
_NUMBER = ",.6~g"
_SHORT = "~s"


@dataclass(frozen=True)
class Drawing:
    """What a browser with JavaScript draws.

    Attributes:
        panels: title and specification (Vega-Lite) of each.
        series: name and colour (`#rrggbb`) of each, in the order of a legend.
        heads: of the table of all values.
        rows: the values of that table.
    """

    panels: tuple[tuple[str, Spec], ...]
    series: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def drawing(plan: Plan, found: Mapping[Key, Mapping[str, float]]) -> Drawing:
    """What the page draws where it may, of the same values as the picture.

    Args:
        plan: what the figure shows.
        found: by the values of a point, as `figures.plan.collected` orders them, its parts; the whole has no name.

    Raises:
        PlotError: as the picture does.
    """
    kind = plan.figure.kind
    if kind in ("curves", "even") and plan.y is None:
        return _curves(plan, found)
    if kind in ("stack", "share", "difference"):
        return _bars(plan, found)
    return _map(plan, found)


Panels = list[tuple[str, list[Spec]]]
"""The rows of each panel, by its title."""


def _curves(plan: Plan, found: Mapping[Key, Mapping[str, float]]) -> Drawing:
    """Lines over one parameter: one for each value of a second one, or the two values that are compared."""
    at = scale.positions(plan.x)
    between = plan.between if plan.figure.kind == "even" else None
    if between is not None:
        values: tuple[str, ...] = (between.first, between.second)
        what = plan.names[between.path]
    else:
        values = plan.lines.values if plan.lines else ("",)
        what = plan.names[plan.lines.path] if plan.lines else ""
    panels = _curve_rows(plan, found, values, at, between is not None)
    ends = _ends([row["v"] for _, rows in panels for row in rows])
    x_name = plan.names[plan.x.path]
    tips = [_tip("xt", x_name, None), *([_tip("s", what, None)] if what else []), _tip("t", plan.text, None)]
    encoding: Spec = {
        "x": _places_along(plan, at),
        "y": {"field": "v", "type": "quantitative", **_up(ends)},
        "tooltip": tips,
    }
    drawn = looks(values)
    if what:
        encoding |= {
            "color": _colours("s", values, drawn),
            "shape": {"field": "s", "type": "nominal", "legend": None, "scale": {"domain": list(values)}},
        }
    size = 70 if max(len(rows) for _, rows in panels) < _CROWDED else 12
    mark = {"type": "line", "point": {"size": size, "filled": True}, "strokeWidth": 2, "color": INK}
    made = tuple((name, _whole({"mark": mark, "encoding": encoding}, rows)) for name, rows in panels)
    series = tuple((value, _fill(drawn[value])) for value in values) if what else ()
    heads = (*_panel_head(plan), x_name, *((what,) if what else ()), plan.label)
    table = _table(panels, lambda row: (row["xt"], *((row["s"],) if what else ()), row["v"]), plan)
    return Drawing(made, series, heads, table)


def _curve_rows(
    plan: Plan,
    found: Mapping[Key, Mapping[str, float]],
    values: Sequence[str],
    at: Mapping[str, float],
    compared: bool,
) -> Panels:
    """A row a point of each line; `compared`: the lines are the two values that are compared."""

    def key(facet: Key, value: str, text: str) -> Key:
        return (*facet, text, value) if compared else (*facet, *((value,) if plan.lines else ()), text)

    return [
        (
            name,
            [
                {"x": place, "xt": text, "s": value, "v": found[key(facet, value, text)][""]}
                for value in values
                for text, place in at.items()
                if "" in found.get(key(facet, value, text), {})
            ],
        )
        for facet, name in plan.panels()
    ]


def _places_along(plan: Plan, at: Mapping[str, float]) -> Spec:
    """The axis to the right, of numbers, which are shown as the sweep has them."""
    texts = {f"{at[value]:g}": value for value in plan.x.values}
    doubling = scale.geometric(list(at.values()))
    return {
        "field": "x",
        "type": "quantitative",
        "title": plan.names[plan.x.path],
        "scale": {"nice": False, "padding": 12} | ({"type": "log", "base": 2} if doubling else {"zero": False}),
        "axis": {
            "values": [at[value] for value in scale.thinned(plan.x.values)],
            "labelExpr": f"{json.dumps(texts)}[format(datum.value, '~r')] || datum.label",
            "grid": True,
        },
    }


def _bars(plan: Plan, found: Mapping[Key, Mapping[str, float]]) -> Drawing:
    """A bar for each value of one parameter, made of parts in the order of their family."""
    groups, label = bars_of(plan, found)
    contents = merged([bar for _, bars in groups for bar in bars])
    names = in_family_order(name for bar in contents for name in bar)
    drawn = looks(name for name in names if not name.endswith(" others"))
    left = iter(contents)
    panels: Panels = [
        (
            name,
            [
                {"x": bar.name, "s": part, "v": parts[part], "o": order}
                for bar, parts in ((bar, next(left)) for bar in bars)
                for order, part in enumerate(names)
                if parts.get(part)
            ],
        )
        for name, bars in groups
    ]
    x_name = plan.names[plan.x.path]
    encoding: Spec = {
        "x": _named_along(x_name),
        "y": {
            "field": "v",
            "type": "quantitative",
            "stack": "zero",
            **_up(_ends([end for bar in contents for end in _both_ends(bar)])),
        },
        "color": _colours("s", names, drawn),
        "order": {"field": "o"},
        "tooltip": [_tip("x", x_name, None), _tip("s", "part", None), _tip("t", label, None)],
    }
    spec: Spec = {"mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 0.5}, "encoding": encoding}
    if plan.figure.kind == "difference":
        spec = {"layer": [spec, _together(encoding["x"], x_name)]}
    made = tuple((name, _whole(spec, rows)) for name, rows in panels)
    series = tuple((name, _fill(drawn.get(name, Look(GREY)))) for name in reversed(names))
    heads = (*_panel_head(plan), x_name, "part", label)
    return Drawing(made, series, heads, _table(panels, lambda row: (row["x"], row["s"], row["v"]), plan))


def _together(x: Spec, x_name: str) -> Spec:
    """A mark at the sum of a bar's parts, which lie on both sides of zero."""
    return {
        "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 70, "color": INK},
        "transform": [{"aggregate": [{"op": "sum", "field": "v", "as": "net"}], "groupby": ["x"]}],
        "encoding": {
            "x": x,
            "y": {"field": "net", "type": "quantitative"},
            "tooltip": [_tip("x", x_name, None), _tip("net", "together", _NUMBER)],
        },
    }


def _map(plan: Plan, found: Mapping[Key, Mapping[str, float]]) -> Drawing:
    """A cell for each pair of values of two parameters, with its number in it."""
    assert plan.y is not None
    between, x_name, y_name = plan.between, plan.names[plan.x.path], plan.names[plan.y.path]
    panels = _cells(plan, plan.y.values, found)
    label = plan.label if between is None else f"{between.first} / {between.second}: {plan.label}"
    colour, dark = _shades([row["v"] for _, rows in panels for row in rows], ratio=between is not None)
    tips = [_tip("x", x_name, None), _tip("y", y_name, None), _tip("t", label, None)]
    places = {
        "x": _named_along(x_name),
        "y": {"field": "y", "type": "nominal", "sort": list(reversed(plan.y.values)), "title": y_name},
        "tooltip": tips,
    }
    number = {
        "field": "v",
        "type": "quantitative",
        "format": ".3~s" if between is None else ".2f",
    }
    pale = {"condition": {"test": dark, "value": "#ffffff"}, "value": INK}
    layers = {
        "layer": [
            {"mark": {"type": "rect", "stroke": "#ffffff"}, "encoding": {**places, "color": colour}},
            {"mark": {"type": "text", "fontSize": 11}, "encoding": {**places, "text": number, "color": pale}},
        ]
    }
    made = tuple((name, _whole(layers, rows)) for name, rows in panels)
    heads = (*_panel_head(plan), x_name, y_name, label)
    return Drawing(made, (), heads, _table(panels, lambda row: (row["x"], row["y"], row["v"]), plan))


def _cells(plan: Plan, ups: Sequence[str], found: Mapping[Key, Mapping[str, float]]) -> Panels:
    """A row a cell of a map that has a value: that of its point, or the ratio of the two that are compared."""

    def value(key: Key) -> float | None:
        if plan.between is None:
            return found.get(key, {}).get("")
        first, second = (found.get((*key, end), {}).get("") for end in (plan.between.first, plan.between.second))
        return first / second if first and second and first > 0 and second > 0 else None

    return [
        (
            name,
            [
                {"x": across, "y": up, "v": number}
                for up in ups
                for across in plan.x.values
                if (number := value((*facet, up, across))) is not None
            ],
        )
        for facet, name in plan.panels()
    ]


def _shades(numbers: Sequence[float], *, ratio: bool) -> tuple[Spec, str]:
    """The colours of a map, and the test for cells so dark that what is written there has to be light."""
    colour: Spec = {"field": "v", "type": "quantitative", "title": None}
    colour["legend"] = {"gradientLength": 180, "format": ".2f" if ratio else _SHORT}
    if not numbers:
        return colour, "0"
    if ratio:
        most = max(1.01, *(max(number, 1 / number) for number in numbers))
        colour["scale"] = {"type": "log", "scheme": "purpleorange", "domain": [1 / most, most], "reverse": True}
        return colour, f"abs(log(datum.v)) > {0.6 * math.log(most):.6g}"
    low, high = min(numbers), max(numbers)
    wide = low > 0 and high > 20 * low
    colour["scale"] = {"scheme": "cividis", "domain": [low, high]} | ({"type": "log"} if wide else {})
    half = math.sqrt(low * high) if wide else (low + high) / 2
    return colour, f"datum.v < {half:.9g}"


def _named_along(title: str) -> Spec:
    """The axis to the right, of names in the order of the sweep."""
    return {
        "field": "x",
        "type": "nominal",
        "sort": None,
        "title": title,
        "axis": {"labelAngle": 0, "labelOverlap": True},
    }


def _whole(spec: Spec, rows: list[Spec]) -> Spec:
    """A specification of a panel with its values, its size and what the page's buttons set."""
    # What a mark tells is the text that the table of numbers has.
    told = [{**row, "t": written(row["v"])} for row in rows]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": _HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "data": {"values": told},
        "params": [{"name": "off", "value": []}],
        "transform": [{"filter": "indexof(off, datum.s) < 0"}],
        **spec,
    }


def _colours(field: str, names: Sequence[str], drawn: Mapping[str, Look]) -> Spec:
    """The colour of each name, without a legend of its own: the page's buttons are that."""
    colours = [_fill(drawn.get(name, Look(GREY))) for name in names]
    return {"field": field, "type": "nominal", "legend": None, "scale": {"domain": list(names), "range": colours}}


def _fill(look: Look) -> str:
    """The colour of an area; lighter where it is hatched elsewhere."""
    return tint(look.colour, _HATCHED) if look.hatch else look.colour


def _tip(field: str, title: str, form: str | None) -> Spec:
    """A line of what is told of a mark; without `form` the field is text."""
    kind = "quantitative" if form else "nominal"
    return {"field": field, "type": kind, "title": title, **({"format": form} if form else {})}


def _up(ends: tuple[float, float]) -> Spec:
    """The axis upwards. It has no text: what is shown stands over the figure, and is often long."""
    return {"title": None, "scale": {"domain": list(ends), "nice": True}, "axis": {"format": _SHORT, "grid": True}}


def _ends(values: Iterable[float]) -> tuple[float, float]:
    """The least and the greatest value, with 0 among them."""
    every = [0.0, *values]
    return min(every), max(every) or 1.0


def _both_ends(parts: Mapping[str, float]) -> tuple[float, float]:
    """How far a bar reaches down and up from 0."""
    return sum(min(value, 0.0) for value in parts.values()), sum(max(value, 0.0) for value in parts.values())


def _panel_head(plan: Plan) -> tuple[str, ...]:
    return ("panel",) if plan.facets else ()


def _table(
    panels: Iterable[tuple[str, list[Spec]]], cells: Callable[[Spec], tuple[str | float, ...]], plan: Plan
) -> tuple[tuple[str | float, ...], ...]:
    """The values of all panels as rows; where there are panels, each row begins with its panel's name."""
    return tuple((*((name,) if plan.facets else ()), *cells(row)) for name, rows in panels for row in rows)
