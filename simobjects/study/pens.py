# SPDX-License-Identifier: BSD-3-Clause
"""Pens: files of a process that become leases by a second name, one after the other, where a new file would be dear.

A pen is written anew only while it has no other name. So who opens a lease reads the whole text of that lease; but who
reads on when the lease has been given back may find the text of the next one, which is why a lease says its key.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from simobjects.base.claims import write_all

from .whereabouts import here

_NAME = ".pen-"


class Pens:
    """Those of this process, in whatever folders it has leases."""

    def __init__(self) -> None:
        self._used: dict[Path, Path] = {}
        self._free: list[Path] = []
        self._without: set[Path] = set()
        """Folders whose file system gives no file a second name."""

    def lease(self, path: Path, text: bytes) -> bool:
        """Make the lease `path` with this text in one step; False: it must be made as a file of its own.

        Raises:
            FileExistsError: somebody else has it.
            OSError: the folder does not take it.
        """
        for _ in range(2):
            if path.parent in self._without:
                return False
            pen = self._written(path.parent, text)
            try:
                os.link(pen, path)
            except FileExistsError:
                if not _alone(pen):  # a server has done it, and was asked again because its answer was lost
                    break
                self._free.append(pen)
                raise
            except FileNotFoundError:  # somebody has taken the pen for left behind
                continue
            except OSError:
                self._without.add(path.parent)
                _remove(pen)
                return False
            break
        else:
            return False
        self._used[path] = pen
        return True

    def back(self, path: Path) -> None:
        """The lease is not ours any more."""
        pen = self._used.pop(path, None)
        if pen is not None:
            self._free.append(pen)

    def drop(self) -> None:
        """Remove those that are no lease now."""
        for pen in self._free:
            _remove(pen)
        self._free.clear()

    def _written(self, folder: Path, text: bytes) -> Path:
        """A pen in that folder with this text, and with no other name."""
        for pen in [pen for pen in self._free if pen.parent == folder]:
            self._free.remove(pen)
            with suppress(OSError):
                if _rewritten(pen, text):
                    return pen
            _remove(pen)
        pen = folder / f"{_NAME}{here().name}-{os.urandom(4).hex()}"
        handle = new_file(pen)
        try:
            write_all(handle, text)
        except OSError:
            _remove(pen)
            raise
        finally:
            os.close(handle)
        return pen


def new_file(path: Path) -> int:
    """A new file to write to, in a folder that may have to be made."""
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, how, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(exist_ok=True)
        return os.open(path, how, 0o644)


def _rewritten(pen: Path, text: bytes) -> bool:
    handle = os.open(pen, os.O_WRONLY | os.O_CLOEXEC)
    try:
        facts = os.fstat(handle)
        if facts.st_nlink != 1:  # a lease still, that somebody has moved aside, say
            return False
        write_all(handle, text)
        if facts.st_size > len(text):  # never to 0 first: ext4 takes that for a reason to write to the disk at once
            os.ftruncate(handle, len(text))
    finally:
        os.close(handle)
    return True


def _alone(pen: Path) -> bool:
    try:
        return pen.stat().st_nlink == 1
    except OSError:
        return True


def _remove(pen: Path) -> None:
    with suppress(OSError):
        pen.unlink()
