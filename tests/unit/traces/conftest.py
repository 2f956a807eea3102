# SPDX-License-Identifier: BSD-3-Clause
"""Small traces to read, write and damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.tracefile import TraceWriter

RECORDS: list[tuple[int, ...]] = [
    (0x10000, 0x20000, 0, 3, 9),
    (0x10000, 0x20001, 1, 1, 0),
    (0x10001, 0, 0, 0, 4),
    (0x10000, 0x20000, 1, 2, 1),
    (0x10002, 0x20002, 0, 1, 1),
]


def make_columns(records: list[tuple[int, ...]]) -> Columns:
    """Columns of the given records."""
    parts = zip(*records, strict=True)
    return Columns(*(np.array(part, dtype) for part, dtype in zip(parts, DTYPES.values(), strict=True)))


def write_trace(path: Path, records: list[tuple[int, ...]] = RECORDS, batch_records: int = 2) -> Path:
    """A trace file of the records; the second of them is the upper half of a crossing load or store."""
    with TraceWriter(
        path, source="a test", importer="none", architecture="ppc32", batch_records=batch_records
    ) as writer:
        columns = make_columns(records)
        writer.append(columns)
        stores = int(columns.accesses[columns.kind == 1].sum())
        loads = int(columns.accesses[columns.kind == 0].sum())
        writer.close(instructions=int(columns.fetches.sum()), loads=loads, stores=stores - 1)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache directory of the test's own."""
    directory = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(directory))
    yield directory


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A good trace file of three batches."""
    return write_trace(tmp_path / "good.arrow")


@pytest.fixture
def columns() -> Columns:
    """What it holds."""
    return make_columns(RECORDS)


@pytest.fixture
def columns_of() -> Callable[[list[tuple[int, ...]]], Columns]:
    """Makes columns of records."""
    return make_columns


@pytest.fixture
def writing() -> Callable[..., Path]:
    """Writes a trace file of records."""
    return write_trace
