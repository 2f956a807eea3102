# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong with traces, and how it is told."""

from __future__ import annotations

from pathlib import Path


class TraceError(ValueError):
    """A trace, or a stream to be imported, is not what it should be.

    `where`: the file or stream; `what`: what is wrong there; `offset`: byte in the file (None: the file as a whole);
    `fix`: what to do about it.
    """

    def __init__(self, where: str | Path, what: str, *, fix: str, offset: int | None = None) -> None:
        self.where = str(where)
        self.what = what
        self.offset = offset
        self.fix = fix
        place = self.where if offset is None else f"{self.where}: byte offset {offset}"
        super().__init__(f"{place}: {what}\n  fix: {fix}")


class TraceCacheWarning(UserWarning):
    """The uncompressed cache of a trace cannot be used; the trace is held in memory instead."""
