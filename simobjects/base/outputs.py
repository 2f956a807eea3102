# SPDX-License-Identifier: BSD-3-Clause
"""Files that grow while the program runs, and streams that it prints to: an error names which one failed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from .files import is_device, naming

STREAMS = ("standard output", "standard error")


class _Named(io.FileIO):
    """A file whose errors have its name, also those of a full disk, which the system reports without one."""

    def __init__(self, path: Path, handle: int | None = None) -> None:
        self._path = path
        super().__init__(str(path) if handle is None else handle, "wb", closefd=handle is None)

    def write(self, data: object) -> int:
        with naming(self._path):
            return super().write(data)  # type: ignore[arg-type]


class _Remarks(_Named):
    """Standard error: what cannot be written there is lost, and the results are not."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]


def create(path: Path) -> io.BufferedWriter:
    """A file that is begun anew. OSError, which names it, when it cannot be, or when the disk does not take more."""
    return io.BufferedWriter(_Named(path))


@contextmanager
def creating(path: Path) -> Iterator[io.BufferedWriter]:
    """The same within a block. A file that the disk did not take as a whole is removed: half of one says nothing."""
    try:
        with create(path) as file:
            yield file
    except OSError as error:
        if error.filename == str(path):
            discard(path)
        raise


def discard(path: Path) -> None:
    """Remove a file that could not be written as a whole; not a device, nor a folder in its place."""
    if not is_device(path):
        with suppress(OSError):
            path.unlink()


def named_streams() -> None:
    """Let errors of standard output and standard error say so, and make sure that there are such streams.

    Whoever starts the program may have closed them: then the next file that is opened must not become one. A name of a
    file need not be text; it is printed as the bytes that it is.
    """
    for handle, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != handle:
                os.dup2(opened, handle)
                os.close(opened)
        if handle == 0:
            sys.stdin = stream or open(0, encoding="utf-8", closefd=False)
            continue
        made = io.TextIOWrapper(
            io.BufferedWriter((_Named if handle == 1 else _Remarks)(Path(STREAMS[handle - 1]), handle)),
            encoding=stream.encoding if stream else "utf-8",
            errors="surrogateescape" if handle == 1 else "backslashreplace",
            line_buffering=handle == 2 or os.isatty(handle),
            write_through=bool(stream) and stream.write_through,
        )
        made.mode = "w"  # type: ignore[misc]
        setattr(sys, name, made)


def give_up(*streams: TextIO) -> None:
    """What is still to be printed there, and all after it, is lost: Python must not complain of it at its end."""
    for stream in streams:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
