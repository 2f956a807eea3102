# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects plot`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, add_where, command

FIGURE = (
    "KIND, KIND:STAT or STAT; KIND is curves, stack, share, difference, heat, even or series, STAT is PATH.STAT, "
    "PATH.STAT[INDEX] or one divided by another, A/B"
)
"""What a figure is, in words: several commands ask for one."""


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        source: path.
        figure: text, as `Figure.parse` takes it.
        output: path or None.
        window: the label of a window, or None.
        x, y, lines: path of a parameter; empty: as the axes allow.
        facet: paths of parameters.
        between: two values, as text; empty: as the axes allow.
        width: a length, as text.
        height: the same, or None.
        title, xlabel, ylabel: text; None: the figure's own.
    """
    parser = command(
        commands,
        "plot",
        "_plot.plot",
        "draw a figure of a sweep, or of a run in windows",
        "Sizes and forms are those of papers; the same results give the same bytes.",
    )
    parser.add_argument(
        "source", type=Path, metavar="DIR", help="the folder of a sweep; for series a run directory with windows"
    )
    parser.add_argument("figure", nargs="?", default="curves", metavar="FIGURE", help=f"{FIGURE} (default: curves)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="an .svg, .pdf or .png (default: DIR/KIND.svg)"
    )
    parser.add_argument(
        "--window", metavar="NAME", help="the window to show (default: roi if there is one, else total)"
    )
    where = parser.add_argument_group("which parameter goes where")
    where.add_argument("--x", default="", metavar="PATH", help="to the right; of series: references or cycles")
    where.add_argument("--y", default="", metavar="PATH", help="upwards, of heat and even")
    where.add_argument("--lines", default="", metavar="PATH", help="a line for each value, of curves")
    where.add_argument("--facet", action="append", default=[], metavar="PATH", help="a panel for each value")
    where.add_argument(
        "--between", default="", metavar="[PATH=]A,B", help="the two that difference and even compare: e3b,e4"
    )
    add_where(where)
    page = parser.add_argument_group("the page")
    page.add_argument("--width", default="160mm", metavar="LENGTH", help="88mm, 3.5in, ... (default: 160mm)")
    page.add_argument("--height", metavar="LENGTH", help="default: what the figure needs")
    page.add_argument("--title", metavar="TEXT", help="instead of the figure's own; '' for none")
    page.add_argument("--xlabel", metavar="TEXT", help="the text at the x axis")
    page.add_argument("--ylabel", metavar="TEXT", help="the text at the y axis")
