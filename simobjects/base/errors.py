# SPDX-License-Identifier: BSD-3-Clause
"""The root of all errors that this package raises on purpose, and the exit codes of the program."""

from __future__ import annotations

import errno
from enum import IntEnum
from os import PathLike


class ExitCode(IntEnum):
    """How a command ended. `meaning` is what its help says of the code."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> ExitCode:
        code = int.__new__(cls, number)
        code._value_ = number
        code.meaning = meaning
        return code

    OK = 0, "all went well"
    ENDED_BADLY = (
        1,
        "the watchdog ended a run, a guest, script or point failed, `reproduce` or `compare` found a difference",
    )
    USAGE = 2, "the command line or the configuration is wrong, or a file cannot be written (a full disk)"
    BAD_INPUT = 3, "a trace or another input file is missing, damaged or not what it says"
    INTERRUPTED = 130, "stopped by Ctrl-C; the statistics so far are written"


def exit_codes() -> str:
    """The codes as the help of each command ends with them."""
    return "exit codes:\n" + "".join(f"  {code.value:<4} {code.meaning}\n" for code in ExitCode)


class SimObjectsError(Exception):
    """Base of every error that this package raises on purpose: it is made to be read by the user.

    `what`: what is wrong; `where`: the file, option or path at which ("": said in `what`); `fix`: what to do about it
    ("": said in `what`). The text is `where: what; fix`.
    """

    exit_code: ExitCode = ExitCode.USAGE
    """What the program ends with when nobody catches the error."""
    titled: bool = False
    """Whether the program prints the name of the class before the text, instead of its own name."""

    def __init__(self, what: str = "", *, where: str | PathLike[str] = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, str(where), fix
        super().__init__(self.text())

    def text(self) -> str:
        """The whole report."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}{self.then_fix()}"

    def then_fix(self) -> str:
        """How the fix follows what is wrong."""
        return f"; {self.fix}" if self.fix else ""


class UnknownNameError(SimObjectsError, LookupError):
    """A path, kind, type or statistic was asked for that does not exist."""


class UsageError(SimObjectsError):
    """A command line that argparse accepts but that makes no sense; the fix says what to write."""


class OutputError(SimObjectsError):
    """A file or folder that cannot be written."""

    exit_code = ExitCode.USAGE


class InputError(SimObjectsError):
    """A file that cannot be used."""

    exit_code = ExitCode.BAD_INPUT


class FileError(InputError):
    """The same, its fix on a line of its own: long paths and offsets come before it."""

    def then_fix(self) -> str:
        return f"\n  fix: {self.fix}" if self.fix else ""


_FIXES = {
    errno.ENOSPC: "make room there, or name another place",
    errno.EDQUOT: "make room there, or name another place",
    errno.EFBIG: "name another place, or another file",
    errno.EACCES: "correct its permissions, or name another place",
    errno.EPERM: "correct its permissions, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENOENT: "correct the path, or make its folder",
    errno.ENOTDIR: "correct the path: a part of it is no folder",
    errno.EEXIST: "name another place, or remove what is there",
    errno.EISDIR: "name a file, not a folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "correct the path: a link in it leads to itself",
    errno.EINVAL: "name a file",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


def fix_of(error: OSError) -> str:
    """What to do about an error of the system's, empty when there is nothing to say."""
    return _FIXES.get(error.errno or 0, "")
