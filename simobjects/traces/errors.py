# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong with traces, and how it is told."""

from __future__ import annotations

from pathlib import Path

from simobjects.base.errors import FileError

MAKE_AGAIN = "import or record it again; simobjects trace info names what is wrong with a file"


class TraceError(FileError):
    """A trace, or a stream to be imported, is not what it should be.

    Args:
        where: the file, or what it is called.
        what: is wrong, in a sentence without a subject.
        fix: what to do.
        offset: the byte in the file, which is then part of `where`; None: the file as a whole.
    """

    def __init__(self, where: str | Path, what: str, *, fix: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(what, where=where if offset is None else f"{where}: byte offset {offset}", fix=fix)


class TraceCacheWarning(UserWarning):
    """The uncompressed cache of a trace cannot be used; the trace is held in memory instead."""
