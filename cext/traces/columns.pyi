# SPDX-License-Identifier: BSD-3-Clause
"""Questions to the whole columns of a trace: whether its records are good, and what a plain TLB would miss."""

from typing import Any

CODE: int
DATA: int

def scan(
    fetch_page: Any,
    data_page: Any,
    kind: Any,
    accesses: Any,
    fetches: Any,
    pages: Any,
) -> tuple[int, int, int, int]: ...
def count_pages(pages: Any, kinds: int) -> int: ...
def fifo_misses(
    fetch_page: Any, data_page: Any, accesses: Any, fetches: Any, entries: int, fetch_on_entry: bool = False
) -> int: ...
