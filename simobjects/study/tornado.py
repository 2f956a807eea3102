# SPDX-License-Identifier: BSD-3-Clause
"""The tornado diagram of a sensitivity study: one bar for each uncertain number, the widest on top."""

from __future__ import annotations

from simobjects.draw.palette import BLUE, INK, RUST
from simobjects.study.figures.page import Page, legend, picture
from simobjects.study.sensitivity import FLAT, Factor, Sensitivity, figure_name

LESS, MORE = BLUE, RUST


def tornado(study: Sensitivity, title: str, label: str = "", most: int = 20) -> bytes:
    """The diagram as the bytes of an SVG file; at most so many bars, none for numbers on which nothing depends.

    `label` says what the figure is, if not by the names of its statistics.
    """
    from matplotlib.patches import Patch

    shown = [each for each in study.influences if each.swing > FLAT][:most]
    page = Page()
    with picture(page, title, 34 + 0.85 * page.size * max(1, len(shown))) as (figure, content):
        plot = figure.add_subplot()
        for row, each in enumerate(reversed(shown)):
            for value, colour in ((each.low, LESS), (each.high, MORE)):
                plot.barh(row, value - study.base, left=study.base, color=colour, height=0.62, zorder=2)
        plot.set_yticks(range(len(shown)), [_label(each.factor) for each in reversed(shown)])
        plot.axvline(study.base, color=INK, linewidth=1.0, zorder=3)
        if len(study.sides) > 1:
            plot.axvline(1.0, color=INK, linewidth=1.0, linestyle=":", zorder=3)
        plot.set_xlabel(page.wrapped(label or figure_name(study)))
        plot.grid(True, axis="x")
        ends = ((LESS, "at the low end"), (MORE, "at the high end"))
        legend(figure, page, [Patch(color=colour, label=name) for colour, name in ends])
    return content.getvalue()


def _label(factor: Factor) -> str:
    return f"{factor.path.rpartition('.')[2]}  {factor.text(factor.low)} … {factor.text(factor.high)}"
