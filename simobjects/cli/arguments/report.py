# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects report`."""

from __future__ import annotations

from pathlib import Path

from .plot import FIGURE
from .shared import Commands, command, count


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        source: path.
        output: path or None.
        question: text; empty: that of the sweep.
        figure, column, compare: texts; empty: the usual ones.
        window: the label of a window, or None.
        metric: text; empty: time.
        no_sensitivity: bool.
        references: above 0, or None.
        most: above 0.
        jobs: above 0; None: one for each core.
    """
    parser = command(
        commands,
        "report",
        "_report.report",
        "write the report of a sweep: one HTML file that needs nothing else",
        "What each comparison hangs on is found out by runs, once: docs/reports.md.",
    )
    parser.add_argument("source", type=Path, metavar="DIR", help="the folder of a sweep")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: DIR/report.html")
    parser.add_argument("--question", default="", metavar="TEXT", help="what it answers (default: that of the sweep)")
    parser.add_argument(
        "--figure", action="append", default=[], metavar="FIGURE", help=f"instead of the usual ones: {FIGURE}"
    )
    parser.add_argument(
        "--column", action="append", default=[], metavar="STAT", help="of the table of points, as export takes them"
    )
    parser.add_argument("--window", metavar="NAME", help="the window (default: roi if there is one, else total)")
    compared = parser.add_argument_group("comparisons")
    compared.add_argument(
        "--compare", action="append", default=[], metavar="[PATH=]A,B", help="two values (default: those of the scheme)"
    )
    compared.add_argument("--metric", default="", metavar="STAT", help="compared; less is better (default: time)")
    compared.add_argument("--no-sensitivity", action="store_true", help="do not find out what they hang on")
    compared.add_argument(
        "--references", type=count, metavar="N", help="of each run that finds it out (default: the sweep's, or 100k)"
    )
    compared.add_argument("--most", type=count, default=12, metavar="N", help="comparisons tested (default: 12)")
    compared.add_argument("--jobs", type=count, metavar="N", help="tested at a time (default: one for each core)")
