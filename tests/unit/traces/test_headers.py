# SPDX-License-Identifier: BSD-3-Clause
"""A trace file is opened for its header once, by this process and by later ones, until it changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from xxhash import xxh3_64_hexdigest

from simobjects.traces import _headers, _stamps, tracefile
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.tracefile import read_header


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What is opened in a test, in which a file is settled at once."""
    calls: list[Path] = []
    read = tracefile._read_header

    def noted(path: Path) -> TraceHeader:
        calls.append(path)
        return read(path)

    monkeypatch.setattr(tracefile, "_read_header", noted)
    monkeypatch.setattr(_stamps, "_SETTLED_NS", -(10**18))
    monkeypatch.setattr(_headers, "_known", {})
    return calls


def test_it_is_opened_once(trace: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_header(trace)
    assert read_header(trace) == first
    monkeypatch.setattr(_headers, "_known", {})  # as in another process
    assert read_header(trace) == first
    assert opened == [trace]


def test_a_changed_file_is_opened_again(trace: Path, opened: list[Path], tmp_path: Path) -> None:
    first = read_header(trace)
    os.utime(trace, ns=(1, 1))
    assert read_header(trace) == first
    assert opened == [trace] * 2
    trace.write_bytes(b"no trace")
    with pytest.raises(TraceError):
        read_header(trace)
    trace.unlink()
    with pytest.raises(TraceError, match="cannot be opened"):
        read_header(trace)


def test_a_file_that_was_just_written_is_opened_each_time(
    trace: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_stamps, "_SETTLED_NS", 10**18)
    read_header(trace)
    read_header(trace)
    assert opened == [trace] * 2
    assert not _headers._file(trace).exists()


def test_what_is_kept_is_believed_only_whole(trace: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_header(trace)
    kept = _headers._file(trace)
    whole = kept.read_bytes()
    facts = json.loads(whole.partition(b"\n")[2])

    def other(**changed: object) -> bytes:
        body = json.dumps({**facts, **changed}).encode()
        return xxh3_64_hexdigest(body).encode() + b"\n" + body

    damaged = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 37)]
    damaged += [b"", whole[:40], other(path="/elsewhere"), other(stamps=[]), other(header={}), other(header=None)]
    for content in damaged:
        kept.write_bytes(content)
        monkeypatch.setattr(_headers, "_known", {})
        assert read_header(trace) == first
    assert opened == [trace] * (1 + len(damaged))
