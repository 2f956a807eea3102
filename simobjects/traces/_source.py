# SPDX-License-Identifier: BSD-3-Clause
"""Input of the importers: a file or an open stream, plain or zstd, in chunks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from simobjects.traces.errors import TraceError

CHUNK = 1 << 17
"""Bytes at a time: the records that are made of them stay in a processor's cache until they are hashed."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BEGINNING = 64
"""Bytes that the first piece has at least: by them a format is recognised."""


def chunks(source: str | Path | IO[bytes]) -> Iterator[bytes]:
    """The bytes of `source`, decompressed when it is zstd, in pieces of about 128 KiB.

    Args:
        source: a path, or an open binary stream.

    Raises:
        TraceError: it cannot be opened or read, or the zstd frame is damaged.
    """
    if not isinstance(source, (str, Path)):
        yield from _read(source, "the input stream")
        return
    try:
        file = Path(source).open("rb")
    except OSError as error:
        raise TraceError(source, f"cannot be opened: {error.strerror}", fix="check the path") from None
    with file:
        yield from _read(file, str(source))


def _read(file: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        start = _up_to(file, _BEGINNING)
        if start.startswith(ZSTD_MAGIC):
            yield from _unpack(file, start, name)
            return
        piece = start
        while piece:
            yield piece
            piece = file.read1(CHUNK) if isinstance(file, io.BufferedReader) else file.read(CHUNK)
    except OSError as error:
        raise TraceError(name, f"cannot be read: {error.strerror or error}", fix="check the file") from None


def _up_to(file: IO[bytes], size: int) -> bytes:
    """`size` bytes, fewer only at the end (a pipe may give fewer at a time)."""
    parts = b""
    while len(parts) < size and (piece := file.read(size - len(parts))):
        parts += piece
    return parts


class _Joined(io.RawIOBase):
    """A stream with the bytes that were already read put back; counts and remembers how it ended."""

    def __init__(self, start: bytes, file: IO[bytes]) -> None:
        self._start = start
        self._file = file
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._start[:size] if size >= 0 else self._start
        self._start = self._start[len(piece) :]
        if not piece:
            piece = self._file.read(size)
        self.given += len(piece)
        return piece


def _unpack(file: IO[bytes], start: bytes, name: str) -> Iterator[bytes]:
    import pyarrow as pa

    joined = _Joined(start, file)
    given = 0
    try:
        with pa.CompressedInputStream(pa.PythonFile(joined, "r"), "zstd") as stream:
            while piece := stream.read(CHUNK):
                given += len(piece)
                yield piece
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TraceError(
            name,
            f"the zstd frame is damaged or cut off ({str(error).splitlines()[0]}); {given} decompressed bytes are good",
            offset=joined.given,
            fix="copy the file again, or record the trace again",
        ) from None
