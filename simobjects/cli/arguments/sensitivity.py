# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects sensitivity`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, add_config, add_limits, command

METRIC = "system.core.vcpu_time"


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        metric: text, as `Metric.parse` takes it.
        compare: PATH=A,B as text; None: one machine alone, or `against`.
        against: path or None; not together with `compare`.
        out: path; None: below `sensitivity`.
    """
    parser = command(
        commands,
        "sensitivity",
        "_sensitivity.sensitivity",
        "say which of the estimated numbers a conclusion depends on, and by how much",
        "Each number that is an estimate is varied over its plausible range, one run for each end, all else as in the "
        "script.\nWith --compare or --against the conclusion is which of two machines has the lower metric.",
    )
    add_config(parser)
    add_limits(parser)
    parser.add_argument(
        "--metric",
        default=METRIC,
        metavar="STAT",
        help=f"PATH.STAT, PATH.STAT[INDEX], or one divided by another, A/B; less is better (default: {METRIC})",
    )
    two = parser.add_mutually_exclusive_group()
    two.add_argument("--compare", metavar="PATH=A,B", help="two values of a parameter: system.host.scheme=e3b,e4")
    two.add_argument(
        "--against", type=Path, metavar="CONFIG", help="a second script, as the bare machine for the slowdown"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where table, report and diagram go (default: sensitivity/SCRIPT)"
    )
