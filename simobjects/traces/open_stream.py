# SPDX-License-Identifier: BSD-3-Clause
"""The stream of a trace. A process that runs many machines on one trace checks its bytes and records once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.cache import cache_directory
from simobjects.cext.traces.stream import TraceStream
from simobjects.traces._blocks import blocks_of
from simobjects.traces._stamps import Stamps, settled
from simobjects.traces._stamps import stamps as stamps_of
from simobjects.traces._touched import stream_of
from simobjects.traces.errors import MAKE_AGAIN, TraceError
from simobjects.traces.shipped import resolve
from simobjects.traces.tracefile import open_trace, read_header

_KEPT = 4


@dataclass(frozen=True)
class _Open:
    """A stream that no machine runs, the cache entry that it maps, and what the files were before it was made."""

    entry: Path
    stamps: Stamps
    stream: TraceStream


_open: dict[Path, _Open] = {}


def open_stream(path_or_name: str | Path) -> TraceStream:
    """A stream at the beginning of a trace.

    It shares its columns with earlier ones of this process if since then neither the trace nor its cache has changed.

    Args:
        path_or_name: a file, or the name of a shipped trace.

    Raises:
        TraceError: as `open_trace`.
    """
    path = resolve(path_or_name).absolute()
    known = _open.pop(path, None)
    if known is None or known.stamps != _stamps(path, known.entry):
        known = _opened(path)
        if known.stamps == ():
            return known.stream
    _open[path] = known  # the last one is the youngest
    while len(_open) > _KEPT:
        del _open[next(iter(_open))]
    return known.stream.rewound()


def _opened(path: Path) -> _Open:
    try:
        entry = cache_directory() / "traces" / read_header(path).content_hash
    except OSError:  # there is no place for a cache
        return _Open(path, (), _stream(path))
    stamps = _stamps(path, entry)
    stream = _stream(path)
    known = stamps != () and stamps == _stamps(path, entry) and settled(stamps)
    return _Open(entry, stamps if known else (), stream)


def _stream(path: Path) -> TraceStream:
    """The records of a trace, with the summary of their blocks."""
    trace = open_trace(path)
    try:
        stream = stream_of(trace.views, trace.header)
        stream.summarise(blocks_of(trace.views, trace.content_hash))
    except ValueError as error:
        raise TraceError(path, f"no stream of references: {error}", fix=MAKE_AGAIN) from None
    return stream


def _stamps(path: Path, entry: Path) -> Stamps:
    """Those of the trace and of what is in its entry; nothing without an entry."""
    try:
        return stamps_of((path, entry, *(os.path.join(entry, name) for name in sorted(os.listdir(entry)))))
    except OSError:
        return ()
