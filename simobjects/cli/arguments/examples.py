# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects examples`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        copy: path of a folder; None: the scripts are listed.
    """
    parser = command(
        commands,
        "examples",
        "_examples.examples",
        "list the scripts that come with the project, or copy them",
        "`simobjects examples --copy configs` puts them where the pages look for them: configs/examples/kvm_guest.py.",
    )
    parser.add_argument(
        "--copy", type=Path, metavar="DIR", help="copy all of them to DIR; none, if a file there is another"
    )
