# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

from typing import Any

class DecodeError(ValueError):
    what: str
    offset: int
    line: int
    def __init__(self, what: str, offset: int, line: int = 0) -> None: ...

class Records:
    @property
    def reached(self) -> int: ...
    @property
    def left(self) -> int: ...
    def aim(self, fetch_page: Any, data_page: Any, kind: Any, accesses: Any, fetches: Any, at: int) -> None: ...
    def totals(self) -> dict[str, int]: ...
