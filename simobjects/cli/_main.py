# SPDX-License-Identifier: BSD-3-Clause
"""The commands together, and what happens to the errors they raise."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from simobjects.framework.problems import nearest

from . import _compare, _demo, _disasm, _graph, _objects, _run, _sensitivity, _sweep, _timing, _trace
from ._exit import EXIT_CODES, REPORTED, ExitCode, code_of

COMMANDS = (_run, _sweep, _compare, _sensitivity, _graph, _objects, _trace, _timing, _disasm, _demo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is without the program's name, default `sys.argv[1:]`."""
    top = parser()
    try:
        arguments, rest = top.parse_known_args(argv)
        if rest and not hasattr(arguments, "rest"):
            arguments.parser.error(unrecognized(rest, arguments.parser))
        arguments.rest = rest
    except SystemExit as stop:  # argparse has printed help or what is wrong
        return stop.code if isinstance(stop.code, int) else ExitCode.USAGE
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("\nsimobjects: stopped", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough; Python must not complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except REPORTED as error:
        if arguments.traceback:
            traceback.print_exc()
        print(f"{_head(error)}{error}", file=sys.stderr)
        return code_of(error)
    except OSError as error:
        if arguments.traceback or error.filename is None:
            raise
        print(f"simobjects: {error.filename}: {error.strerror}", file=sys.stderr)
        return ExitCode.USAGE


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="simobjects",
        description="Simulate KVM on the PowerPC 440: run, compare and sweep machines that Python scripts describe.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"simobjects {_version()}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return top


def unrecognized(rest: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """What is said of arguments that the command does not have, with the nearest option of the first that has one."""
    options = [option for action in parser._actions for option in action.option_strings]
    found = (nearest(text.partition("=")[0], options) for text in rest if text.startswith("-"))
    hint = next((f"; did you mean {near}?" for near in found if near), "")
    return f"unrecognized arguments: {' '.join(rest)}{hint}"


def _head(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name}: " if name in ("ConfigError", "StatsError", "EngineError") else "simobjects: "


def _version() -> str:
    try:
        return version("simobjects")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "(not installed)"
