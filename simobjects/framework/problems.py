# SPDX-License-Identifier: BSD-3-Clause
"""What can be wrong with a machine, and the report that says so."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from simobjects.base.errors import ExitCode, SimObjectsError

from .origin import Origin
from .peers import Placed


class Nothing(Enum):
    """The value of a problem that concerns no value."""

    NOTHING = "nothing"


NOTHING = Nothing.NOTHING


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what was found, what was expected, and what to do.

    `path` is the object, `name` the parameter, child or port (may be empty), `file` and `line` the place in
    the script (`line` None: not from a file), `near` the nearest valid name or None. `input`: an input file is missing
    or damaged, and the script is not at fault.
    """

    path: str
    name: str
    value: object
    expected: str
    fix: str
    file: str | None = None
    line: int | None = None
    near: str | None = None
    input: bool = False

    @property
    def subject(self) -> str:
        """The full path of what is wrong."""
        return ".".join(part for part in (self.path, self.name) if part)

    def lines(self) -> list[str]:
        """The report of this problem, one line per fact."""
        head = self.subject if self.value is NOTHING else f"{self.subject} = {show(self.value)}"
        text = [head, f"expected: {self.expected}"]
        if self.file is not None:
            text.append(f"at: {Origin(self.file, self.line)}")
        if self.near is not None:
            text.append(f"did you mean: {self.near}")
        text.append(f"fix: {self.fix}")
        return text


class ConfigError(SimObjectsError):
    """Every problem of a configuration in one report.

    >>> raise ConfigError([Problem("system.tlb", "entries", 0, "an integer from 1 to 4096", "choose ...")])
    """

    titled = True

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        if self.problems and all(problem.input for problem in self.problems):
            self.exit_code = ExitCode.BAD_INPUT
        super().__init__(report(self.problems))


class FrozenError(SimObjectsError, AttributeError):
    """A machine was changed after it was built."""


class UnresolvedReference(SimObjectsError, AttributeError):
    """A reference was read that no object of the machine answers to."""


class MissingValue(UnresolvedReference):
    """A required parameter or child was read that has no value: a problem of the machine, reported with the others."""


class EngineError(SimObjectsError):
    """The running half broke its agreement with the describing half."""

    exit_code = ExitCode.ENDED_BADLY
    titled = True


def report(problems: Sequence[Problem]) -> str:
    """The text of a ConfigError: a count, then the problems numbered."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    text = [f"{count} in this configuration"]
    for number, problem in enumerate(problems, start=1):
        mark = f"  {number}. "
        first, *rest = problem.lines()
        text.append(mark + first)
        text.extend(" " * len(mark) + line for line in rest)
    return "\n".join(text)


def show(value: object) -> str:
    """A value as a report shows it: short, and never an address in memory."""
    shown = getattr(value, "_shown_", None)
    if isinstance(shown, str):
        return shown
    if isinstance(value, type):
        return value.__qualname__
    if isinstance(value, (str, bytes, int, float, bool, list, tuple, dict, set, frozenset, type(None))):
        short = reprlib.Repr()
        short.maxstring = short.maxother = short.maxlong = 70
        return short.repr(value)
    if type(value).__repr__ is object.__repr__:
        return f"<{type(value).__qualname__}>"
    return str(value)


class naming:
    """Add a note with the path and class of `obj` to whatever is raised."""

    __slots__ = ("_doing", "_obj")

    def __init__(self, doing: str, obj: Placed) -> None:
        self._doing, self._obj = doing, obj

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        # A reference without an answer says where it is from.
        if isinstance(error, Exception) and not isinstance(error, UnresolvedReference):
            error.add_note(f"while {self._doing} {self._obj.path} ({type(self._obj).__name__})")
