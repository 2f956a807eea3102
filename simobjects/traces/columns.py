# SPDX-License-Identifier: BSD-3-Clause
"""The five columns of a trace as arrays: names and types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simobjects.cext.traces.recorded import REFERENCE_KINDS as REFERENCE_KINDS
from simobjects.isa.numbers import numbered
from simobjects.traces.views import WIDTHS

KIND = numbered("the kinds of records", "traces/recording.def", "RECORD_KIND")


class Columns(NamedTuple):
    """One value of each column per record; see docs/traces.md for what a record means.

    Attributes:
        fetch_page: number of the 4 KiB page that is fetched from, below 2^20; uint32.
        data_page: the same of the page that is loaded from or stored to; uint32.
        kind: what sort of record; uint8.
        accesses: loads or stores to that page; uint16.
        fetches: instructions fetched from that page; uint32.
    """

    fetch_page: npt.NDArray[np.uint32]
    data_page: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    accesses: npt.NDArray[np.uint16]
    fetches: npt.NDArray[np.uint32]


DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(f"<u{width}") for name, width in WIDTHS.items()}


def from_bytes(parts: Sequence[bytes | memoryview]) -> Columns:
    """Columns over the byte strings that a recorder hands out, or over views (no copy).

    Args:
        parts: five little-endian arrays in the order of `Columns`, all with as many records.
    """
    return Columns(*(np.frombuffer(part, dtype) for part, dtype in zip(parts, DTYPES.values(), strict=True)))


def only_references(columns: Columns) -> Columns:
    """The references of a recording, without what else it holds; those of another trace as they are."""
    kept = columns.kind < REFERENCE_KINDS
    if kept.all():
        return columns
    return Columns(**{name: column[kept] for name, column in columns._asdict().items()})
