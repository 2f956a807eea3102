# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects reproduce`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command, count


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        source: path.
        out: path or None.
        part: bool.
        script, folder: path; None: where the study says.
        jobs: above 0; None: one for each core.
    """
    parser = command(
        commands,
        "reproduce",
        "_reproduce.reproduce",
        "run a study again, and compare every byte with what it has",
        "For who reviews it: first a part of the points that takes about two minutes, then all, in an empty folder.",
    )
    parser.add_argument("source", type=Path, metavar="DIR", help="the folder of a sweep")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where it runs (default: DIR-reproduced)")
    parser.add_argument("--part", action="store_true", help="end after the first part")
    parser.add_argument("--script", type=Path, metavar="FILE", help="where the config script is here")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="the current folder for the script (default: where it was)"
    )
    parser.add_argument("--jobs", type=count, metavar="N", help="points at a time (default: one for each core)")
