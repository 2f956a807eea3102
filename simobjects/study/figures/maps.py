# SPDX-License-Identifier: BSD-3-Clause
"""Maps over two swept parameters: a statistic as shade and number, and where two values of a third are even."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from simobjects.base.text import short
from simobjects.draw.palette import INK, PAPER, looks

from ..metric import PlotError
from . import scale
from .curves import MARKERS
from .page import DIGITS, Page, from_zero, in_short, label, legend, panels, picture
from .plan import Key, Plan

_SHADES, _SIDES = "cividis", "PuOr"
"""Scales of matplotlib for every eye: the first was made so, the second goes by lightness from a pale middle."""
_WIDE = 20
"""From this ratio of the ends on the shades go by the logarithm."""
Crossing = tuple[str, str, float]
"""The values of x on both sides, and where between them the lines meet."""


def heat(plan: Plan, found: dict[Key, dict[str, float]], page: Page, title: str) -> bytes:
    """A cell for each point, its number in it."""
    assert plan.y is not None
    shown = plan.panels()
    grids = [_grid(plan, found, facet, lambda key: found.get(key, {}).get("")) for facet, _ in shown]
    numbers = [value for grid in grids for row in grid for value in row if not math.isnan(value)]
    return _map(plan, grids, page, title, plan.label, (min(numbers), max(numbers)), _SHADES, even=False)


def even(plan: Plan, found: dict[Key, dict[str, float]], page: Page, title: str) -> bytes:
    """Where two values of a parameter are even: the points of curves, or the line on a map of their ratio.

    Raises:
        PlotError: no point has both values.
    """
    assert plan.between is not None
    if plan.y is None:
        return _even_curves(plan, found, page, title)
    first, second = plan.between.first, plan.between.second

    def ratio(key: Key) -> float | None:
        return _ratio(found.get((*key, first), {}).get(""), found.get((*key, second), {}).get(""))

    grids = [_grid(plan, found, facet, ratio) for facet, _ in plan.panels()]
    numbers = [abs(value) for grid in grids for row in grid for value in row if not math.isnan(value)]
    if not numbers:
        raise PlotError("nothing to draw: no point has both values")
    most = max(max(numbers), 0.01)
    label = f"{first} / {second}: {plan.label}"
    return _map(plan, grids, page, title, label, (-most, most), _SIDES, even=True)


def crossings(plan: Plan, found: dict[Key, dict[str, float]], facet: Key = ()) -> list[Crossing]:
    """Where the two lines of an `even` figure of one number cross, as straight lines between the points cross.

    Where x is drawn as a logarithm, the lines are straight there.
    """
    assert plan.between is not None
    at = scale.positions(plan.x)
    logarithm = scale.geometric(list(at.values()))
    points = []
    for text, place in sorted(at.items(), key=lambda item: item[1]):
        values = [found.get((*facet, text, end), {}).get("") for end in (plan.between.first, plan.between.second)]
        if values[0] is not None and values[1] is not None:
            points.append((text, math.log2(place) if logarithm else place, values[0] - values[1]))
    made = []
    for (left, x, before), (right, further, after) in zip(points, points[1:], strict=False):
        if before * after < 0:
            place = x + (further - x) * before / (before - after)
            made.append((left, right, 2**place if logarithm else place))
    return made


def crossing_texts(plan: Plan, found: dict[Key, dict[str, float]]) -> list[str]:
    """A sentence for each crossing, or one that says that there is none."""
    assert plan.between is not None
    who, made = f"{plan.between.first} and {plan.between.second}", []
    for facet, name in plan.panels():
        where = f" ({name})" if name else ""
        across = crossings(plan, found, facet)
        for left, right, place in across:
            made.append(
                f"{who} cross between {plan.names[plan.x.path]} {left} and {right}, at about {place:.4g}{where}"
            )
        if not across:
            made.append(f"{who} do not cross{where}")
    return made


def _even_curves(plan: Plan, found: dict[Key, dict[str, float]], page: Page, title: str) -> bytes:
    from matplotlib.lines import Line2D

    assert plan.between is not None
    ends = (plan.between.first, plan.between.second)
    drawn, at, shown = looks(ends), scale.positions(plan.x), plan.panels()
    with picture(page, title, page.high(len(shown), 0.62, 0.42)) as (figure, content):
        for panel, (facet, _) in zip(panels(figure, page, [name for _, name in shown]), shown, strict=True):
            for marker, end in zip(MARKERS, ends, strict=False):
                points = sorted(
                    (place, found[key][""])
                    for text, place in at.items()
                    if "" in found.get(key := (*facet, text, end), {})
                )
                panel.plot(*zip(*points, strict=True), color=drawn[end].colour, marker=marker)
            for _, _, place in crossings(plan, found, facet):
                panel.axvline(place, color=INK, linewidth=1, linestyle=":")
                panel.annotate(
                    short(float(f"{place:.3g}"), DIGITS), (place, 0.98), xycoords=("data", "axes fraction"),
                    xytext=(3, 0), textcoords="offset points", va="top", fontsize=page.size - 1,
                )  # fmt: skip
            scale.along(panel, plan.x, at)
            from_zero(panel, min(values[""] for values in found.values() if values))
            panel.grid(True)
            in_short(panel)
        label(figure, page, plan.names[plan.x.path], plan.label)
        handles = [
            Line2D([], [], color=drawn[end].colour, marker=marker, label=end)
            for marker, end in zip(MARKERS, ends, strict=False)
        ]
        if any(crossings(plan, found, facet) for facet, _ in shown):
            handles.append(Line2D([], [], color=INK, linestyle=":", linewidth=1, label="even"))
        legend(figure, page, handles, plan.names[plan.between.path])
    return content.getvalue()


def _map(
    plan: Plan, grids: Sequence[Any], page: Page, title: str, what: str, ends: tuple[float, float], shades: str, *,
    even: bool,
) -> bytes:  # fmt: skip
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import LogLocator

    assert plan.y is not None
    shown = plan.panels()
    norm = LogNorm(*ends) if ends[0] > 0 and ends[1] > _WIDE * ends[0] else Normalize(*ends)
    high = max(0.3, min(1.2, len(plan.y.values) / len(plan.x.values)))
    with picture(page, title, page.high(len(shown), 0.25 + 0.5 * high, 0.45)) as (figure, content):
        made = panels(figure, page, [name for _, name in shown])
        for panel, grid in zip(made, grids, strict=True):
            image = panel.pcolormesh(grid, cmap=shades, norm=norm, edgecolors=PAPER, linewidth=0.8)
            _numbers(panel, image, grid, page, even=even)
            panel.set_xticks([at + 0.5 for at in range(len(plan.x.values))], list(plan.x.values))
            panel.set_yticks([at + 0.5 for at in range(len(plan.y.values))], list(plan.y.values))
            scale.turned(panel, plan.x.values)
            panel.tick_params(length=0)
            for side in panel.spines.values():
                side.set_visible(False)
            if even:
                _even_line(panel, grid)
        bar = figure.colorbar(image, ax=made, aspect=30)
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_minor_formatter("")
        if even:
            bar.ax.yaxis.set_major_formatter(lambda value, _: f"{2**value:.2f}")
        elif isinstance(norm, LogNorm):
            bar.set_ticks(LogLocator(subs=(1, 2, 5)))
            in_short(bar.ax)
        bar.set_label(page.wrapped(what, 0.8 * figure.get_size_inches()[1] * 25.4 / page.width), fontsize=page.size - 1)
        label(figure, page, plan.names[plan.x.path], plan.names[plan.y.path])
    return content.getvalue()


def _numbers(panel: Any, image: Any, grid: Any, page: Page, *, even: bool) -> None:
    """What each cell is, if there is room for it; in the ink that can be read on its shade."""
    most = 14 if not page.narrow else 7
    if len(grid[0]) * scale.columns_of(panel) > most:
        return
    for up, row in enumerate(grid):
        for across, value in enumerate(row):
            if not math.isnan(value):
                red, green, blue, _ = image.cmap(image.norm(value))
                ink = INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45 else PAPER
                text = f"{2**value:.2f}" if even else short(float(f"{value:.3g}"), DIGITS)
                panel.text(
                    across + 0.5,
                    up + 0.5,
                    text,
                    ha="center",
                    va="center",
                    color=ink,
                    fontsize=page.size - 1.5,
                    zorder=4,
                )


def _even_line(panel: Any, grid: Any) -> None:
    import numpy as np

    if len(grid) > 1 and len(grid[0]) > 1 and np.nanmin(grid) < 0 < np.nanmax(grid):
        across = [at + 0.5 for at in range(len(grid[0]))]
        up = [at + 0.5 for at in range(len(grid))]
        panel.contour(across, up, grid, levels=[0.0], colors=[INK], linewidths=2, zorder=2)


def _grid(plan: Plan, found: dict[Key, dict[str, float]], facet: Key, value: Any) -> Any:
    import numpy as np

    assert plan.y is not None
    rows = [[value((*facet, up, across)) for across in plan.x.values] for up in plan.y.values]
    return np.array([[math.nan if cell is None else cell for cell in row] for row in rows])


def _ratio(first: float | None, second: float | None) -> float | None:
    """Twice as much is 1, half as much -1; None where there is no such number."""
    if first is None or second is None or first <= 0 or second <= 0:
        return None
    return math.log2(first / second)
