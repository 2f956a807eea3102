# SPDX-License-Identifier: BSD-3-Clause
"""What looking through all records of a trace gives, kept in the cache beside the columns: one file for each trace."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_64

from simobjects.base.cache import cache_directory
from simobjects.base.files import open_regular, write_whole
from simobjects.cext.traces.stream import TraceStream
from simobjects.traces.header import TraceHeader
from simobjects.traces.views import Views

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

LEAST = 1 << 16
"""Records from which on it is kept: less is looked through in the time that reading a file takes."""

_HEAD = struct.Struct("<24s8sq")
"""The layout's name, a checksum of what follows it, fetches. Then come the numbers of the pages, as `TraceStream` has
them."""

_MAGIC = b"simobjects touched 1".ljust(24)


def stream_of(columns: Views | Columns, header: TraceHeader) -> TraceStream:
    """A stream over the records of a trace that were checked against its header."""
    if header.records < LEAST or header.full_system:
        return TraceStream(*columns)
    try:
        path = cache_directory() / "touched" / header.content_hash
    except OSError:  # there is no place for a cache
        return TraceStream(*columns)
    known = _load(path, header.content_hash)
    if known is not None and len(known[1]) == 4 * header.pages:
        return TraceStream.known(columns, header.lookups, *known)
    stream = TraceStream(*columns)
    fetches, pages = stream.instructions, stream.pages()
    with suppress(OSError):  # without room for it the next process looks again
        path.parent.mkdir(parents=True, exist_ok=True)
        head = _HEAD.pack(_MAGIC, _checksum(header.content_hash, fetches, pages), fetches)
        write_whole(path, head, pages)
    return stream


def _checksum(content_hash: str, fetches: int, pages: bytes) -> bytes:
    """Binds what was found to the trace: a file in the place of another is as wrong as a damaged one."""
    found = xxh3_64(f"{content_hash} {fetches} ".encode())
    found.update(pages)
    return found.digest()


def _load(path: Path, content_hash: str) -> tuple[int, bytes] | None:
    """Fetches and pages; None when a byte is not as it was stored for this trace."""
    try:
        with open_regular(path) as file:
            found = file.read(_HEAD.size + 4 * (1 << 20) + 1)
        magic, checksum, fetches = _HEAD.unpack_from(found)
    except (OSError, struct.error):
        return None
    pages = found[_HEAD.size :]
    whole = magic == _MAGIC and checksum == _checksum(content_hash, fetches, pages)
    return (fetches, pages) if whole else None
