# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

from typing import Any, TypeAlias

Column: TypeAlias = Any
"""What has a buffer of the column's type: an array of NumPy, a view, bytes."""
Columns: TypeAlias = tuple[Column, Column, Column, Column, Column]
"""Of a trace: fetch page, data page, kind, accesses, fetches; all of one length."""

class DecodeError(ValueError):
    what: str
    offset: int
    line: int
    def __init__(self, what: str, offset: int, line: int = 0) -> None: ...

class Records:
    @property
    def left(self) -> int: ...
    def pour(self, *columns_and_place: *tuple[*Columns, int]) -> int: ...
    def totals(self) -> dict[str, int]: ...
