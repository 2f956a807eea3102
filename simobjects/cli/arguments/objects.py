# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects objects`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        name: text; None: all of them.
        config: path or None.
        json, markdown: bool, one of them at most.
    """
    parser = command(
        commands,
        "objects",
        "_objects.objects",
        "list the SimObjects, or show the parameters, children, ports and statistics of one",
        "All of it comes from the classes themselves.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="a class such as HardwareTLB")
    parser.add_argument("--config", type=Path, metavar="CONFIG", help="also the classes that this config script uses")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the same as JSON")
    form.add_argument("--markdown", action="store_true", help="everything about all of them as a page of Markdown")
