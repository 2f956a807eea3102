# SPDX-License-Identifier: BSD-3-Clause
"""Files and folders that are whole or not there, whoever reads and whatever ends the program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def beside(path: Path, what: str) -> Path:
    """A hidden name in the folder of `path` that nobody else uses; `what` ends it."""
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.{what}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes `path` when the block ends; after an exception `path` is as it was.

    Raises OSError where the folder does not take it.
    """
    partial = beside(path, "partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, *parts: bytes, durable: bool = False) -> None:
    """Write the parts, one after the other, as `path`. `durable`: not before the disk has them.

    Raises OSError where the folder does not take it.
    """
    with replacing(path) as partial, partial.open("wb") as out:
        for part in parts:
            out.write(part)
        if durable:
            out.flush()
            os.fsync(out.fileno())


def publish(work: Path, place: Path) -> None:
    """Give the finished folder `work` the name `place`, which may be taken by whatever else.

    When another process does the same at the same time, the folder of either one stays, whole.

    Raises OSError when nothing lies at `place` and it cannot be taken.
    """
    try:
        work.rename(place)
    except OSError:
        if not os.path.lexists(place):
            raise
        old = work.with_name(f"{work.name}.old")  # beside it: without permissions a folder cannot be moved elsewhere
        try:
            place.rename(old)
            work.rename(place)
        except OSError:
            pass  # somebody else is doing the same; whichever stays is complete
        finally:
            remove(old)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it, as far as that is possible."""
    with suppress(OSError):
        path.unlink()  # a file or a link
        return
    with suppress(OSError):
        path.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
