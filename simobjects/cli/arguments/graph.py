# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects graph`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, add_config, command

FORMATS = ("dot", "graphml", "json", "mermaid", "svg")


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        format: one of `FORMATS`, or None.
        output: path; None: standard output.
    """
    parser = command(
        commands,
        "graph",
        "_graph.draw",
        "draw the machine of a config script, or export its graph",
        "The same machine gives the same bytes; no other program is needed.",
    )
    add_config(parser)
    parser.add_argument("--format", choices=FORMATS, help="default: what the name of the output says, else svg")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
