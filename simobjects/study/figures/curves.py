# SPDX-License-Identifier: BSD-3-Clause
"""Curves: a statistic over a swept number, a line for each value of another parameter, a panel for each of the rest."""

from __future__ import annotations

from typing import Any

from simobjects.draw.palette import Look, looks

from . import scale
from .page import Page, from_zero, in_short, label, legend, panels, picture
from .plan import Key, Plan

MARKERS = "osD^vP*X"
_DASHES: dict[str, Any] = {"": "-", "////": "--", "xxxx": "-.", "....": ":"}


def curves(plan: Plan, found: dict[Key, dict[str, float]], page: Page, title: str) -> bytes:
    """The picture; points without a value are left out."""
    from matplotlib.lines import Line2D

    values = plan.lines.values if plan.lines else ("",)
    drawn, at = looks(values), scale.positions(plan.x)
    shown = plan.panels()
    with picture(page, title, page.high(len(shown), 0.62, 0.42)) as (figure, content):
        for panel, (facet, _) in zip(panels(figure, page, [name for _, name in shown]), shown, strict=True):
            for order, value in enumerate(values):
                hue = (value,) if plan.lines else ()
                points = sorted(
                    (place, found[key][""])
                    for text, place in at.items()
                    if "" in found.get(key := (*facet, *hue, text), {})
                )
                places, numbers = [place for place, _ in points], [number for _, number in points]
                panel.plot(places, numbers, **_style(drawn[value], order))
            scale.along(panel, plan.x, at)
            from_zero(panel, min(values[""] for values in found.values() if values))
            panel.grid(True)
            in_short(panel)
        label(figure, page, plan.names[plan.x.path], plan.label)
        if plan.lines:
            handles = [Line2D([], [], label=value, **_style(drawn[value], order)) for order, value in enumerate(values)]
            legend(figure, page, handles, plan.names[plan.lines.path])
    return content.getvalue()


def _style(look: Look, order: int) -> dict[str, Any]:
    """Markers and dashes: lines that lie upon each other stay visible, and so do they without colours."""
    return {"color": look.colour, "linestyle": _DASHES[look.hatch], "marker": MARKERS[order % len(MARKERS)]}
