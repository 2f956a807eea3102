# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects graph`: a machine's objects and connections as a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simobjects.framework import to_dot, to_mermaid, to_svg
from simobjects.study.script import load
from simobjects.study.space import parse_assignments

from ._common import Commands, add_config, command

WRITERS = {"svg": to_svg, "dot": to_dot, "mermaid": to_mermaid}
_SUFFIXES = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands,
        "graph",
        draw,
        "draw the machine of a config script",
        "The same machine gives the same bytes; no other program is needed.",
    )
    add_config(parser)
    parser.add_argument(
        "--format", choices=sorted(WRITERS), help="default: what the name of the output says, else svg"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")


def draw(arguments: argparse.Namespace) -> int:
    """Carry out the command."""
    overrides = parse_assignments(arguments.set)
    output: Path | None = arguments.output
    chosen = arguments.format or (_SUFFIXES.get(output.suffix, "svg") if output else "svg")
    text = WRITERS[chosen](load(arguments.config, overrides))
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        output.write_text(text, encoding="utf-8")
    return 0
