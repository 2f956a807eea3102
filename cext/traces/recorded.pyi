# SPDX-License-Identifier: BSD-3-Clause
"""A full-system stream: the columns of a recording and a position in them."""

from simobjects.cext.traces.records import Column, Columns

REFERENCE_KINDS: int

def scan_recording(
    *columns_and_maps: *tuple[*Columns, Column, Column, int],
) -> tuple[int, int, int, int, int, int, int]: ...

class RecordedStream:
    @property
    def references(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    def __init__(self, *columns: *Columns) -> None: ...
