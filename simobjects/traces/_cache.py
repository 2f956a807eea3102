# SPDX-License-Identifier: BSD-3-Clause
"""The uncompressed cache of a trace: one .npy file per column, memory-mapped, in a directory named by content hash."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_64_hexdigest

from simobjects.base.cache import cache_directory
from simobjects.base.files import open_regular, publish, write_whole
from simobjects.traces._stamps import Stamps, settled
from simobjects.traces.header import TraceHeader
from simobjects.traces.views import RECORD_BYTES, WIDTHS, Views, map_columns, npy_head

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

LAYOUT = 2
NOTE = "entry.json"


def load(entry: Path, header: TraceHeader) -> Views | None:
    """Map the columns of a cache entry.

    What is checked is the mapping that is returned: a file that takes the place of one meanwhile does not matter. Files
    that were checked before for this header and have not changed since are not read again.

    Returns:
        None when one byte of it is not what was stored for this header, or there is none.
    """
    try:
        views, stamps = map_columns(entry, header.records)
        facts = _facts(header)
        known = _checked(facts, stamps)
        if _is(_note_of_check(header), known):
            return views
        if not _is(entry / NOTE, _note(views, facts)):
            return None
    except (OSError, ValueError):
        return None
    if settled(stamps):
        with suppress(OSError):  # without room for it the next process looks through them again
            place = _note_of_check(header)
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, known)
    return views


def _is(path: Path, expected: bytes) -> bool:
    """Whether a file has these bytes."""
    try:
        with open_regular(path) as file:
            return file.read(len(expected) + 1) == expected
    except OSError:
        return False


def _facts(header: TraceHeader) -> dict[str, object]:
    """Whose an entry is. The counts are there because a header with others has not been checked against its records."""
    counts = {name: value for name, value in header.facts().items() if isinstance(value, int)}
    return {"layout": LAYOUT, "content_hash": header.content_hash, "counts": counts}


def _note(views: Views, facts: dict[str, object]) -> bytes:
    """By what a whole entry is known: whose it is, and a checksum of every column.

    The content hash would do without the rest, but computing it takes as long as a quarter of reading the trace file.
    """
    note = facts | {"checksums": {name: xxh3_64_hexdigest(view) for name, view in views._asdict().items()}}
    return json.dumps(note, sort_keys=True).encode() + b"\n"


def _note_of_check(header: TraceHeader) -> Path:
    return cache_directory() / "checked" / header.content_hash


def _checked(facts: dict[str, object], stamps: Stamps) -> bytes:
    """What is noted of columns whose every byte was right, and by what they are known to be the same still."""
    body = json.dumps(facts | {"stamps": stamps}, sort_keys=True).encode()
    return xxh3_64_hexdigest(body).encode() + b"\n" + body


def store(entry: Path, batches: Iterator[Columns], header: TraceHeader) -> Views:
    """Write a cache entry from batches and map it.

    The entry is made under another name and renamed, so that processes that do this at the same time do not meet.

    Args:
        entry: the folder of the entry.
        batches: all records in order; what is wrong with them is raised from here.
        header: of the trace.

    Raises:
        OSError: the cache cannot be used.
    """
    records = header.records
    entry.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(entry.parent).free < records * RECORD_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    work = Path(tempfile.mkdtemp(prefix=f"{entry.name[:12]}.", suffix=".partial", dir=entry.parent))
    try:
        _write_columns(work, batches, records)
        views, _ = map_columns(work, records)
        (work / NOTE).write_bytes(_note(views, _facts(header)))
        publish(work, entry)
        return views  # the maps stay valid whatever happens to the names
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_columns(work: Path, batches: Iterator[Columns], records: int) -> None:
    import numpy as np

    files = [(work / f"{name}.npy").open("wb") for name in WIDTHS]
    try:
        for file, width in zip(files, WIDTHS.values(), strict=True):
            file.write(npy_head(width, records))
        for columns in batches:
            for file, column in zip(files, columns, strict=True):
                file.write(np.ascontiguousarray(column).data)
    finally:
        for file in files:
            file.close()
