# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of the commands on the folder of a sweep: `status`, `collect`, `work`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .shared import Commands, command, count


def add(commands: Commands) -> None:
    """Add the commands to the parser.

    The commands get:
        json: bool, of `status`.
        plot: a figure as text, or None; of `collect`, as is `window`.
        window: the label of a window, or None.
        shard: K/N as text, of `work`.
        jobs: above 0; None: one for each core.
    """
    status = command(
        commands,
        "status",
        "_studies.status",
        "say how far a sweep is, wherever it runs",
        "Nothing is executed: the folder says what is done, who works on what, and what failed.",
    )
    _add_folder(status)
    status.add_argument("--json", action="store_true", help="as JSON")
    collect = command(
        commands,
        "collect",
        "_studies.collect",
        "make the tables and the figure of whatever a sweep has so far",
        "What is not there yet is `pending` in points.csv.",
    )
    _add_folder(collect)
    collect.add_argument("--plot", metavar="FIGURE", help="what sweep.svg shows (default: what the sweep asked for)")
    collect.add_argument("--window", metavar="NAME", help="the window that the figure shows, as for sweep")
    work = command(
        commands,
        "work",
        "_studies.work",
        "run points of a sweep that was begun in a folder, and make no tables",
        "What the jobs of a cluster do; it may be started any number of times, on any host that has the folder.",
    )
    _add_folder(work)
    work.add_argument("--shard", default="1/1", metavar="K/N", help="every N-th point, from the K-th (default: all)")
    work.add_argument("--jobs", type=count, metavar="N", help="points at a time (default: one for each core)")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    """DIR.

    The command gets:
        out: path.
    """
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder of the sweep")
