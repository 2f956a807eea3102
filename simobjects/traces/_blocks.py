# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of traces in blocks, made once and kept in the cache beside the columns: one file for each content hash and
format."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_64

from simobjects.base.cache import cache_directory
from simobjects.base.files import open_regular, write_whole
from simobjects.cext.traces.blocks import BlockMaker, Blocks, words_of
from simobjects.traces.views import Views

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

FORMAT = 6
"""Another layout, or another size of blocks, has another number. It is in the file's name too, so that two versions of
this package do not take each other's file away."""

MAGIC = f"simobjects blocks {FORMAT}\n".encode().ljust(24)
"""Before a checksum of 8 bytes and the words."""

LEAST = 1 << 16
"""Records from which on a summary is kept: a smaller one is made in less time than it is read."""


def blocks_of(columns: Views | Columns, content_hash: str) -> Blocks:
    """The summary of a trace's records: from the cache, else made now and, if there is room, kept there.

    Args:
        columns: of the whole trace, checked.
        content_hash: of the trace, which names its file in the cache, with the format.
    """
    if len(columns.kind) < LEAST:
        return _summary(words_of(*columns))
    try:
        path = _place(content_hash)
    except OSError:  # there is no place for a cache
        return _summary(words_of(*columns))
    found = _load(path, content_hash, len(columns.kind))
    if found is None:
        words = words_of(*columns)
        _store(path, content_hash, [words])
        found = _summary(words)
    return found


def _place(content_hash: str) -> Path:
    return cache_directory() / "blocks" / f"{content_hash}-{FORMAT}"


def _summary(words: bytes | memoryview) -> Blocks:
    return Blocks(memoryview(words).cast("I"))


def keep_blocks(content_hash: str, made: BlockMaker) -> None:
    """Keep a summary that was made on the way, where `blocks_of` would."""
    if made.records >= LEAST:
        with suppress(OSError):  # there is no place for a cache
            _store(_place(content_hash), content_hash, made.parts())


def _checksum(content_hash: str, parts: Sequence[bytes | memoryview]) -> bytes:
    """Binds the words to the trace: a file in the place of another is as wrong as a damaged one."""
    found = xxh3_64(content_hash.encode())
    for part in parts:
        found.update(part)
    return found.digest()


def _load(path: Path, content_hash: str, records: int) -> Blocks | None:
    """What was stored for this trace, mapped; None when a byte of it is another."""
    begin = len(MAGIC) + 8
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size - begin
            head = file.read(begin)
            if size <= 0 or size % 4 or head[: len(MAGIC)] != MAGIC:
                return None
            words = memoryview(mmap.mmap(file.fileno(), begin + size, access=mmap.ACCESS_READ))[begin:]
        if head[len(MAGIC) :] != _checksum(content_hash, [words]):
            return None
        found = _summary(words)
    except (OSError, ValueError):
        return None
    return found if found.records == records else None


def _store(path: Path, content_hash: str, parts: Sequence[bytes | memoryview]) -> None:
    """Without room for it there is no file, and the next process makes the summary again."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, MAGIC, _checksum(content_hash, parts), *parts)
