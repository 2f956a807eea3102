# SPDX-License-Identifier: BSD-3-Clause
"""Reading the Arrow IPC container of a trace, which is never trusted."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from simobjects.traces._message import check_size
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader, header_from_metadata
from simobjects.traces.tally import Tally
from simobjects.traces.views import arrow_fields

MAGIC = b"ARROW1"
FIRST_MESSAGE = 8
"""The magic is padded to eight bytes; the stream of messages follows it."""

REMAKE = "the file is damaged: copy it again, or import or capture the trace again"

# What pyarrow raises on bytes that are not what they should be.
_REFUSALS = (pa.ArrowException, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError, EOFError,
             struct.error)  # fmt: skip


@contextmanager
def open_file(path: Path) -> Iterator[pa.NativeFile]:
    """Open a trace file for reading; a TraceError says why it cannot be opened or is no Arrow file at all."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "this is a directory" if stat.S_ISDIR(mode) else "this is no regular file"
            raise TraceError(path, what, fix="name a trace file")
        file = pa.OSFile(str(path), "rb")
    except OSError as error:
        raise TraceError(path, f"cannot be opened: {error.strerror or error}", fix="check the path") from None
    with file:
        _check_frame(path, file)
        yield file


def _check_frame(path: Path, file: pa.NativeFile) -> None:
    size = file.size()
    if size == 0:
        raise TraceError(path, "the file is empty", offset=0, fix=REMAKE)
    start = file.read(FIRST_MESSAGE)
    if start[: len(MAGIC)] != MAGIC:
        raise TraceError(
            path,
            f"it begins with {start[:6]!r}, not with {MAGIC!r}: this is no Arrow IPC file",
            offset=0,
            fix="give a trace made by 'simobjects trace import' or 'simobjects trace capture'",
        )
    if size < 2 * FIRST_MESSAGE:
        raise TraceError(path, f"it ends after {size} bytes", offset=size, fix=REMAKE)
    file.seek(size - len(MAGIC))
    if file.read(len(MAGIC)) != MAGIC:
        raise TraceError(
            path, f"it does not end with {MAGIC!r}: the file is cut off or damaged", offset=size, fix=REMAKE
        )
    file.seek(0)


def read_schema(path: Path, file: pa.NativeFile) -> TraceHeader:
    """The header, after checking that the file holds the columns of a trace.

    Raises:
        TraceError: it is no trace file, or its header is damaged; with the byte.
    """
    try:
        schema = pa.ipc.open_file(file).schema
        schema.names  # noqa: B018 - decodes the names, which need not be text
    except (*_REFUSALS, OSError) as error:
        raise TraceError(
            path, f"the Arrow footer cannot be read: {_text(error)}", offset=file.size() - 10, fix=REMAKE
        ) from None
    _check_columns(path, schema)
    try:
        return header_from_metadata(schema.metadata)
    except ValueError as error:
        raise TraceError(
            path, f"mislabelled: {error}", offset=FIRST_MESSAGE, fix="import or capture the trace again"
        ) from None


def _check_columns(path: Path, schema: pa.Schema) -> None:
    wanted = arrow_fields()
    fix = f"a trace has the columns {', '.join(f'{field.name} {field.type}' for field in wanted)}, and no others"
    for field in wanted:
        if schema.names.count(field.name) != 1:
            how_many = "no" if field.name not in schema.names else "more than one"
            raise TraceError(path, f"there is {how_many} column {field.name!r}", offset=FIRST_MESSAGE, fix=fix)
        found = schema.field(field.name)
        if found.type != field.type or found.nullable:
            kind = f"{found.type}{' that may be null' if found.nullable else ''}"
            raise TraceError(
                path, f"column {field.name!r} has type {kind}, not {field.type}", offset=FIRST_MESSAGE, fix=fix
            )
    if schema.names != list(DTYPES):
        raise TraceError(path, f"the columns are {', '.join(schema.names)}", offset=FIRST_MESSAGE, fix=fix)


