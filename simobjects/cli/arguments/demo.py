# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects demo`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command

SCRIPT = Path("configs", "examples", "commit_claims.py")


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        rest: the words that the program does not know, in their order: they are the script's.
    """
    parser = command(
        commands,
        "demo",
        "_demo.demo",
        "test the claims of Linux commit 7924bd4109 on the shipped trace",
        f"Other arguments go to {SCRIPT}, such as --references 1000000 for a quick look.",
    )
    parser.set_defaults(rest=[])
