# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that several commands share, and the pieces of text they print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ._exit import EXIT_CODES

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(
    commands: Commands, name: str, function: Callable[[argparse.Namespace], int], summary: str, details: str = ""
) -> argparse.ArgumentParser:
    """A sub-command whose `--help` ends with the exit codes; it gets `--traceback`, as every command has."""
    made = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.{' ' + details if details else ''}",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--traceback", action="store_true", help="with an error, show where in the program it was raised")
    made.set_defaults(command=function, parser=made)
    return made


def add_config(parser: argparse.ArgumentParser) -> None:
    """CONFIG and `--set`."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="a config script; it binds its machine to `system`")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="give a parameter a value, as in system.tlb.entries=256; may be repeated",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """`--references` and `--cycles`."""
    parser.add_argument(
        "--references", type=count, metavar="N", help="stop after N references; 5_000_000 and 5M are the same"
    )
    parser.add_argument("--cycles", type=count, metavar="N", help="stop after N cycles of the core")


def count(text: str) -> int:
    """A positive whole number; `k`, `M` and `G` after it are thousand, million and milliard."""
    scale = {"k": 10**3, "M": 10**6, "G": 10**9}.get(text[-1:], 1)
    digits = text[:-1] if scale > 1 else text
    try:
        value = int(digits) * scale
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; write 5000000, 5_000_000 or 5M") from None
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def say(*parts: object) -> None:
    """Print to where a person reads along, not to where the results go."""
    print(*parts, file=sys.stderr, flush=True)


def short(value: float) -> str:
    """A large number in at most four digits: 950, 12.3k, 4.56M."""
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{unit}" if abs(value) < 999.5 * scale else f"{value / scale:.0f}{unit}"
    return f"{value:.3g}"


def clock(seconds: float) -> str:
    """A time span as m:ss or h:mm:ss."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def columns(rows: list[list[str]], right: set[int] | None = None) -> str:
    """Rows of text as aligned columns; those in `right` are aligned to the right."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def cell(column: int, text: str) -> str:
        return text.rjust(widths[column]) if right and column in right else text.ljust(widths[column])

    return "".join("  ".join(cell(c, text) for c, text in enumerate(row)).rstrip() + "\n" for row in rows)


