# SPDX-License-Identifier: BSD-3-Clause
"""What is said of a user's Python that fails: the place, the way to it through the user's own files, and a hint."""

from __future__ import annotations

import builtins
import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType

from simobjects.base.names import nearest

from .node import Part
from .origin import shown_path
from .problems import Problem
from .source.owners import Owner, owner_of_file
from .tree import walk

_PACKAGE = "simobjects"
MOST_FRAMES = 8
LONGEST_LINE = 200
"""Characters of a line that is shown."""


def story(error: BaseException, config: Path | None = None) -> str:
    """The last place in the user's files that was reached, what was raised there and what was perhaps meant; when that
    place is not in the script's own text, a line for each call that led to it; and which object was asked for what.

    `config` is the script that was executed, if one was.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return _syntax(error)
    calls = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename, config)]
    place = f"{shown_path(calls[-1].filename)}:{calls[-1].lineno}" if calls else shown_path(str(config))
    if isinstance(error, SystemExit):
        return f'{place}: the script ends the program; run things only under `if __name__ == "__main__":`'
    told = f"{place}: {type(error).__name__}: {_text(error)}{_hint(error)}"
    if len(calls) > 1:
        told += "".join(f"\n  {shown_path(each.filename)}:{each.lineno}: {each.line}" for each in calls[-MOST_FRAMES:])
    return told + "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))


def users_story(error: BaseException, config: Path | None = None) -> str | None:
    """The `story` of an error on whose way a user's text lies; None of one that is ours alone."""
    return story(error, config) if in_users_text(error, config) else None


def problems_so_far(config: Path, error: BaseException) -> list[Problem]:
    """What was wrong with the machines that the script had begun to make when it failed."""
    found: list[Problem] = []
    for frame in frames(error.__traceback__):
        if is_users(frame.f_code.co_filename, config):
            held = [*frame.f_locals.values(), *frame.f_globals.values()]
            for system in {id(each): each for each in held if isinstance(each, Part) and each._node.root}.values():
                found += [problem for obj in walk(system) for problem in obj._node.problems()]
    return list(dict.fromkeys(found))


def in_users_text(error: BaseException, config: Path | None = None) -> bool:
    """Whether a text of the user's was on the way to where an error was raised."""
    return any(is_users(frame.f_code.co_filename, config) for frame in frames(error.__traceback__))


def is_users(file: str, config: Path | None) -> bool:
    """Whether it is the script, or another text of the user's."""
    return file == str(config) or (bool(linecache.getline(file, 1)) and owner_of_file(_whole(file)) is Owner.USER)


def _whole(file: str) -> str:
    """Where a text of this name lies: a library's compiled modules name theirs from the library's folder on."""
    if file.startswith("<") or os.path.exists(file):
        return file
    return next((there for folder in sys.path if os.path.exists(there := os.path.join(folder, file))), file)


def frames(last: TracebackType | None) -> Iterator[FrameType]:
    """The calls from the outermost to where an error was raised."""
    while last is not None:
        yield last.tb_frame
        last = last.tb_next


def _text(error: BaseException) -> str:
    """What an error says of itself, which may be nothing: its class is the user's."""
    try:
        return str(error)
    except Exception:
        return ""


def _syntax(error: SyntaxError) -> str:
    told = f"{shown_path(error.filename or '')}:{error.lineno}: {type(error).__name__}: {error.msg}"
    line = (error.text or "").rstrip("\n")
    if not line.strip() or len(line) > LONGEST_LINE:
        return told
    shown = line.lstrip()
    column = max(0, (error.offset or 1) - 1 - (len(line) - len(shown)))
    return f"{told}\n    {shown}\n    {' ' * column}^"


def _of_ours(module: str) -> list[str]:
    """All that a script may import, if it has looked into a module of this package."""
    return dir(sys.modules[_PACKAGE]) if module.partition(".")[0] == _PACKAGE else []


def _hint(error: BaseException) -> str:
    """`; did you mean 'x'?` for a name that does not exist, as far as one is near."""
    known: list[str] = []
    importable: list[str] = []
    wanted = getattr(error, "name", None)
    if isinstance(error, NameError):
        *_, frame = frames(error.__traceback__)
        known = [*frame.f_locals, *frame.f_globals, *vars(builtins)]
        importable = _of_ours(_PACKAGE)
    elif isinstance(error, AttributeError) and error.obj is not None and "did you mean" not in str(error):
        known = [name for name in dir(error.obj) if not name.startswith("_")]
        importable = _of_ours(getattr(error.obj, "__name__", ""))
    elif isinstance(error, ModuleNotFoundError):
        known = [_PACKAGE]
    elif isinstance(error, ImportError) and wanted in sys.modules:
        known = dir(sys.modules[wanted])
        importable = _of_ours(wanted)
        said = re.match(r"cannot import name '(\w+)'", str(error))  # Python 3.11 has the name nowhere else
        wanted = said[1] if said else None
    near = nearest(wanted, [*known, *importable]) if isinstance(wanted, str) and known else None
    if not near or near == wanted and near in known:
        return ""
    return f"; did you mean {near!r}?" if near in known else f"; did you mean `from simobjects import {near}`?"
