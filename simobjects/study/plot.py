# SPDX-License-Identifier: BSD-3-Clause
"""The curve of a sweep as SVG: a statistic over the first numeric swept parameter, one line per value of the others.

The same table gives the same bytes: ids are hashed with a fixed salt, no date is written, and the fonts are the ones
that the plotting library brings with it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simobjects.base.units import PHYSICAL, scaled

from .metric import Metric, PlotError
from .space import Axis, Point
from .table import Row

_COLOURS = ("#0b6fa4", "#d1495b", "#3a8f4d", "#8a5fb0", "#c77f1a", "#3f3f46", "#2aa5a0", "#b03a7c")
_MARKERS = "osD^vP*X"
_LINES = ("-", "--", "-.")


@dataclass(frozen=True)
class Curve:
    """One line of the plot: its name and its (x, y) points in the order of the sweep."""

    name: str
    points: tuple[tuple[float, float], ...]


def numeric_axis(axes: Sequence[Axis]) -> int | None:
    """The place of the first axis whose values are numbers, perhaps with a unit, and more than one; None without."""
    for place, axis in enumerate(axes):
        if len(axis.values) > 1 and all(_number(value) is not None for value in axis.values):
            return place
    return None


def curves(
    axes: Sequence[Axis], tables: Iterable[tuple[Point, Sequence[Row]]], metric: Metric, window: str
) -> list[Curve]:
    """The lines to draw, in the order of the sweep; points without a value are left out.

    Raises:
        PlotError: no swept parameter is numeric, or no such statistic.
    """
    place = numeric_axis(axes)
    if place is None:
        raise PlotError(
            "no curve: none of the swept parameters takes several numeric values; the tables are complete"
        )
    lines: dict[str, list[tuple[float, float]]] = {}
    for point, rows in tables:
        texts = list(point.values.items())
        x = _number(texts[place][1])
        y = metric.of(rows, window)
        rest = ", ".join(f"{path.rpartition('.')[2]} {value}" for at, (path, value) in enumerate(texts) if at != place)
        line = lines.setdefault(rest, [])
        if x is not None and y is not None:
            line.append((x, y))
    return [Curve(name, tuple(sorted(points))) for name, points in lines.items()]


def draw(lines: Sequence[Curve], axis: Axis, metric: Metric, title: str) -> bytes:
    """The plot as the bytes of an SVG file."""
    from matplotlib.ticker import FixedLocator, NullLocator

    with picture(title) as (plot, content):
        for number, line in enumerate(lines):
            plot.plot(
                [x for x, _ in line.points],
                [y for _, y in line.points],
                label=line.name or None,
                color=_COLOURS[number % len(_COLOURS)],
                marker=_MARKERS[number % len(_MARKERS)],
                # Lines that lie upon each other stay visible, and so do they without colours.
                linestyle=_LINES[number % len(_LINES)],
                markersize=5,
                linewidth=1.6,
            )
        ticks = sorted({x for line in lines for x, _ in line.points})
        if _geometric(ticks):
            plot.set_xscale("log", base=2)
        if 0 < len(ticks) <= 16:
            plot.xaxis.set_major_locator(FixedLocator(ticks))
            plot.xaxis.set_minor_locator(NullLocator())
            plot.set_xticklabels([f"{tick:g}" for tick in ticks])
        plot.set_ylim(bottom=0)
        plot.set_xlabel(axis.path)
        plot.set_ylabel(metric.label)
        plot.set_title(title, loc="left", fontsize=11)
        plot.grid(True, color="#d9d9de", linewidth=0.6)
        plot.set_axisbelow(True)
        if any(line.name for line in lines):
            plot.legend(frameon=False)
    return content.getvalue()


@contextmanager
def picture(title: str, height: float = 4.4) -> Iterator[tuple[Any, io.BytesIO]]:
    """Axes to draw on, and where the SVG is when the block ends: the same bytes whatever the user's own style is."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings = {"svg.hashsalt": "simobjects", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 10}
    style: Any = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    style.update(settings)
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        plot = figure.add_subplot()
        content = io.BytesIO()
        yield plot, content
        for side in ("top", "right"):
            plot.spines[side].set_visible(False)
        canvas.print_figure(content, format="svg", metadata={"Date": None, "Title": title})


def _number(text: str) -> float | None:
    value = scaled(text, PHYSICAL)
    return None if value is None else float(value)


def _geometric(values: Sequence[float]) -> bool:
    """Whether the values are better told apart on a logarithmic axis: more than two, each far above the last."""
    return len(values) > 2 and values[0] > 0 and all(b >= 1.5 * a for a, b in zip(values, values[1:], strict=False))
