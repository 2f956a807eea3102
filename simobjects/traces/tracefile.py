# SPDX-License-Identifier: BSD-3-Clause
"""Trace files: an Arrow IPC file of five columns, zstd-compressed, with a header that says where it came from.

`open_trace("sqlite")` gives the columns as read-only memory maps; the first use writes an uncompressed cache of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simobjects.base.cache import cache_directory
from simobjects.traces import _cache
from simobjects.traces._headers import header_of
from simobjects.traces.errors import TraceCacheWarning, TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.shipped import resolve, shipped_traces
from simobjects.traces.views import Views

# What opens a trace file imports Arrow and NumPy. To run a trace that is in the cache takes neither.
if TYPE_CHECKING:
    from simobjects.traces.columns import Columns
    from simobjects.traces.writer import TraceWriter

__all__ = [
    "Columns",
    "Trace",
    "TraceCacheWarning",
    "TraceError",
    "TraceHeader",
    "TraceWriter",
    "iter_columns",
    "open_trace",
    "read_header",
    "shipped_traces",
]


def __getattr__(name: str) -> Any:
    if name == "TraceWriter":
        from simobjects.traces.writer import TraceWriter

        return TraceWriter
    if name == "Columns":
        from simobjects.traces.columns import Columns

        return Columns
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True)
class Trace:
    """An opened trace.

    Attributes:
        path: of the file.
        header: what the file says of itself.
        views: the columns, contiguous, read-only and usually memory-mapped.
    """

    path: Path
    header: TraceHeader
    views: Views

    @cached_property
    def columns(self) -> Columns:
        """The columns as arrays over the same memory."""
        from simobjects.traces.columns import from_bytes

        return from_bytes(self.views)

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the column data and the granule; two files with the same records have the same."""
        return self.header.content_hash


def read_header(path_or_name: str | Path) -> TraceHeader:
    """The header alone, without touching the records.

    A file whose header was read before is not opened unless it has changed since.

    Args:
        path_or_name: a file, or the name of a shipped trace.

    Raises:
        TraceError: there is no such trace, or its header is damaged; with the byte in the file.
    """
    return header_of(resolve(path_or_name), _read_header)


def _read_header(path: Path) -> TraceHeader:
    from simobjects.traces._container import open_file, read_schema

    with open_file(path) as file:
        return read_schema(path, file)


def iter_columns(path_or_name: str | Path) -> Iterator[Columns]:
    """The records batch by batch in bounded memory, past the cache; fully checked once exhausted.

    Args:
        path_or_name: a file, or the name of a shipped trace.

    Raises:
        TraceError: while iterating too: the file is damaged, or its counts are not those of its header.
    """
    from simobjects.traces._container import open_file, read_batches, read_schema

    path = resolve(path_or_name)
    with open_file(path) as file:
        yield from read_batches(path, file, read_schema(path, file))


def open_trace(path_or_name: str | Path, *, cache: bool = True) -> Trace:
    """Open a trace file, or a shipped trace by its name (`"sqlite"`).

    The first use checks every record and writes an uncompressed cache below `$SIMOBJECTS_CACHE` or
    `~/.cache/simobjects`, 15 bytes a record; later uses map that. If the cache cannot be written the columns are held
    in memory, and a TraceCacheWarning says so.

    Args:
        path_or_name: a file, or the name of a shipped trace.
        cache: False: hold the columns in memory.

    Raises:
        TraceError: there is no such trace, or it is damaged.
    """
    path = resolve(path_or_name)
    if cache:
        header = read_header(path)
        with suppress(OSError):  # there is no place for a cache
            views = _cache.load(_entry(header), header)
            if views is not None:
                return Trace(path, header, views)
    from simobjects.traces._container import open_file, read_batches, read_schema

    with open_file(path) as file:
        header = read_schema(path, file)
        if not cache:
            return Trace(path, header, _in_memory(read_batches(path, file, header)))
        try:
            views = _cache.store(_entry(header), read_batches(path, file, header), header)
        except OSError as error:
            warnings.warn(
                f"the trace cache cannot be used ({error}); {path.name} is held in memory. "
                "Set SIMOBJECTS_CACHE to a writable directory to avoid reading it anew each time",
                TraceCacheWarning,
                stacklevel=2,
            )
            views = _in_memory(read_batches(path, file, header))
    return Trace(path, header, views)


def _entry(header: TraceHeader) -> Path:
    return cache_directory() / "traces" / header.content_hash


def _in_memory(batches: Iterator[Columns]) -> Views:
    import numpy as np

    joined = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    return Views(*(column.data.toreadonly() for column in joined))
