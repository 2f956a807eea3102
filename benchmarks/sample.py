# SPDX-License-Identifier: BSD-3-Clause
"""The part of a trace that is measured, in whole records so that every simulator stops at the same place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simobjects.traces.tracefile import Columns, open_trace


@dataclass(frozen=True)
class Sample:
    """The first records of a trace."""

    trace: str
    columns: Columns
    references: int
    instructions: int

    @classmethod
    def take(cls, trace: str, references: int | None = None) -> Sample:
        """The records that fit in `references` (None: all)."""
        columns = open_trace(trace).columns
        ends = np.cumsum(columns.accesses.astype(np.int64) + columns.fetches)
        records = len(ends) if references is None else int(np.searchsorted(ends, references, side="right"))
        if records == 0:
            raise ValueError(f"{references} references hold no whole record of {trace!r}: take more")
        cut = Columns._make(column[:records] for column in columns)
        return cls(trace, cut, int(ends[records - 1]), int(cut.fetches.sum(dtype=np.int64)))

    def pages(self) -> Iterator[int]:
        """The page of every look-up, one by one: for simulators that are called from Python."""
        columns = (self.columns.fetch_page, self.columns.data_page, self.columns.accesses, self.columns.fetches)
        for fetch_page, data_page, n, m in zip(*(column.tolist() for column in columns), strict=True):
            fetched = 0
            for i in range(n):
                until = (i + 1) * m // n
                yield from (fetch_page,) * (until - fetched)
                fetched = until
                yield data_page
            yield from (fetch_page,) * (m - fetched)
