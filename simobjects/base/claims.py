# SPDX-License-Identifier: BSD-3-Clause
"""Hidden files that one process writes at a time, and that the next one takes over when the first was killed.

The name follows from the file that is to be made, so what a killed process has left is found without looking through
the folder. A lock says whether somebody writes there; it ends with the process, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_LONGEST = 180
"""Bytes of a file's name that a hidden name takes over as it is: a system allows 255 for all of it."""
_MOST = 100
"""Processes that may write one file at the same time."""


class Claim:
    """An empty hidden file beside `of`, ours until `release`; `path` is its name, which ends in `what`.

    Raises OSError where the folder does not take it.
    """

    def __init__(self, of: Path, what: str) -> None:
        self.path, self._handle = _claimed(of, what)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def write(self, *parts: bytes | memoryview, durable: bool = False) -> None:
        """Write the parts behind what is there. `durable`: not before the disk has them."""
        write_all(self._handle, *parts)
        if durable:
            os.fsync(self._handle)

    def become(self, path: Path) -> None:
        """Take the name of what was made, and let go."""
        os.replace(self.path, path)
        os.close(self._handle)
        self._handle = -1

    def release(self) -> None:
        """Remove it, unless it has been renamed; no effect the second time."""
        if self._handle < 0:
            return
        with suppress(OSError):
            if _is(self.path, self._handle):
                self.path.unlink()
        os.close(self._handle)
        self._handle = -1


def write_all(handle: int, *parts: bytes | memoryview) -> None:
    """Write the parts, one after the other, to an open file. Raises OSError where it does not take all of them."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(handle, rest) :]


def _claimed(of: Path, what: str) -> tuple[Path, int]:
    name = of.name
    if len(os.fsencode(name)) > _LONGEST:
        name = f"{name[: _LONGEST // 4]}.{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    for number in range(1, _MOST + 1):
        path = of.with_name(f".{name}.{number}.{what}")
        while True:
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            except FileExistsError:
                if _abandoned(path):
                    continue
                break
            if _locked(handle) and _is(path, handle):
                return path, handle
            os.close(handle)  # somebody took it for abandoned between the two
    raise OSError(errno.EBUSY, f"more than {_MOST} processes write this file", str(of))


def _abandoned(path: Path) -> bool:
    """Whether nobody writes what lies there; then it is removed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno != errno.ELOOP:
            return False
        path.unlink(missing_ok=True)  # a link, which nobody writes
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is(path, handle):
            path.unlink(missing_ok=True)
    except OSError:  # it is written, or cannot be told or removed
        return False
    finally:
        os.close(handle)
    return True


def _locked(handle: int) -> bool:
    """Lock a new file; where there are no locks it is ours all the same, as nobody else can take it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _is(path: Path, handle: int) -> bool:
    """Whether the open file is the one that lies there."""
    try:
        there, ours = os.lstat(path), os.fstat(handle)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
