# SPDX-License-Identifier: BSD-3-Clause
"""What the checkers of the labs share: a list of checks that is printed as it grows, and answers read from a file.

A mistake in the student's file is told by its line there; nobody learns from the calls inside the simulator.
"""

from __future__ import annotations

import signal
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TypeVar

if find_spec("simobjects") is None:
    raise SystemExit(f"{sys.executable} has no simobjects; give `source .venv/bin/activate` first, or install a wheel")

from simobjects.base.errors import SimObjectsError
from simobjects.framework.story import story

HERE = Path(__file__).resolve().parent
T = TypeVar("T", str, int, float)
KINDS = {str: "a text in quotes", int: "a whole number", float: "a number"}


@dataclass
class Checks:
    """Prints each check with what was found, and at the end whether the lab is solved."""

    failed: list[str] = field(default_factory=list)

    def that(self, what: str, holds: bool, found: str) -> bool:
        """One check."""
        print(f"{'ok' if holds else 'NO':>3}  {what}: {found}", flush=True)
        if not holds:
            self.failed.append(what)
        return holds

    def end(self) -> int:
        """The exit status: 0 when all checks hold."""
        print("solved" if not self.failed else f"not yet: {len(self.failed)} of the checks say NO")
        return 1 if self.failed else 0


@dataclass(frozen=True)
class Answers:
    """A file of answers, `name = value` a line (TOML). A missing or wrong answer ends the checker with a sentence."""

    file: Path
    values: dict[str, object]

    @staticmethod
    def read(file: Path) -> Answers:
        """Read the file."""
        try:
            return Answers(file, tomllib.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise SystemExit(f"{file}: {error.strerror}; give the file with your answers") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SystemExit(f"{file}: {error}; a line is `name = value`, text in quotes") from None

    def get(self, name: str, kind: type[T]) -> T:
        """One answer, of this type."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and kind is float:
            return kind(value)
        if value in (None, "") or not isinstance(value, kind) or isinstance(value, bool):
            raise SystemExit(f"{self.file}: `{name}` is {value!r}; expected {KINDS[kind]}, see the comment above it")
        return value


@contextmanager
def tried(script: Path, seconds: int) -> Iterator[None]:
    """What the student's file does wrong meanwhile ends the checker with a sentence, and so does what takes longer."""

    def late(number: int, frame: FrameType | None) -> None:
        raise SystemExit(f"{script}: not through after {seconds} s; does a loop of it never end?")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    except SimObjectsError as error:
        raise SystemExit(f"{error}") from None
    except Exception as error:
        place = error.__traceback__
        while place is not None and _is_checker(place.tb_frame, script):
            place = place.tb_next
        raise SystemExit(story(error.with_traceback(place), script)) from None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _is_checker(frame: FrameType, script: Path) -> bool:
    file = Path(frame.f_code.co_filename).resolve()
    return file.parent == HERE and file != script.resolve()


def argument(what: str) -> Path:
    """The one argument of a checker: a file of the student's."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(f"usage: python {sys.argv[0]} {what}")
    path = Path(sys.argv[1])
    if not path.is_file():
        raise SystemExit(f"{path}: no such file; give {what}")
    return path
