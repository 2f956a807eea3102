# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams over memory-mapped columns (nothing is copied)."""

from collections.abc import Iterable

from simobjects.cext.traces.blocks import Blocks, Column

class TraceStream:
    @property
    def references(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    def __init__(
        self,
        fetch_page: Column,
        data_page: Column,
        kind: Column,
        accesses: Column,
        fetches: Column,
    ) -> None: ...
    @staticmethod
    def known(columns: Iterable[Column], references: int, instructions: int, pages: bytes) -> TraceStream: ...
    def rewound(self) -> TraceStream: ...
    def pages(self) -> bytes: ...
    @property
    def summarised(self) -> bool: ...
    def summarise(self, blocks: Blocks | None = None) -> None: ...
