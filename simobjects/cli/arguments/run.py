# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects run`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .shared import Commands, add_config, add_limits, command, count

DEBUG_EXAMPLE = "--debug system.host=exits@1000000..2000000"


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        out: path.
        every: text, as `Every.parse` takes it, or None.
        table: the path of an object; empty: all of them; None: no table.
        zeros, plain: bool.
        record: path or None.
        profile: how many functions, above 0; None: no profile.
    """
    parser = command(
        commands,
        "run",
        "_run.run",
        "run the machine that a config script describes and write its statistics",
        "The script is executed once; what --set gives is in force from the moment the named object is made.",
    )
    add_config(parser)
    add_limits(parser)
    add_checkpoints(parser)
    add_gdb(parser)
    add_help_params(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="where the run directory is made (default: runs)"
    )
    parser.add_argument(
        "--every",
        metavar="N",
        help="also keep the statistics of each N references (100k) or cycles (5Mcycles), for `plot DIR series`",
    )
    add_debug(parser)
    parser.add_argument(
        "--table", nargs="?", const="", metavar="PATH", help="print the statistics, those below PATH, at the end"
    )
    parser.add_argument("--zeros", action="store_true", help="also those of them that are 0")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="record all that a program does to FILE, which Recording() replays"
    )
    add_instructions(parser)
    parser.add_argument(
        "--profile",
        nargs="?",
        type=count,
        const=20,
        metavar="M",
        help="print the M functions of a program that took most time (default: 20), with their misses and exits",
    )
    add_timeline(parser)
    parser.add_argument(
        "--plain", "--gui-free", action="store_true", help="progress as plain lines, also on a terminal"
    )


def add_debug(parser: argparse.ArgumentParser) -> None:
    """`--debug` and `--debug-file`.

    The command gets:
        debug: texts PATH=KINDS@START..STOP, not parsed yet.
        debug_file: path; None: standard output.
    """
    parser.add_argument(
        "--debug",
        action="append",
        default=[],
        metavar="PATH=KINDS[@START..STOP]",
        help=f"print what an object does, between two cycles if given: {DEBUG_EXAMPLE}; may be repeated",
    )
    parser.add_argument("--debug-file", type=Path, metavar="FILE", help="write that to FILE (default: standard output)")


def add_instructions(parser: argparse.ArgumentParser) -> None:
    """`--trace-instructions` and what belongs to it.

    The command gets:
        trace_instructions: path or None.
        trace_from: the number of an instruction, from 1.
        trace_count: above 0; None: to the end of the run.
    """
    parser.add_argument(
        "--trace-instructions", type=Path, metavar="FILE", help="write a line for each instruction of a program to FILE"
    )
    parser.add_argument(
        "--trace-from", type=count, default=1, metavar="N", help="begin that with the N-th instruction (default: 1)"
    )
    parser.add_argument("--trace-count", type=count, metavar="M", help="write M of them (default: all that follow)")


def add_timeline(parser: argparse.ArgumentParser) -> None:
    """`--timeline` and what belongs to it.

    The command gets:
        timeline: path or None.
        timeline_from, timeline_to: a cycle, or None.
        timeline_most: above 0, or None.
    """
    parser.add_argument(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="write what happens at each exit to FILE, for ui.perfetto.dev; .json.gz is compressed",
    )
    parser.add_argument(
        "--timeline-from", type=count, metavar="N", help="begin that with the exits from cycle N on (default: 0)"
    )
    parser.add_argument("--timeline-to", type=count, metavar="N", help="and end it at cycle N (default: with the run)")
    parser.add_argument("--timeline-most", type=count, metavar="N", help="exits in it (default: 200k)")


def add_checkpoints(parser: argparse.ArgumentParser) -> None:
    """`--checkpoint`, `--at`, `--at-step` and `--restore`.

    The command gets:
        checkpoint, restore: path or None.
        at: above 0, or None; not checked against `at_step` yet.
        at_step: the name of a step, or its number as text; None: none.
    """
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="write the state of the machine to FILE when --at or --at-step is reached",
    )
    parser.add_argument(
        "--at",
        type=count,
        metavar="N",
        help="where: after N references; of a machine that executes a program after N instructions, exactly",
    )
    parser.add_argument(
        "--at-step",
        metavar="STEP",
        help="where: when the script of a console has come to this step, named or numbered, before it types",
    )
    parser.add_argument("--restore", type=Path, metavar="FILE", help="go on from a checkpoint instead of the beginning")


def add_gdb(parser: argparse.ArgumentParser) -> None:
    """`--gdb [PORT]`.

    The command gets:
        gdb: a number that need not be a port; 0: any free one; None: no debugger.
    """
    parser.add_argument(
        "--gdb",
        nargs="?",
        const=0,
        type=int,
        metavar="PORT",
        help="wait for gdb on this port of the loopback interface (default: any free one) and let it run the guest; "
        "when it detaches, the run goes on by itself",
    )


def add_help_params(parser: argparse.ArgumentParser) -> None:
    """The option itself; a command that has it calls `show_params` when it is given.

    The command gets:
        help_params: a pattern of paths; None: the option is not given.
    """
    parser.add_argument(
        "--help-params",
        nargs="?",
        const="*",
        metavar="PATTERN",
        help="run nothing, list the machine's parameters with values and limits; those whose path matches",
    )
