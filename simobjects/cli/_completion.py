# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects completion`: a script for the shell, made of the parser of the whole command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import shtab

from .arguments import parser


def completion(arguments: argparse.Namespace) -> int:
    """Print a script that completes commands, options and files in a shell: bash, zsh or tcsh."""
    print(script(arguments.shell))
    return 0


def script(shell: str) -> str:
    """What the shell is to read.

    Args:
        shell: one of `arguments.completion.SHELLS`.
    """
    top = parser()
    _complete_files(top)
    return shtab.complete(top, shell=shell)


def _complete_files(of: argparse.ArgumentParser) -> None:
    """Let every argument that is a path be completed with files."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in dict.fromkeys(action.choices.values()):
                _complete_files(inner)
        elif action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
