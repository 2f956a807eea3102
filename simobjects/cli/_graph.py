# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects graph`: a machine's objects and connections as a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simobjects.base.files import write_whole
from simobjects.base.text import readable
from simobjects.draw import to_dot, to_mermaid, to_svg
from simobjects.framework import to_graphml, to_json
from simobjects.study.config_script import load
from simobjects.study.space import parse_assignments

WRITERS = {"svg": to_svg, "dot": to_dot, "mermaid": to_mermaid, "graphml": to_graphml, "json": to_json}
"""The function of each form: from an object of a machine to text."""
_SUFFIXES = {
    ".svg": "svg",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".graphml": "graphml",
    ".json": "json",
}
"""The form that the ending of a file's name says."""


def draw(arguments: argparse.Namespace) -> int:
    """Draw a machine that a script describes, to `--output` or to standard output.

    The form is `--format`, else what the ending of the output says, else SVG.

    Raises:
        ConfigError: the machine is refused.
    """
    overrides = parse_assignments(arguments.set)
    output: Path | None = arguments.output
    chosen = arguments.format or (_SUFFIXES.get(output.suffix, "svg") if output else "svg")
    text = WRITERS[chosen](load(arguments.config, overrides))
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        write_whole(output, readable(text).encode())
    return 0
