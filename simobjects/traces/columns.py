# SPDX-License-Identifier: BSD-3-Clause
"""The five columns of a trace: names, types, validity, counts and the content hash."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simobjects.cext.traces import columns as native_columns
from simobjects.cext.traces.recorded import REFERENCE_KINDS as REFERENCE_KINDS
from simobjects.cext.traces.recorded import scan_recording
from simobjects.isa.numbers import numbered
from simobjects.traces.views import WIDTHS

if TYPE_CHECKING:
    import pyarrow as pa

GRANULE = 4096
"""Bytes of a page as the page numbers count them."""

KIND = numbered("the kinds of records", "traces/recording.def", "RECORD_KIND")

PAGE_LIMIT = 1 << 20
"""Page numbers are below this: a 32-bit address space."""


class Columns(NamedTuple):
    """One value of each column per record; see docs/traces.md for what a record means.

    Attributes:
        fetch_page: number of the 4 KiB page that is fetched from, below 2^20; uint32.
        data_page: the same of the page that is loaded from or stored to; uint32.
        kind: what sort of record; uint8.
        accesses: loads or stores to that page; uint16.
        fetches: instructions fetched from that page; uint32.
    """

    fetch_page: npt.NDArray[np.uint32]
    data_page: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    accesses: npt.NDArray[np.uint16]
    fetches: npt.NDArray[np.uint32]


DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(f"<u{width}") for name, width in WIDTHS.items()}


def arrow_fields() -> list[pa.Field]:
    """The Arrow fields of a trace file, in their order."""
    import pyarrow as pa

    return [pa.field(name, pa.from_numpy_dtype(dtype), nullable=False) for name, dtype in DTYPES.items()]


def from_bytes(parts: Sequence[bytes | memoryview]) -> Columns:
    """Columns over the byte strings that a recorder hands out, or over views (no copy).

    Args:
        parts: five little-endian arrays in the order of `Columns`, all with as many records.
    """
    return Columns(*(np.frombuffer(part, dtype) for part, dtype in zip(parts, DTYPES.values(), strict=True)))


def only_references(columns: Columns) -> Columns:
    """The references of a recording, without what else it holds; those of another trace as they are."""
    kept = columns.kind < REFERENCE_KINDS
    if kept.all():
        return columns
    return Columns(**{name: column[kept] for name, column in columns._asdict().items()})


_WORTH_A_THREAD = 1 << 14
"""Records of a batch from which on hashing it takes longer than handing it over."""
_MOST_WAITING = 8


@cache
def _hasher() -> ThreadPoolExecutor:
    """One thread for all: the hash of a column takes its batches in their order."""
    return ThreadPoolExecutor(1, "simobjects-hash")


os.register_at_fork(after_in_child=_hasher.cache_clear)  # a child has no such thread


class Tally:
    """Running counts and content hash over the batches of a trace; checks every record on the way.

    Attributes:
        records: so far.
        fetches: instructions.
        load_lookups: look-ups by loads; a load that crosses a page is two.
        store_lookups: look-ups by stores.
        others: look-ups that are neither; 0 but in recordings.
        events: records that are no references; 0 but in recordings.
    """

    def __init__(self, full_system: bool = False) -> None:
        """`full_system`: they are of a whole guest, whose records are more than references."""
        self.full_system = full_system
        self.others = self.events = 0
        """Look-ups that are neither load nor store, and records that are no references; 0 in other traces."""
        self._pieces = -1
        self.records = self.fetches = self.load_lookups = self.store_lookups = 0
        self.code_map = np.zeros(PAGE_LIMIT, np.uint8)
        self.data_map = np.zeros(PAGE_LIMIT, np.uint8)
        self._hashes = {name: hashlib.sha256() for name in DTYPES}
        self._hashing: deque[Future[None]] = deque()

    def add(self, columns: Columns) -> None:
        """Count one batch.

        Raises:
            ValueError: a record is not valid; with its index in the whole trace.
        """
        bad, fetches, loads, stores = self._scan(columns)
        if bad >= 0:
            values = ", ".join(f"{name} {int(column[bad])}" for name, column in columns._asdict().items())
            raise ValueError(f"record {self.records + bad} is not valid: {values}")
        self.records += len(columns.kind)
        self.fetches += fetches
        self.load_lookups += loads
        self.store_lookups += stores
        pieces = {name: np.ascontiguousarray(column, DTYPES[name]) for name, column in columns._asdict().items()}
        if len(columns.kind) < _WORTH_A_THREAD:
            self._wait(0)
            self._hash(pieces)
        else:  # while the caller makes the next batch
            self._wait(_MOST_WAITING)
            self._hashing.append(_hasher().submit(self._hash, pieces))

    def _hash(self, pieces: Mapping[str, npt.NDArray[Any]]) -> None:
        for name, column in pieces.items():
            self._hashes[name].update(column.data)

    def settle(self, but: int = 0) -> None:
        """Until nothing that was added is needed any more; `but`: of so many times that something was added last."""
        self._wait(but)

    def _wait(self, most: int) -> None:
        """Until at most so many batches are to be hashed."""
        while len(self._hashing) > most:
            self._hashing.popleft().result()

    def _scan(self, columns: Columns) -> tuple[int, int, int, int]:
        """Index of the first record that is not valid or -1, fetches, loads, stores."""
        if not self.full_system:
            return native_columns.scan(*columns, self.code_map, self.data_map)
        bad, fetches, loads, stores, others, events, self._pieces = scan_recording(
            *columns, self.code_map, self.data_map, self._pieces
        )
        self.others += others
        self.events += events
        return bad, fetches, loads, stores

    @property
    def lookups(self) -> int:
        """TLB look-ups: fetches and accesses, each page of a crossing one counted."""
        return self.fetches + self.load_lookups + self.store_lookups + self.others

    @property
    def pages(self) -> int:
        """Different 4 KiB pages touched, code or data."""
        return int(np.count_nonzero(self.code_map | self.data_map))

    @property
    def code_pages(self) -> int:
        """Different 4 KiB pages fetched from."""
        return int(np.count_nonzero(self.code_map))

    @property
    def data_pages(self) -> int:
        """Different 4 KiB pages loaded from or stored to."""
        return int(np.count_nonzero(self.data_map))

    def content_hash(self) -> str:
        """SHA-256 (hex) of the column data and the granule: the same whatever the compression or the file's name."""
        self.settle()
        whole = hashlib.sha256(f"simobjects.trace 1 granule {GRANULE}\n".encode())
        for name, dtype in DTYPES.items():
            whole.update(f"{name} {dtype.itemsize} {self._hashes[name].hexdigest()}\n".encode())
        return whole.hexdigest()
