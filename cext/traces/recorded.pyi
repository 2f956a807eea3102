# SPDX-License-Identifier: BSD-3-Clause
"""A full-system stream: the columns of a recording and a position in them."""

from typing import Any

REFERENCE_KINDS: int

def scan_recording(
    fetch_page: Any,
    data_page: Any,
    kind: Any,
    accesses: Any,
    fetches: Any,
    pages: Any,
    pieces: int = -1,
) -> tuple[int, int, int, int, int, int, int]: ...

class RecordedStream:
    @property
    def references(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    def __init__(self, fetch_page: Any, data_page: Any, kind: Any, accesses: Any, fetches: Any) -> None: ...
