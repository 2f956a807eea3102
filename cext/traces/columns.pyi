# SPDX-License-Identifier: BSD-3-Clause
"""Questions to the whole columns of a trace: whether its records are good, and what a plain TLB would miss."""

from simobjects.cext.traces.records import Column, Columns

def scan(*columns_and_maps: *tuple[*Columns, Column, Column]) -> tuple[int, int, int, int]: ...
def fifo_misses(
    fetch_page: Column, data_page: Column, accesses: Column, fetches: Column, entries: int, fetch_on_entry: bool = False
) -> int: ...
