# SPDX-License-Identifier: BSD-3-Clause
"""Records to references (docs/model.md section 3): the even spread of fetches over accesses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

FETCH, LOAD, STORE = 0, 1, 2
"""Kinds of references, in the order of every per-kind statistic."""

Record = tuple[int, int, int, int, int]
"""(fetch page, data page, 0 load | 1 store, accesses, fetches); pages are effective addresses >> 12."""

Reference = tuple[int, int]
"""(FETCH | LOAD | STORE, effective address)."""


def references(record: Record) -> Iterator[Reference]:
    """The references of one record, in order."""
    fetch_page, data_page, kind, accesses, fetches = record
    fetch = (FETCH, fetch_page << 12)
    access = (STORE if kind else LOAD, data_page << 12)
    if accesses == 0:
        for _ in range(fetches):
            yield fetch
    for i in range(accesses):
        for _ in range((i + 1) * fetches // accesses - i * fetches // accesses):
            yield fetch
        yield access


class Cursor:
    """A place in a stream: `current` is the next reference, None after the last one."""

    def __init__(self, records: Sequence[Record], wrap: bool = False) -> None:
        self._records = records
        self._wrap = wrap and any(True for record in records for _ in references(record))
        self._coming = self._all()
        self.has_fetches = any(record[4] > 0 for record in records)
        self.current: Reference | None = None
        self.record: Record | None = None
        """The record that `current` belongs to."""
        self.advance()

    def _all(self) -> Iterator[Reference]:
        while True:
            for record in self._records:
                for reference in references(record):
                    self.record = record
                    yield reference
            if not self._wrap:
                return

    def advance(self) -> None:
        """Go on to the next reference."""
        self.current = next(self._coming, None)
