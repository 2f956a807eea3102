# SPDX-License-Identifier: BSD-3-Clause
"""From the command line to the command, and what happens to the errors it raises."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from simobjects.base.errors import ExitCode, SimObjectsError, fix_of
from simobjects.base.files import reason
from simobjects.base.names import nearest
from simobjects.base.outputs import STREAMS, give_up
from simobjects.base.text import readable

from .arguments import parser

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def prepare(argv: Sequence[str] | None, alone: bool) -> Callable[[], int]:
    """Read the command line and import what the command works with; what is returned carries it out.

    Two steps, so that Ctrl-C is quiet while libraries are imported.

    Args:
        argv: words without the program's name; None: those of this process.
        alone: as of `main`.

    Returns:
        A function without arguments that gives the exit code, also where the command line is wrong: then all is said
        already.
    """
    try:
        arguments = parse(argv)
        arguments.alone = alone
    except SystemExit as stop:  # argparse has printed help or what is wrong
        code = stop.code if isinstance(stop.code, int) else ExitCode.USAGE
        return partial(carry_out, lambda _: code, argparse.Namespace(traceback=False))
    except OSError as error:  # the version, or help, could not be printed
        status = told(error)
        return lambda: status
    return partial(carry_out, work(arguments.work), arguments)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; those that no option takes are an error, or are `rest` of a command that passes them on.

    Raises:
        SystemExit: help was asked for, or the words are wrong; argparse has printed what there is to say.
    """
    words = sys.argv[1:] if argv is None else argv
    arguments, rest = parser(words[0] if words else "").parse_known_args(words)
    if rest and not hasattr(arguments, "rest"):
        arguments.parser.error(unrecognized(rest, arguments.parser))
    arguments.rest = rest
    return arguments


def work(name: str) -> Callable[[argparse.Namespace], int]:
    """The function that carries a command out, by its name in `simobjects.cli`."""
    module, _, function = name.partition(".")
    found: Callable[[argparse.Namespace], int] = getattr(import_module(f"simobjects.cli.{module}"), function)
    return found


def carry_out(function: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run the command; an error made to be read is printed, and becomes the exit code."""
    try:
        code = function(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        give_up(sys.stdout)
        return ExitCode.OK  # the reader of a pipe (`| head`) has seen enough
    except SimObjectsError as error:
        if arguments.traceback:
            import traceback

            traceback.print_exc()
        head = type(error).__name__ if error.titled else "simobjects"
        print(readable(f"{head}: {error}"), file=sys.stderr)
        return error.exit_code
    except Exception as error:
        if arguments.traceback:
            raise
        if isinstance(error, OSError) and (error.filename is not None or error.errno in NO_ROOM):
            return told(error)
        return failed(error, arguments)


def failed(error: Exception, arguments: argparse.Namespace) -> ExitCode:
    """Print the place in the user's files that an error has come from, a hook or a function that was called while a
    machine ran. Where there is none, it is an error of this program and is raised on."""
    from simobjects.framework.story import users_story

    story = users_story(error, getattr(arguments, "config", None))
    if story is None:
        raise error
    print(readable(f"simobjects: {story}"), file=sys.stderr)
    return ExitCode.ENDED_BADLY


def told(error: OSError) -> ExitCode:
    """Print what the system refused and what to do about it. An error without a file is raised on: it has no place.

    But a full disk is said of any file, though what writes here names its own: a library's scratch may be elsewhere.
    """
    if error.filename is None and error.errno in NO_ROOM:
        place, fix = "a file", "make room (--traceback says where it was written)"
    elif isinstance(error.filename, (str, bytes, os.PathLike)):
        place, fix = os.fsdecode(error.filename), fix_of(error)
    else:
        raise error
    if place in STREAMS:
        give_up(sys.stdout)
    print(f"simobjects: {place}: {reason(error)}" + (f"; {fix}" if fix else ""), file=sys.stderr)
    return ExitCode.USAGE


def unrecognized(rest: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """What is said of arguments that the command does not have, with the nearest option of the first that has one."""
    options = [option for action in parser._actions for option in action.option_strings]
    found = (nearest(text.partition("=")[0], options) for text in rest if text.startswith("-"))
    hint = next((f"; did you mean {near}?" for near in found if near), "")
    return f"unrecognized arguments: {' '.join(rest)}{hint}"
