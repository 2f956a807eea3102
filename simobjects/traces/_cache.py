# SPDX-License-Identifier: BSD-3-Clause
"""The uncompressed cache of a trace: one .npy file per column, memory-mapped, in a directory named by content hash."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_hexdigest

from simobjects.base.files import open_regular, publish
from simobjects.traces.columns import DTYPES, RECORD_BYTES, Columns
from simobjects.traces.header import TraceHeader

LAYOUT = 2
NOTE = "entry.json"


def load(entry: Path, header: TraceHeader) -> Columns | None:
    """Map the columns of a cache entry.

    What is checked is the mapping that is returned: a file that takes the place of one meanwhile does not matter.

    Returns:
        None when one byte of it is not what was stored for this header, or there is none.
    """
    try:
        columns = _map_columns(entry, header.records)
        expected = _note(columns, header)
        with open_regular(entry / NOTE) as file:
            found = file.read(len(expected) + 1)
    except (OSError, ValueError):
        return None
    return columns if found == expected else None


def _map_columns(entry: Path, records: int) -> Columns:
    return Columns(*(_map(entry / f"{name}.npy", dtype, records) for name, dtype in DTYPES.items()))


def _map(path: Path, dtype: np.dtype[Any], records: int) -> npt.NDArray[Any]:
    begin = _npy_header(dtype, records)
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != len(begin) + records * dtype.itemsize or file.read(len(begin)) != begin:
            raise ValueError(f"{path.name} has another size, type or number of records")
        return np.asarray(np.memmap(file, dtype, "r", offset=len(begin), shape=(records,)))


def _npy_header(dtype: np.dtype[Any], records: int) -> bytes:
    file = io.BytesIO()
    description = {"descr": dtype.str, "fortran_order": False, "shape": (records,)}
    np.lib.format.write_array_header_1_0(file, description)
    return file.getvalue()


def _note(columns: Columns, header: TraceHeader) -> bytes:
    """By what a whole entry is known: whose it is, and a checksum of every column.

    The counts are there because a header with other counts has not been checked against these records.
    The content hash would do without the rest, but computing it takes as long as a quarter of reading the trace file.
    """
    note = {
        "layout": LAYOUT,
        "content_hash": header.content_hash,
        "counts": {name: value for name, value in header.model_dump().items() if isinstance(value, int)},
        "checksums": {name: xxh3_64_hexdigest(column.data) for name, column in columns._asdict().items()},
    }
    return json.dumps(note, sort_keys=True).encode() + b"\n"


def store(entry: Path, batches: Iterator[Columns], header: TraceHeader) -> Columns:
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
        columns = _map_columns(work, records)
        (work / NOTE).write_bytes(_note(columns, header))
        publish(work, entry)
        return columns  # the maps stay valid whatever happens to the names
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_columns(work: Path, batches: Iterator[Columns], records: int) -> None:
    files = [(work / f"{name}.npy").open("wb") for name in DTYPES]
    try:
        for file, dtype in zip(files, DTYPES.values(), strict=True):
            file.write(_npy_header(dtype, records))
        for columns in batches:
            for file, column in zip(files, columns, strict=True):
                file.write(np.ascontiguousarray(column).data)
    finally:
        for file in files:
            file.close()
