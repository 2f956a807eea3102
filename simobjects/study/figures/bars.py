# SPDX-License-Identifier: BSD-3-Clause
"""Stacks: what a sum is made of, bar after bar; in cycles or counts, in shares, or as the difference of two values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simobjects.draw.palette import GREY, INK, SLANTED, Look, in_family_order, looks

from ..metric import PlotError
from . import scale
from .page import Page, area, in_short, label, legend, panels, picture
from .plan import Key, Plan

SMALL = 0.004
"""Parts below this share of the highest bar, in every bar, are drawn together."""
OTHERS = Look(GREY, SLANTED)
_WIDTH = 0.74


@dataclass(frozen=True)
class Bar:
    """One bar: the text below it, and its parts by name."""

    name: str
    parts: Mapping[str, float]


def stacks(
    groups: Sequence[tuple[str, Sequence[Bar]]], page: Page, title: str, xlabel: str, ylabel: str, *, net: bool = False
) -> bytes:
    """Groups of bars, each group in a panel of its own title, all on one scale and with the same colours.

    Parts below zero hang down from it. `net`: a mark says what is left of each bar.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    contents = merged([bar for _, bars in groups for bar in bars])
    parts = in_family_order(name for bar in contents for name in bar)
    drawn = looks(name for name in parts if not name.endswith(" others"))
    names = [name for name, _ in groups]
    left = iter(contents)
    with picture(page, title, page.high(len(names), 0.62, 0.5)) as (figure, content):
        for panel, (_, bars) in zip(panels(figure, page, names), groups, strict=True):
            for place, bar in enumerate(bars):
                _bar(panel, place, next(left), parts, drawn)
                if net:
                    panel.plot([place], [sum(bar.parts.values())], marker="D", color=INK, markersize=4, zorder=4)
            scale.named(panel, [bar.name for bar in bars])
            panel.grid(True, axis="y")
            in_short(panel)
            panel.axhline(0, color=INK, linewidth=0.8, zorder=3)
        label(figure, page, xlabel, ylabel)
        handles: list[Any] = [Patch(label=name, **area(drawn.get(name, OTHERS))) for name in reversed(parts)]
        if net:
            handles.append(Line2D([], [], marker="D", linestyle="", color=INK, markersize=4, label="together"))
        legend(figure, page, handles)
    return content.getvalue()


def stacked(plan: Plan, found: dict[Key, dict[str, float]], page: Page, title: str) -> bytes:
    """The stack, the shares or the difference that a plan asks for.

    Raises:
        PlotError: no point has both values that a difference is of.
    """
    groups, label = bars_of(plan, found)
    return stacks(groups, page, title, plan.names[plan.x.path], label, net=plan.figure.kind == "difference")


def bars_of(plan: Plan, found: Mapping[Key, Mapping[str, float]]) -> tuple[list[tuple[str, list[Bar]]], str]:
    """The groups of bars of such a figure, each with its title, and what stands at their axis. Raises as `stacked`."""
    kind = plan.figure.kind
    groups = []
    for facet, name in plan.panels():
        bars = []
        for value in plan.x.values:
            if kind == "difference":
                assert plan.between is not None
                first, second = ((*facet, value, end) for end in (plan.between.first, plan.between.second))
                if found.get(first) and found.get(second):
                    bars.append(Bar(value, _difference(found[first], found[second])))
            elif found.get(key := (*facet, value)):
                bars.append(Bar(value, _shares(found[key]) if kind == "share" else found[key]))
        if bars:
            groups.append((name, bars))
    if not groups:
        raise PlotError("nothing to draw: no point has both values")
    label = plan.label
    if kind == "share":
        label = f"{plan.text}: share (%)"
    if kind == "difference":
        assert plan.between is not None
        label = f"{plan.between.second} less {plan.between.first}: {label}"
    return groups, label


def _bar(panel: Any, place: int, parts: Mapping[str, float], order: Iterable[str], drawn: Mapping[str, Look]) -> None:
    up = down = 0.0
    for name in order:
        value = parts.get(name, 0.0)
        if value:
            panel.bar(place, value, _WIDTH, bottom=up if value > 0 else down, zorder=2, **area(drawn.get(name, OTHERS)))
            up, down = up + max(value, 0.0), down + min(value, 0.0)


def merged(bars: Sequence[Bar]) -> list[dict[str, float]]:
    """The parts of each bar, those that are small everywhere as one; what is nothing everywhere is left out."""
    highest = max((sum(abs(value) for value in bar.parts.values()) for bar in bars), default=0.0)
    names = dict.fromkeys(name for bar in bars for name in bar.parts)
    most = {name: max(abs(bar.parts.get(name, 0.0)) for bar in bars) for name in names}
    small = {name for name, value in most.items() if 0 < value < SMALL * highest}
    made = []
    for bar in bars:
        parts = {name: value for name, value in bar.parts.items() if name not in small and most[name] > 0}
        if len(small) > 1:
            parts[f"{len(small)} others"] = sum(bar.parts.get(name, 0.0) for name in small)
        else:
            parts.update({name: bar.parts.get(name, 0.0) for name in small})
        made.append(parts)
    return made


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    whole = sum(parts.values())
    return {name: 100 * value / whole for name, value in parts.items()} if whole else {}


def _difference(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {name: second.get(name, 0.0) - first.get(name, 0.0) for name in {**first, **second}}
