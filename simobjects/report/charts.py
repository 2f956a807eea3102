# SPDX-License-Identifier: BSD-3-Clause
"""The figures of a report: those that were asked for, else those that the axes of the sweep allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simobjects.study.figures import Figure, Page, Swept
from simobjects.study.figures.drawing import Prepared, prepared
from simobjects.study.figures.plan import Plan, numeric
from simobjects.study.metric import Metric, PlotError

from .specs import Drawing, drawing
from .wanted import Wanted

_PAGE = Page(width=180.0, title="")


@dataclass(frozen=True)
class Chart:
    """A figure: what it is, the picture for all, the drawing for browsers with JavaScript, and remarks in words."""

    title: str
    svg: bytes
    drawing: Drawing
    remarks: tuple[str, ...]


def charts(swept: Swept, wanted: Wanted, metric: Metric | None) -> Iterator[Chart]:
    """Those that were asked for, else those that the axes allow."""
    if wanted.figures:
        for text in wanted.figures:
            yield _chart(prepared(swept, Figure.parse(text, "--figure"), wanted.window))
        return
    stat = "" if metric is None or metric.factor != 1 else metric.label
    moving = [axis for axis in swept.axes if len(axis.values) > 1]
    usual = [
        Figure(),
        Figure("curves", stat),
        Figure("stack"),
        Figure("difference"),
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


def _chart(found: Prepared) -> Chart:
    plan = found.plan
    drawn = found.drawn(_PAGE)
    over = plan.names[plan.x.path] + (f" and {plan.names[plan.y.path]}" if plan.y else "")
    title = f"{_what(plan)}, over {over}"
    return Chart(title[:1].upper() + title[1:], drawn.content, drawing(plan, found.found), drawn.remarks)


def _what(plan: Plan) -> str:
    between = plan.between
    if plan.figure.kind == "share":
        return f"{plan.text}, in per cent"
    if plan.figure.kind == "difference" and between:
        return f"{between.second} less {between.first}: {plan.label}"
    if plan.figure.kind == "even" and between:
        return f"{between.first} / {between.second}: {plan.label}"
    return plan.label
