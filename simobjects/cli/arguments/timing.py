# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects timing`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        one, other: paths, of files or of run directories.
    """
    parser = command(
        commands,
        "timing",
        "_timing.timing",
        "compare two exit timing files of KVM, line by line",
        "Files as debugfs has them (vm<pid>_vcpu<id>_timing) with CONFIG_KVM_EXIT_TIMING, or as a run leaves them.",
    )
    parser.add_argument("one", type=Path, metavar="FILE", help="a file, or a run directory that holds one")
    parser.add_argument("other", type=Path, metavar="FILE", help="the one beside which it is put")
