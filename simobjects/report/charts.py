# SPDX-License-Identifier: BSD-3-Clause
"""The figures of a report: those that were asked for, else those that the axes of the sweep allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from simobjects.study.figures import Figure, Page, Swept
from simobjects.study.figures.drawing import Prepared, prepared
from simobjects.study.figures.plan import Plan, numeric
from simobjects.study.metric import Metric, PlotError
from simobjects.study.space import Axis

from .specs import Drawing, drawing
from .wanted import Wanted

_PAGE = Page(width=180.0, title="")
_LARGEST = 150_000
"""Bytes of a picture; one with more marks is embedded as PNG."""
_MARKS = 3000
_BARS = 16


@dataclass(frozen=True)
class Chart:
    """A figure of a report.

    Attributes:
        title: above it.
        picture: the bytes of the image, for every reader.
        form: of the image, as browsers call it: `svg+xml` or `png`.
        drawing: the same for browsers with JavaScript.
        remarks: what the figure leaves out, in words.
    """

    title: str
    picture: bytes
    form: str
    """Of the picture, as browsers call it: `svg+xml` or `png`."""
    drawing: Drawing
    remarks: tuple[str, ...]


def charts(swept: Swept, wanted: Wanted, metric: Metric | None) -> Iterator[Chart]:
    """Those that were asked for, else those that the axes allow.

    Args:
        swept: the sweep.
        wanted: of it `figures` and `window`.
        metric: what the usual figures show, where it is a plain statistic; None: each figure's own choice.

    Yields:
        Charts in the order asked for. Of the usual ones those are left out that cannot be drawn of these axes.

    Raises:
        PlotError: a figure that was asked for cannot be drawn.
    """
    if wanted.figures:
        for text in wanted.figures:
            yield _chart(prepared(swept, Figure.parse(text, "--figure"), wanted.window))
        return
    stat = "" if metric is None or metric.factor != 1 else metric.label
    moving = [axis for axis in swept.axes if len(axis.values) > 1]
    usual = [
        Figure(),
        Figure("curves", stat),
        *(Figure(kind, where=_few(swept.axes)) for kind in ("stack", "difference")),
        Figure("even", stat),
        *([Figure("heat", stat)] if sum(map(numeric, moving)) > 1 else []),
    ]
    for figure in usual:
        try:
            made = _chart(prepared(swept, figure, wanted.window))
        except PlotError:
            continue  # the axes of this sweep do not allow it
        if not made.remarks or any("do not cross" not in remark for remark in made.remarks):
            yield made  # lines that do not cross are in the curves already


def _few(axes: Sequence[Axis]) -> dict[str, tuple[str, ...]]:
    """Of parameters with more values than bars can be told apart so many, evenly spaced; both ends are among them."""
    found = {}
    for axis in axes:
        if (count := len(axis.values)) > _BARS:
            places = dict.fromkeys(round(at * (count - 1) / (_BARS - 1)) for at in range(_BARS))
            found[axis.path] = tuple(axis.values[place] for place in places)
    return found


def _chart(found: Prepared) -> Chart:
    """A figure drawn twice: as a picture, as PNG where SVG is above 150 kB, and as what the page draws itself."""
    plan = found.plan
    drawn, form = found.drawn(_PAGE), "svg+xml"
    if len(drawn.content) > _LARGEST:
        drawn, form = found.drawn(replace(_PAGE, form="png")), "png"
    over = plan.names[plan.x.path] + (f" and {plan.names[plan.y.path]}" if plan.y else "")
    remarks = list(drawn.remarks)
    for path, values in plan.figure.where.items():
        remarks.append(f"{plan.names[path]}: {len(values)} of its values, evenly spaced")
    made = drawing(plan, found.found)
    if len(made.rows) > _MARKS:
        remarks.append("A picture only: it has too many marks to be drawn in a page.")
        made = replace(made, panels=())
    return Chart(f"{_what(plan)}, over {over}", drawn.content, form, made, tuple(remarks))


def _what(plan: Plan) -> str:
    """The title without its axes: `E4 less E3b: cycles`."""
    between, label = plan.between, plan.label
    if plan.figure.kind == "difference" and between:
        return f"{between.second} less {between.first}: {label}"
    if plan.figure.kind == "even" and between:
        return f"{between.first} / {between.second}: {label}"
    if plan.figure.kind == "share":
        label = f"{plan.text}, in per cent"
    return label[:1].upper() + label[1:]
