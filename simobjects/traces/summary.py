# SPDX-License-Identifier: BSD-3-Clause
"""What a trace holds, in numbers."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from simobjects.cext.traces import columns as native_columns
from simobjects.traces.columns import only_references
from simobjects.traces.header import TraceHeader
from simobjects.traces.tally import Tally
from simobjects.traces.tracefile import open_trace


class TraceSummary(BaseModel):
    """A trace's header and what was counted in its records."""

    model_config = ConfigDict(frozen=True)

    file: str = Field(description="the file's name")
    file_bytes: int = Field(description="bytes of the compressed file")
    header: TraceHeader
    events: int = Field(description="of a recording: records that are no references")
    code_pages: int = Field(description="different 4 KiB pages fetched from")
    data_pages: int = Field(description="different 4 KiB pages loaded from or stored to")
    fetch_lookups: int = Field(description="look-ups by instruction fetch")
    load_lookups: int = Field(description="look-ups by loads")
    store_lookups: int = Field(description="look-ups by stores")
    tlb_misses: dict[int, int] = Field(
        description="misses of one shared, fully associative, first-in-first-out TLB of 4 KiB pages, by its entries"
    )


def summarize(path_or_name: str | Path, *, tlb_entries: tuple[int, ...] = (64,)) -> TraceSummary:
    """Read a trace and count.

    Args:
        path_or_name: a file, or the name of a shipped trace.
        tlb_entries: sizes of a plain TLB whose misses are counted beside the rest.

    Raises:
        TraceError: there is no such trace, or it is damaged.
    """
    trace = open_trace(path_or_name)
    columns = only_references(trace.columns)
    tally = Tally(trace.header.full_system)
    tally.add(trace.columns)
    return TraceSummary(
        file=trace.path.name,
        file_bytes=trace.path.stat().st_size,
        header=trace.header,
        events=tally.events,
        code_pages=tally.code_pages,
        data_pages=tally.data_pages,
        fetch_lookups=tally.fetches,
        load_lookups=tally.load_lookups,
        store_lookups=tally.store_lookups,
        tlb_misses={
            entries: native_columns.fifo_misses(
                columns.fetch_page, columns.data_page, columns.accesses, columns.fetches, entries
            )
            for entries in tlb_entries
        },
    )
