# SPDX-License-Identifier: BSD-3-Clause
"""Streams of one trace in one process: its records are checked once, and again when a file has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simobjects.traces import _stamps
from simobjects.traces import open_stream as module
from simobjects.traces.columns import Columns
from simobjects.traces.open_stream import open_stream
from simobjects.traces.tracefile import Trace, open_trace


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """What is opened in a test, in which a file is settled at once."""
    calls: list[Path] = []
    monkeypatch.setattr(_stamps, "_SETTLED_NS", -(10**18))
    monkeypatch.setattr(module, "_open", {})

    def noted(path: Path) -> Trace:
        calls.append(path)
        return open_trace(path)

    monkeypatch.setattr(module, "open_trace", noted)
    yield calls


def pages(columns: Columns) -> set[int]:
    return {*map(int, columns.fetch_page), *map(int, columns.data_page[columns.accesses > 0])}


def test_the_second_stream_is_the_first_one_at_its_beginning(trace: Path, columns: Columns, opened: list[Path]) -> None:
    open_trace(trace)
    one, two = open_stream(trace), open_stream(trace)
    assert len(opened) == 1
    assert one is not two
    assert (one.references, one.instructions) == (two.references, two.instructions)
    assert set(np.frombuffer(two.pages(), np.uint32)) == pages(columns)


@pytest.mark.parametrize("changed", ["trace", "column", "note"])
def test_a_changed_file_is_read_again(trace: Path, cache: Path, opened: list[Path], changed: str) -> None:
    entry = cache / "traces" / open_trace(trace).content_hash
    file = {"trace": trace, "column": entry / "kind.npy", "note": entry / "entry.json"}[changed]
    os.utime(file, (0, 0))  # so that what is written in the same tick is seen, too
    first = open_stream(trace)
    file.write_bytes(file.read_bytes())
    assert open_stream(trace).references == first.references
    assert len(opened) == 2


def test_what_is_written_a_moment_ago_is_not_trusted(
    trace: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_stamps, "_SETTLED_NS", 10**18)
    for _ in range(2):
        open_stream(trace)
    assert len(opened) == 2


def test_few_traces_are_kept(trace: Path, opened: list[Path]) -> None:
    open_trace(trace)
    for number in range(6):
        copy = trace.with_name(f"{number}.arrow")
        copy.write_bytes(trace.read_bytes())
        open_stream(copy)
    assert len(module._open) == 4
