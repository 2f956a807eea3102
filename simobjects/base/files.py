# SPDX-License-Identifier: BSD-3-Clause
"""Files and folders that are whole or not there, whoever reads and whatever ends the program."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from .claims import Claim, write_all

LARGEST = 4 << 30
"""Bytes of a file that is read as a whole, unless its reader knows better: nothing larger fits a machine of 32 bits."""


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read. OSError: it is not there, or is something else than a file, which might not even end."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(code, os.strerror(code) if stat.S_ISDIR(mode) else "Not a regular file", str(path))
    return os.fdopen(handle, "rb")


def read_regular(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a file. OSError as `open_regular`, and when it is larger than `largest` bytes."""
    with open_regular(path) as file:
        data = file.read() if os.fstat(file.fileno()).st_size <= largest else None
    if data is None or len(data) > largest:
        raise OSError(errno.EFBIG, f"More than {largest} bytes", str(path))
    return data


@contextmanager
def staying() -> Iterator[None]:
    """The current folder is the same after the block, wherever a script within it has gone."""
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)


def beside(path: Path, what: str) -> Path:
    """A hidden name in the folder of `path` that nobody else uses; `what` ends it."""
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.{what}")


class naming:
    """Within the block an OSError names `path`, whatever name, if any, the system or a library has given it."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise OSError(error.errno or errno.EIO, reason(error), str(self._path)) from error


def reason(error: OSError) -> str:
    """Why a file cannot be used, in the system's words, which pyarrow buries in text of its own."""
    if error.errno and (not error.strerror or "Detail: [errno" in error.strerror):
        return os.strerror(error.errno)
    return error.strerror or str(error)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes `path` when the block ends; after an exception `path` is as it was.

    What a killed process has left of the same attempt is overwritten. A link is replaced, not followed; a device or a
    pipe is written to as it is. Raises OSError, which names `path`, where the folder does not take it.
    """
    with naming(path):
        if is_device(path):
            yield path
            return
        with Claim(path, "partial") as claim:
            yield claim.path
            claim.become(path)


_OPEN_FILES = ("/dev", "/dev/fd", "/proc/self/fd")
"""Where links lead to what this process has open (`/dev/stdout`): a file there is written to, no link replaced."""


def is_device(path: Path) -> bool:
    """Whether something lies there that is written to, but neither has contents nor can be replaced."""
    try:
        if os.path.dirname(path) in _OPEN_FILES:
            return not stat.S_ISDIR(path.stat().st_mode)
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISBLK(mode)


def write_whole(path: Path, *parts: bytes | memoryview, durable: bool = False) -> None:
    """Write the parts, one after the other, as `path`. `durable`: not before the disk has them.

    Raises OSError, which names `path`, where the folder does not take it.
    """
    with naming(path):
        if is_device(path):
            with path.open("wb") as out:
                out.writelines(parts)
                if durable:
                    out.flush()
                    os.fsync(out.fileno())
            return
        with Claim(path, "partial") as claim:
            claim.write(*parts, durable=durable)
            claim.become(path)


def write_new(path: Path, *parts: bytes) -> None:
    """Write the parts as a new file of a folder that nobody else knows. Raises OSError where it does not take it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with naming(path):
            write_all(handle, *parts)
    finally:
        os.close(handle)


@contextmanager
def whole_folder(folder: Path) -> Iterator[None]:
    """Files are written into `folder`; when the disk does not take one of them the folder goes, if it is a new one."""
    new = not os.path.lexists(folder)
    try:
        yield
    except OSError:
        if new:
            remove(folder)
        raise


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
