# SPDX-License-Identifier: BSD-3-Clause
"""What is counted of the records of a trace while they pass: validity, look-ups, pages and the content hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from simobjects.cext.traces import columns as native_columns
from simobjects.cext.traces.blocks import BlockMaker
from simobjects.cext.traces.columns import CODE, DATA, count_pages
from simobjects.cext.traces.recorded import scan_recording
from simobjects.traces.views import WIDTHS, Views

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

GRANULE = 4096
"""Bytes of a page as the page numbers count them."""

PAGE_LIMIT = 1 << 20
"""Page numbers are below this: a 32-bit address space."""


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

    def __init__(self, full_system: bool = False, blocks: BlockMaker | None = None) -> None:
        """
        Args:
            full_system: they are of a whole guest, whose records are more than references.
            blocks: gets all records on the way, where they are of a program.
        """
        self.full_system = full_system
        self.others = self.events = 0
        self._pieces = -1
        self.records = self.fetches = self.load_lookups = self.store_lookups = 0
        self._touched = bytearray(PAGE_LIMIT)
        self._look = blocks.add if blocks is not None else native_columns.scan
        self._hashes = [hashlib.sha256() for _ in WIDTHS]

    def add(self, columns: Columns | Views) -> None:
        """Count one batch. One of some ten thousand records is still in the processor's cache when it is hashed.

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
        for found, column in zip(self._hashes, _five(columns), strict=True):
            found.update(column)

    def _scan(self, columns: Columns | Views) -> tuple[int, int, int, int]:
        """Index of the first record that is not valid or -1, fetches, loads, stores."""
        if not self.full_system:
            return self._look(*_five(columns), self._touched)
        bad, fetches, loads, stores, others, events, self._pieces = scan_recording(
            *_five(columns), self._touched, self._pieces
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
        return count_pages(self._touched, CODE | DATA)

    @property
    def code_pages(self) -> int:
        """Different 4 KiB pages fetched from."""
        return count_pages(self._touched, CODE)

    @property
    def data_pages(self) -> int:
        """Different 4 KiB pages loaded from or stored to."""
        return count_pages(self._touched, DATA)

    def content_hash(self) -> str:
        """SHA-256 (hex) of the column data and the granule: the same whatever the compression or the file's name."""
        whole = hashlib.sha256(f"simobjects.trace 1 granule {GRANULE}\n".encode())
        for (name, width), found in zip(WIDTHS.items(), self._hashes, strict=True):
            whole.update(f"{name} {width} {found.hexdigest()}\n".encode())
        return whole.hexdigest()


def _five(columns: Columns | Views) -> tuple[Any, Any, Any, Any, Any]:
    """To a kernel, arrays and views are the same."""
    return columns