def read_batches(path: Path, file: pa.NativeFile, header: TraceHeader) -> Iterator[Columns]:
    """Every batch in order, then the checks of the header's counts against what was read.

    Args:
        path: for messages.
        file: opened, checked for its magic.
        header: of the file.

    Raises:
        TraceError: while iterating: a batch is damaged or larger than it may be, or the counts are not the header's.
    """
    schema = pa.schema(arrow_fields(), metadata=header.to_metadata())
    tally = Tally(header.full_system)
    for number, offset, batch in _messages(path, file, schema):
        place = f"record batch {number}"
        columns = _arrays(path, batch, place, offset)
        if tally.records + len(columns.kind) > header.records:
            what = f"mislabelled: there are more than the {header.records} records of the header"
            raise TraceError(path, what, offset=offset, fix=REMAKE)
        try:
            tally.add(columns)
        except ValueError as error:
            raise TraceError(path, f"{place}: {error}", offset=offset, fix=REMAKE) from None
        yield columns
    check_counts(path, header, tally)


def _messages(path: Path, file: pa.NativeFile, schema: pa.Schema) -> Iterator[tuple[int, int, pa.RecordBatch]]:
    offset = FIRST_MESSAGE
    number = -1  # the first message is the schema
    try:
        file.seek(offset)
        reader = pa.ipc.MessageReader.open_stream(file)
        while True:
            offset = file.tell()
            message = next(reader, None)
            if message is None:
                return
            if number < 0:
                if message.type != "schema" or not pa.ipc.read_schema(message).equals(schema, check_metadata=True):
                    what = "the schema at the start is not that of the footer"
                    raise TraceError(path, what, offset=offset, fix=REMAKE)
            else:
                if message.type != "record batch":
                    raise TraceError(path, f"a {message.type} where a record batch belongs", offset=offset, fix=REMAKE)
                check_size(message)
                batch = pa.ipc.read_record_batch(message, schema)
                batch.validate(full=True)
                yield number, offset, batch
            number += 1
    except TraceError:
        raise
    except (*_REFUSALS, OSError) as error:
        what = f"record batch {number}" if number >= 0 else "the schema"
        raise TraceError(path, f"{what} cannot be read: {_text(error)}", offset=offset, fix=REMAKE) from None


def _arrays(path: Path, batch: pa.RecordBatch, place: str, offset: int) -> Columns:
    arrays = []
    for name, dtype in DTYPES.items():
        column = batch.column(name)
        if column.null_count:
            raise TraceError(path, f"{place}: column {name!r} has {column.null_count} nulls", offset=offset, fix=REMAKE)
        array = column.to_numpy(zero_copy_only=True)
        arrays.append(array if array.dtype == dtype else array.astype(dtype))
    return Columns(*arrays)


def check_counts(path: Path, header: TraceHeader, tally: Tally) -> None:
    """Raise TraceError when the header does not fit the records."""
    exact = {"records": tally.records, "lookups": tally.lookups, "pages": tally.pages}
    wrong = [
        f"{name} {getattr(header, name)}, found {found}"
        for name, found in exact.items()
        if getattr(header, name) != found
    ]
    # A crossing reference is one instruction, load or store and two look-ups.
    bounded = {"instructions": tally.fetches, "loads": tally.load_lookups, "stores": tally.store_lookups}
    wrong += [
        f"{name} {getattr(header, name)}, found {found} look-ups"
        for name, found in bounded.items()
        if not getattr(header, name) <= found <= 2 * getattr(header, name)
    ]
    if wrong:
        raise TraceError(path, f"mislabelled: the header says {'; '.join(wrong)}", fix=REMAKE)
    if tally.records == 0:
        raise TraceError(path, "the trace holds no records", fix="import or capture a program that does something")
    if tally.content_hash() != header.content_hash:
        raise TraceError(path, "the records are not those that the header's content_hash names", fix=REMAKE)


def _text(error: BaseException) -> str:
    """First line of a foreign error message."""
    return (str(error) or type(error).__name__).strip().splitlines()[0]
