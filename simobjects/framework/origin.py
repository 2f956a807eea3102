# SPDX-License-Identifier: BSD-3-Clause
"""Where in the user's script a value was given."""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType

import pydantic

from simobjects.base.shipped import CONFIGS

_SKIPPED = (
    "<frozen",  # parts of the standard library that are built into the interpreter
    str(Path(__file__).resolve().parents[1]) + os.sep,
    str(Path(pydantic.__file__).resolve().parent) + os.sep,
)
_SHIPPED_SCRIPTS = CONFIGS + os.sep


@dataclass(frozen=True, slots=True)
class Origin:
    """A file and a line of a script; `line` is None for a value that comes from no file."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        name = shown_path(self.file)
        return name if self.line is None else f"{name}:{self.line}"


COMMAND_LINE = Origin("command line")

_fixed: ContextVar[Origin | None] = ContextVar("simobjects_origin", default=None)


def shown_path(file: str) -> str:
    """`file` relative to the current directory when it lies below it, else unchanged."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file


def here() -> Origin:
    """The innermost line that is not part of this package, or the place set by `at`."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    frame = script_frame()
    return _origin(frame.f_code.co_filename, frame.f_lineno)


@lru_cache(maxsize=1024)
def _origin(file: str, line: int) -> Origin:
    return Origin(file, line)


def script_frame() -> FrameType:
    """The innermost frame that is not part of this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _passed_over(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@lru_cache(maxsize=1024)
def _passed_over(file: str) -> bool:
    return file.startswith(_SKIPPED) and not file.startswith(_SHIPPED_SCRIPTS)


class at:
    """While this lasts, everything made is said to come from `origin`.

    Objects made by an elaborating owner point at the script line that made the owner.
    """

    __slots__ = ("_origin", "_token")

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __enter__(self) -> None:
        self._token = _fixed.set(self._origin)

    def __exit__(self, *raised: object) -> None:
        _fixed.reset(self._token)
