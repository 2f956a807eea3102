# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects completion`."""

from __future__ import annotations

from .shared import Commands, command

SHELLS = ("bash", "zsh", "tcsh")


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        shell: one of `SHELLS`.
    """
    parser = command(
        commands,
        "completion",
        "_completion.completion",
        "print what lets a shell complete commands, options and files",
        'For this shell only: eval "$(simobjects completion bash)". For all to come: put the line into ~/.bashrc.',
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to complete")
