# SPDX-License-Identifier: BSD-3-Clause
"""What a trace touches is found once, and again when a byte of what was kept is another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simobjects.base.cache import cache_directory
from simobjects.cext.traces.stream import TraceStream
from simobjects.traces import _touched
from simobjects.traces._touched import stream_of
from simobjects.traces.tracefile import Trace, open_trace


def facts(stream: TraceStream) -> tuple[int, int, bytes]:
    return stream.references, stream.instructions, stream.pages()


@pytest.fixture
def opened(trace: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.setattr(_touched, "LEAST", 1)
    return open_trace(trace)


def kept(opened: Trace) -> Path:
    return cache_directory() / "touched" / opened.content_hash


def test_it_is_what_looking_gives(opened: Trace) -> None:
    columns = opened.columns
    pages = np.union1d(columns.fetch_page[columns.fetches > 0], columns.data_page[columns.accesses > 0])
    expected = opened.header.lookups, int(columns.fetches.sum()), pages.astype(np.uint32).tobytes()
    assert facts(TraceStream(*columns)) == expected
    assert facts(stream_of(columns, opened.header)) == expected
    assert kept(opened).is_file()
    assert facts(stream_of(columns, opened.header)) == expected
    assert facts(stream_of(columns, opened.header).rewound()) == expected


def test_what_is_kept_is_used(opened: Trace) -> None:
    _, fetches, pages = facts(stream_of(opened.columns, opened.header))
    head = _touched._HEAD.pack(_touched._MAGIC, _touched._checksum(opened.content_hash, 7, pages), 7)
    kept(opened).write_bytes(head + pages)
    assert fetches != 7 == stream_of(opened.columns, opened.header).instructions


def test_any_other_byte_is_not_believed(opened: Trace) -> None:
    expected = facts(stream_of(opened.columns, opened.header))
    whole = kept(opened).read_bytes()
    for place in (0, 24, 32, 39, 40, len(whole) - 1):
        kept(opened).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert _touched._load(kept(opened), opened.content_hash) is None
        assert facts(stream_of(opened.columns, opened.header)) == expected
        assert kept(opened).read_bytes() == whole
    for damaged in (b"", whole[:20], whole[:-4], whole + b"\0\0\0\0"):
        kept(opened).write_bytes(damaged)
        assert facts(stream_of(opened.columns, opened.header)) == expected
    kept(opened).with_name("0" * 64).write_bytes(whole)
    assert _touched._load(kept(opened).with_name("0" * 64), "0" * 64) is None, "it is another trace's"


def test_without_room_it_is_found_each_time(opened: Trace) -> None:
    kept(opened).parent.mkdir(parents=True)
    kept(opened).mkdir()
    assert facts(stream_of(opened.columns, opened.header)) == facts(TraceStream(*opened.columns))
