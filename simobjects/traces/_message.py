# SPDX-License-Identifier: BSD-3-Clause
"""How large a record batch is, before anything of it is decompressed: a file of few bytes may claim any size.

The metadata of a message is a flatbuffer (https://arrow.apache.org/docs/format/Columnar.html#recordbatch-message).
pyarrow has verified its structure and does not show the lengths in it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from simobjects.traces.views import WIDTHS

if TYPE_CHECKING:
    import pyarrow as pa

MOST_RECORDS = 1 << 24
"""Records of a batch: 250 MB of columns. Ours have a sixteenth of that."""
_PADDING = 64
"""A column may be padded to so many bytes."""
_MESSAGE_HEADER, _LENGTH, _BUFFERS, _COMPRESSION = 2, 0, 2, 3
"""Numbers of fields in their tables."""
_STORED = -1
"""The length before a buffer that is not compressed among others that are."""


def check_size(message: pa.Message) -> None:
    """Refuse a record batch whose columns would be larger than they may be, or than its records say.

    Args:
        message: of an Arrow IPC file, not decompressed.

    Raises:
        ValueError: what is wrong with it.
    """
    metadata = message.metadata.to_pybytes()
    batch = pointed(metadata, field_of(metadata, pointed(metadata, 0), _MESSAGE_HEADER))
    place = field_of(metadata, batch, _LENGTH)
    records = struct.unpack_from("<q", metadata, place)[0] if place else 0
    if not 0 <= records <= MOST_RECORDS:
        raise ValueError(f"it has {records} records, a batch has at most {MOST_RECORDS}")
    if not field_of(metadata, batch, _COMPRESSION):
        return  # the bytes of the columns are in the file
    largest = records * max(WIDTHS.values()) + _PADDING
    listed = field_of(metadata, batch, _BUFFERS)
    buffers = pointed(metadata, listed) if listed else 0
    count = struct.unpack_from("<I", metadata, buffers)[0] if buffers else 0
    for offset, length in struct.iter_unpack("<qq", metadata[buffers + 4 : buffers + 4 + 16 * count]):
        if length == 0:
            continue
        (size,) = struct.unpack("<q", message.body.slice(offset, 8).to_pybytes())
        if size != _STORED and not 0 <= size <= largest:
            raise ValueError(f"a column of {records} records has {size} bytes when it is decompressed")


def pointed(data: bytes | bytearray, at: int) -> int:
    """Where the offset at `at` leads."""
    return at + int(struct.unpack_from("<I", data, at)[0])


def field_of(data: bytes | bytearray, table: int, number: int) -> int:
    """The place of a field of a table, 0 when it is left out."""
    described = table - int(struct.unpack_from("<i", data, table)[0])
    if 4 + 2 * number >= struct.unpack_from("<H", data, described)[0]:
        return 0
    at = int(struct.unpack_from("<H", data, described + 4 + 2 * number)[0])
    return table + at if at else 0
