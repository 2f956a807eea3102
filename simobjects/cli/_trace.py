# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects trace`: look into traces and import them."""

from __future__ import annotations

import argparse

from simobjects.workloads.header import TraceHeader
from simobjects.workloads.shipped import shipped_traces
from simobjects.workloads.tracefile import read_header

from ._common import Commands, columns, command


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    group = commands.add_parser("trace", help="look into traces, import them, record programs")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shown = command(inner, "info", info, "show what a trace holds and where it came from")
    shown.add_argument("traces", nargs="*", metavar="TRACE", help="a trace file, or a shipped one by its name")


def info(arguments: argparse.Namespace) -> int:
    """Carry out `trace info`; without a name it lists the shipped traces."""
    for name in arguments.traces or shipped_traces():
        print(name)
        print(columns([[f"  {key}", value] for key, value in facts(read_header(name))]), end="")
    return 0


def facts(header: TraceHeader) -> list[tuple[str, str]]:
    """The header as pairs of text."""
    return [(name, str(value)) for name, value in header.model_dump().items() if value != ""]
