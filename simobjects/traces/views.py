# SPDX-License-Identifier: BSD-3-Clause
"""The columns of a trace as memory, for who only hands them to a kernel: nothing here needs NumPy."""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from simobjects.base.files import open_regular
from simobjects.traces._stamps import Stamps, stamp_of

if TYPE_CHECKING:
    import pyarrow as pa

WIDTHS = {"fetch_page": 4, "data_page": 4, "kind": 1, "accesses": 2, "fetches": 4}
"""Bytes of a value by column, in the order of the columns; all are unsigned."""

RECORD_BYTES = sum(WIDTHS.values())

_FORMATS: dict[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}
_HEAD_BYTES = 128


class Views(NamedTuple):
    """The columns, contiguous, each a view with the format of its type; see `columns.Columns`."""

    fetch_page: memoryview
    data_page: memoryview
    kind: memoryview
    accesses: memoryview
    fetches: memoryview


def arrow_fields() -> list[pa.Field]:
    """The Arrow fields of a trace file, in their order."""
    import pyarrow as pa

    kinds = {1: pa.uint8(), 2: pa.uint16(), 4: pa.uint32()}
    return [pa.field(name, kinds[width], nullable=False) for name, width in WIDTHS.items()]


def new_columns(records: int) -> Views:
    """Columns to be filled, of pages that the system gives when they are written to: large ones where it has them."""
    sizes = [-(-records * width // 8) * 8 for width in WIDTHS.values()]
    whole = mmap.mmap(-1, sum(sizes), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):
            whole.madvise(mmap.MADV_HUGEPAGE)
    ends = accumulate(sizes)
    parts = [
        memoryview(whole)[end - size :][: records * width]
        for size, end, width in zip(sizes, ends, WIDTHS.values(), strict=True)
    ]
    return Views(*(part.cast(_FORMATS[width]) for part, width in zip(parts, WIDTHS.values(), strict=True)))


def npy_head(width: int, records: int) -> bytes:
    """What a file of the NumPy format 1.0 begins with that has so many unsigned numbers of `width` bytes."""
    kind = "|u1" if width == 1 else f"<u{width}"
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({records},), }}"
    return b"\x93NUMPY\x01\x00\x76\x00" + text.ljust(_HEAD_BYTES - 11).encode() + b"\n"


def map_columns(folder: Path, records: int) -> tuple[Views, Stamps]:
    """Map the files of the columns, and say what they were when they were opened.

    Raises:
        OSError: one is not there.
        ValueError: one has another size, type or number of records.
    """
    mapped = [_map(folder / f"{name}.npy", width, records) for name, width in WIDTHS.items()]
    return Views(*(view for view, _ in mapped)), tuple(stamp for _, stamp in mapped)


def _map(path: Path, width: int, records: int) -> tuple[memoryview, tuple[int, ...]]:
    head = npy_head(width, records)
    with open_regular(path) as file:
        at = os.fstat(file.fileno())
        if at.st_size != len(head) + records * width or file.read(len(head)) != head:
            raise ValueError(f"{path.name} has another size, type or number of records")
        # A file that is cut meanwhile is no longer than was looked at: the size is given.
        whole = memoryview(mmap.mmap(file.fileno(), at.st_size, access=mmap.ACCESS_READ))
    return whole[len(head) :].cast(_FORMATS[width]), stamp_of(at)
