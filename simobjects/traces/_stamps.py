# SPDX-License-Identifier: BSD-3-Clause
"""What tells a changed file from the same one without reading it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

_SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within the same tick of its time stamps."""

Stamps = tuple[tuple[int, ...], ...]


def stamps(files: Iterable[Path | str]) -> Stamps:
    """Of each file where it lies, its size and its times in nanoseconds.

    Raises:
        OSError: one is not there.
    """
    return tuple(stamp_of(os.stat(file)) for file in files)


def stamp_of(at: os.stat_result) -> tuple[int, ...]:
    """What of a file's state changes whenever its bytes do."""
    return (at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)


def settled(found: Stamps) -> bool:
    """Whether files with these stamps would have others by now if they had changed again."""
    return time.time_ns() - max(max(stamp[3:]) for stamp in found) > _SETTLED_NS
