# SPDX-License-Identifier: BSD-3-Clause
"""Record batches of a trace file, compressed as the file will have them, before what stands in front is known.

The header of an Arrow file comes first and has the counts and the hash of all records. So the batches wait beside the
file, as an Arrow stream whose schema has no header, and go into the file byte for byte. The bytes are those that
pyarrow writes when it knows the header from the beginning.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from simobjects.traces._message import field_of, pointed
from simobjects.traces.views import Views, arrow_fields

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

_MAGIC = b"ARROW1"
_CONTINUATION = 0xFFFFFFFF
_PREFIX = struct.Struct("<Ii")
"""Before each message: the mark and the length of its metadata; 0 ends the stream."""
_BLOCK = struct.Struct("<qi4xq")
"""In the footer, of each batch: its place, the length of its metadata with the prefix, that of its columns."""
_BODY_LENGTH, _RECORD_BATCHES = 3, 3
"""Numbers of fields in the tables Message and Footer of the format."""


class _Block(NamedTuple):
    at: int
    metadata: int
    body: int


class Spool:
    """See the module. All raise OSError where the disk does not take it."""

    def __init__(self, path: Path, level: int) -> None:
        """`path`: a file that is there and is ours; `level`: of zstd."""
        self._path = path
        self._schema = pa.schema(arrow_fields())
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_stream(self._file, self._schema, options=_options(level))

    def add(self, columns: Views | Columns) -> None:
        """Add a batch. Its memory may be written to afterwards."""
        self._writer.write_batch(_batch(columns, self._schema))

    def close(self) -> None:
        """After the last batch; no effect the second time."""
        if not self._file.closed:
            try:
                self._writer.close()
            finally:
                self._file.close()

    def batches(self) -> Iterator[Columns]:
        """All that was added, batch by batch, as arrays."""
        from simobjects.traces.columns import Columns, from_bytes

        with pa.memory_map(str(self._path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                whole = from_bytes([memoryview(column.buffers()[1]) for column in batch.columns])
                yield Columns._make(column[: batch.num_rows] for column in whole)

    def write_file(self, out: IO[bytes], metadata: dict[str, str]) -> None:
        """Write the whole trace file; `metadata` is its header."""
        schema = self._schema.with_metadata(metadata)
        head = _MAGIC.ljust(8, b"\0") + schema.serialize().to_pybytes()
        with (
            self._path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as spooled,
            memoryview(spooled) as whole,
        ):
            blocks = list(_messages(whole))
            first, end = blocks[0].at, blocks[-1].at + blocks[-1].metadata + blocks[-1].body
            out.write(head)
            out.write(whole[first:end])
        footer = _footer(schema, [block._replace(at=block.at - first + len(head)) for block in blocks])
        out.write(_PREFIX.pack(_CONTINUATION, 0) + footer + struct.pack("<i", len(footer)) + _MAGIC)


def _batch(columns: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    """Over the same memory. `pa.array` would import pandas where that is installed, to ask it what a NumPy array is."""
    arrays = [
        pa.Array.from_buffers(kind.type, len(column), [None, pa.py_buffer(column)])
        for kind, column in zip(schema, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _options(level: int) -> pa.ipc.IpcWriteOptions:
    return pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=level))


def _messages(whole: memoryview) -> Iterator[_Block]:
    """Where the batches of a stream of ours lie: every message but the first, which is the schema."""
    at = 0
    while True:
        _, length = _PREFIX.unpack_from(whole, at)
        if length == 0:
            return
        metadata = bytes(whole[at + _PREFIX.size : at + _PREFIX.size + length])
        place = field_of(metadata, pointed(metadata, 0), _BODY_LENGTH)
        body = struct.unpack_from("<q", metadata, place)[0] if place else 0
        if at:
            yield _Block(at, _PREFIX.size + length, body)
        at += _PREFIX.size + length + body


def _footer(schema: pa.Schema, blocks: Sequence[_Block]) -> bytes:
    """The footer of a file of as many empty batches, with the places of these."""
    sink = pa.BufferOutputStream()
    empty = _batch([b""] * len(schema), schema)
    with pa.ipc.new_file(sink, schema) as file:
        for _ in blocks:
            file.write_batch(empty)
    data = sink.getvalue().to_pybytes()
    end = len(data) - len(_MAGIC) - 4
    made = bytearray(data[end - struct.unpack_from("<i", data, end)[0] : end])
    listed = pointed(made, field_of(made, pointed(made, 0), _RECORD_BATCHES))
    for number, block in enumerate(blocks):
        _BLOCK.pack_into(made, listed + 4 + number * _BLOCK.size, *block)
    return bytes(made)
