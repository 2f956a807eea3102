# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects export`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, add_where, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        source: path.
        stats: texts, as `sheet` takes them; empty: the usual ones.
        output: path; None: standard output.
        across: path of a parameter; empty: none.
        window: the label of a window; None: roi if there is one, else total.
        digits: a number, not checked yet.
        caption, label: text; empty: none.
    """
    parser = command(
        commands,
        "export",
        "_export.export",
        "write a table of a sweep as CSV, LaTeX or Markdown",
        "A row for each point that has finished, a column for each statistic. Nothing is run.",
    )
    parser.add_argument("source", type=Path, metavar="DIR", help="the folder of a sweep")
    parser.add_argument(
        "stats",
        nargs="*",
        metavar="STAT",
        help="PATH.STAT, PATH.STAT[INDEX], A/B, or a pattern with *, as 'exits_by_kind[*]' (default: the usual ones)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="a .csv, .tex or .md (default: Markdown, printed)"
    )
    parser.add_argument("--across", default="", metavar="PATH", help="a parameter whose values stand side by side")
    add_where(parser)
    parser.add_argument(
        "--window", metavar="NAME", help="the window to show (default: roi if there is one, else total)"
    )
    parser.add_argument("--digits", type=int, default=4, metavar="N", help="significant digits, but of CSV (default 4)")
    parser.add_argument("--caption", default="", metavar="TEXT", help="of LaTeX: a table that floats, with this text")
    parser.add_argument("--label", default="", metavar="NAME", help="of LaTeX: what the paper refers to it by")
