# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects compare`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        runs: paths, at least one.
        stat: patterns of names, each a text; empty: what differs.
        all: bool.
        window: the label of a window.
        fail_on_difference: bool.
    """
    parser = command(
        commands,
        "compare",
        "_compare.compare",
        "put the statistics of runs side by side, with ratios to the first",
        "Only what differs is shown, the differences of the configurations first.",
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="a run directory or its stats.json; what is none is left out"
    )
    parser.add_argument(
        "--stat",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only statistics whose name matches, as in 'system.tlb.*'; shown even if equal; may be repeated",
    )
    parser.add_argument("--all", action="store_true", help="also what is equal in all runs")
    parser.add_argument("--window", default="total", metavar="NAME", help="the window to compare (default: total)")
    parser.add_argument(
        "--fail-on-difference", action="store_true", help="exit code 1 when a statistic differs between the runs"
    )
