# SPDX-License-Identifier: BSD-3-Clause
"""Questions to the whole columns of a trace: whether its records are good, and what a plain TLB would miss."""

from typing import Any

def scan(
    fetch_page: Any,
    data_page: Any,
    kind: Any,
    accesses: Any,
    fetches: Any,
    code_pages: Any,
    data_pages: Any,
) -> tuple[int, int, int, int]: ...
def fifo_misses(
    fetch_page: Any, data_page: Any, accesses: Any, fetches: Any, entries: int, fetch_on_entry: bool = False
) -> int: ...
