# SPDX-License-Identifier: BSD-3-Clause
"""Folders for what is needed while the program runs. What killed processes have left of theirs goes."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from .files import remove

PREFIX = "simobjects-"
_UNLOCKED = f".{PREFIX}"
"""The folder's name until its process has locked it: so one of the other name without a lock is nobody's."""
_SETTLED_SECONDS = 60
"""How long a process may be about to lock its own."""


class Scratch:
    """A new folder below TMPDIR, `path`, for this user alone. It goes with `release`, or when it is dropped.

    A lock says whether its process lives; where that cannot be known the folder is left alone. Raises OSError.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
        self._handle = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
        with suppress(OSError):
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.path = made.rename(made.with_name(made.name.removeprefix(".")))

    def release(self) -> None:
        """Remove it with all that is in it; no effect the second time."""
        if self._handle >= 0:
            remove(self.path)
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        if getattr(self, "_handle", -1) >= 0:
            self.release()


def _sweep(below: Path) -> None:
    """Remove the folders of processes of this user that are gone."""
    for folder in [*below.glob(f"{PREFIX}*"), *below.glob(f"{_UNLOCKED}*")]:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                facts = os.fstat(handle)
                settled = folder.name.startswith(PREFIX) or time.time() - facts.st_mtime > _SETTLED_SECONDS
                if facts.st_uid == os.getuid() and settled:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(folder)
            finally:
                os.close(handle)
