# SPDX-License-Identifier: BSD-3-Clause
"""What can be written on the command line. It imports nothing but `argparse`, so that help and mistakes are quick."""

from __future__ import annotations

import argparse
from importlib import import_module

from simobjects.base.errors import exit_codes

from .version import Version

COMMANDS = (
    *("run", "sweep", "studies", "plot", "export", "report", "reproduce", "compare", "sensitivity", "graph"),
    *("objects", "trace", "guest", "timing", "disasm", "demo", "examples", "completion"),
)
"""Each has a module of its name here, in the order of the help."""


def parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of the whole command line; of one command if `only` is one: a start does not wait for the others."""
    top = argparse.ArgumentParser(
        prog="simobjects",
        description="Simulate KVM on the PowerPC 440: run, compare and sweep machines that Python scripts describe.",
        epilog=exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=Version, nargs=0, help="show program's version number and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in (only,) if only in COMMANDS else COMMANDS:
        import_module(f"{__name__}.{name}").add(commands)
    return top
