# SPDX-License-Identifier: BSD-3-Clause
"""What several commands have in their arguments."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from simobjects.base.errors import exit_codes

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(commands: Commands, name: str, work: str, summary: str, details: str = "") -> argparse.ArgumentParser:
    """A sub-command whose `--help` ends with the exit codes; it gets `--traceback`, as every command has.

    Args:
        commands: where it is added.
        name: as it is written.
        work: the function that carries it out, as `module.function` in `simobjects.cli`. Its module imports what the
            command works with, so it is imported when the command is carried out.
        summary: a line without a full stop, in the list of commands and at the begin of its help.
        details: sentences behind it.

    The command gets:
        traceback: bool.
        work: the text above.
        parser: its own, which reports what it does not know.
    """
    made = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.{' ' + details if details else ''}",
        epilog=exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--traceback", action="store_true", help="with an error, show where in the program it was raised")
    made.set_defaults(work=work, parser=made)
    return made


def add_config(parser: argparse.ArgumentParser) -> None:
    """CONFIG and `--set`.

    The command gets:
        config: path.
        set: texts PATH=VALUE, not parsed yet.
    """
    parser.add_argument("config", type=Path, metavar="CONFIG", help="a config script; it binds its machine to `system`")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="give a parameter a value, as in system.tlb.entries=256; may be repeated",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """`--references` and `--cycles`.

    The command gets:
        references, cycles: above 0; None: no such limit.
    """
    parser.add_argument(
        "--references", type=count, metavar="N", help="stop after N references; 5_000_000 and 5M are the same"
    )
    parser.add_argument("--cycles", type=count, metavar="N", help="stop after N cycles of the core")


def add_where(parser: argparse._ActionsContainer) -> None:
    """`--where`.

    The command gets:
        where: texts PATH=VALUE,..., not parsed yet.
    """
    parser.add_argument(
        "--where", action="append", default=[], metavar="PATH=VALUE,...", help="only these values of a parameter"
    )


def count(text: str) -> int:
    """A positive whole number: `5000000`, `5_000_000`, `5M`; `k`, `M` and `G` are thousand, million and milliard.

    Raises:
        argparse.ArgumentTypeError: it is no such number, or is above what a run can come to.
    """
    from simobjects.base.units import COUNTS, MOST_COUNT, scaled  # only numbers need it, and help is quick without

    value = scaled(text, COUNTS)
    if value is None or value.denominator != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; write 5000000, 5_000_000 or 5M")
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    if value > MOST_COUNT:
        raise argparse.ArgumentTypeError(f"{text} is above {MOST_COUNT}, which no run comes to")
    return value.numerator
