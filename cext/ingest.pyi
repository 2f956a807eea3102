# SPDX-License-Identifier: BSD-3-Clause
"""Decoders that turn foreign memory-reference streams into trace records."""

from typing import Any

_Parts = tuple[bytes, bytes, bytes, bytes, bytes]

class DecodeError(ValueError):
    what: str
    offset: int
    line: int
    def __init__(self, what: str, offset: int, line: int = 0) -> None: ...

class MtrDecoder:
    done: bool
    def __init__(self, accesses: int = -1, skip: int = 0, interval_limit: int = ...) -> None: ...
    def feed(self, data: bytes) -> None: ...
    def finish(self) -> None: ...
    def take(self) -> _Parts: ...
    def totals(self) -> dict[str, int]: ...

def scan(
    fetch_page: Any, data_page: Any, kind: Any, accesses: Any, fetches: Any, code_pages: Any, data_pages: Any
) -> tuple[int, int, int, int]: ...
def fifo_misses(
    fetch_page: Any, data_page: Any, accesses: Any, fetches: Any, entries: int, fetch_on_entry: bool = False
) -> int: ...
