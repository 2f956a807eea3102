# SPDX-License-Identifier: BSD-3-Clause
"""Whatever the bytes are: a correct read, or a TraceError that names the file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.lackey import import_lackey
from simobjects.traces.mtr import import_mtr
from simobjects.traces.tracefile import TraceError, TraceWriter, open_trace, read_header
from tests.reference.ingest import encode_mtr

RECORDS = [(0x10000 + i % 3, 0x20000 + i % 5, i % 2, 1 + i % 4, i % 7) for i in range(60)]
PAGE = 0x20000000
EVENTS = [
    ("static", (0x10000000, 5)),
    ("static", (0x10000010, 4)),
    ("page", (0x10000,)),
    *[("access", (i % 2, PAGE + 0x7FD * i)) for i in range(40)],
    ("mark", (90,)),
    ("page", (0x10001,)),
    *[("access", (1, PAGE + 4 * i)) for i in range(20)],
]
LACKEY = "==1== note\n" + "".join(
    f"I  {0x400000 + 700 * i:08x},3\n L 1fff000{i % 8:03x},8\n M {0x600000 + 64 * i:08x},4\n" for i in range(60)
)

relaxed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A good trace of three batches."""
    path = tmp_path / "good.arrow"
    parts = zip(zip(*RECORDS, strict=True), DTYPES.values(), strict=True)
    columns = Columns(*(np.array(part, dtype) for part, dtype in parts))
    with TraceWriter(path, source="s", importer="i", architecture="a", batch_records=25) as writer:
        writer.append(columns)
        writer.close(
            instructions=int(columns.fetches.sum()),
            loads=int(columns.accesses[columns.kind == 0].sum()),
            stores=int(columns.accesses[columns.kind == 1].sum()),
        )
    return path


def reads_well_or_refuses(path: Path) -> bool:
    """True when it was read; then everything read must be right."""
    try:
        header = read_header(path)
        opened = open_trace(path, cache=False)
    except TraceError as error:
        assert str(path) in str(error)
        assert error.fix
        return False
    assert opened.header == header
    assert [tuple(map(int, row)) for row in zip(*opened.columns, strict=True)] == RECORDS
    return True


def test_cut_off(trace: Path) -> None:
    whole = trace.read_bytes()
    cut = trace.with_name("cut.arrow")
    for size in (*range(40), *range(40, len(whole), 7), *range(len(whole) - 40, len(whole))):
        cut.write_bytes(whole[:size])
        assert not reads_well_or_refuses(cut), size
    cut.write_bytes(whole)
    assert reads_well_or_refuses(cut)


def test_cut_out_of_the_middle(trace: Path) -> None:
    whole = trace.read_bytes()
    cut = trace.with_name("cut.arrow")
    for start in range(0, len(whole) - 8, 97):
        for length in (1, 8, 64, 1000):
            cut.write_bytes(whole[:start] + whole[start + length :])
            reads_well_or_refuses(cut)


def test_one_bit_in_every_other_byte(trace: Path) -> None:
    whole = bytearray(trace.read_bytes())
    bad = trace.with_name("bad.arrow")
    good = 0
    for at in range(0, len(whole), 2):
        bit = 1 << (at * 5 % 8)
        whole[at] ^= bit
        bad.write_bytes(whole)
        good += reads_well_or_refuses(bad)
        whole[at] ^= bit
    assert good < len(whole) // 2  # padding may be changed, and labels


@relaxed
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=12)), min_size=1, max_size=6))
def test_overwritten_here_and_there(trace: Path, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(trace.read_bytes())
    for at, patch in changes:
        data[at % len(data) : at % len(data) + len(patch)] = patch
    bad = trace.with_name("bad.arrow")
    bad.write_bytes(data)
    reads_well_or_refuses(bad)


@relaxed
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes(tmp_path: Path, data: bytes, framed: bool) -> None:
    path = tmp_path / "r.arrow"
    path.write_bytes(b"ARROW1\0\0" + data + b"ARROW1" if framed else data)
    assert not reads_well_or_refuses(path)


@relaxed
@given(st.integers(0, 1 << 20), st.integers(1, 255))
def test_the_cache_never_makes_a_damaged_file_good(
    trace: Path, monkeypatch: pytest.MonkeyPatch, at: int, flip: int
) -> None:
    """With a warm cache a damaged file is refused or gives the records that its header names."""
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(trace.with_name("cache")))
    open_trace(trace)
    data = bytearray(trace.read_bytes())
    data[at % len(data)] ^= flip
    bad = trace.with_name("bad.arrow")
    bad.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            columns = open_trace(bad).columns
        except TraceError:
            return
    assert [tuple(map(int, row)) for row in zip(*columns, strict=True)] == RECORDS


PIECES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1 << 12), st.binary(min_size=1, max_size=40)), min_size=1, max_size=5
)


@relaxed
@given(PIECES, st.integers(0, 5), st.integers(-64, 64))
def test_a_damaged_cache_never_gives_other_records(
    trace: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[tuple[int, int, bytes]], resized: int, by: int
) -> None:
    """Bytes overwritten in the files of an entry, one of them cut or longer; afterwards the entry is whole again."""
    cache = trace.with_name("cache")
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(cache))
    entry = cache / "traces" / open_trace(trace).content_hash
    files = sorted(entry.iterdir())
    whole = [file.read_bytes() for file in files]
    for which, at, patch in pieces:
        data = bytearray(files[which].read_bytes())
        data[at % len(data) : at % len(data) + len(patch)] = patch
        files[which].write_bytes(data)
    if by:
        data = bytearray(files[resized].read_bytes())
        files[resized].write_bytes(data[:by] if by < 0 else data + bytes(by))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = open_trace(trace).columns
    assert [tuple(map(int, row)) for row in zip(*columns, strict=True)] == RECORDS
    assert [file.read_bytes() for file in files] == whole


def imports_or_refuses(importer: object, data: bytes, directory: Path) -> None:
    out = directory / "out.arrow"
    try:
        importer(io.BytesIO(data), out)  # type: ignore[operator]
    except TraceError as error:
        assert str(error).startswith(("the input stream", str(out)))
        assert list(directory.glob("*out.arrow*")) == []
    else:
        open_trace(out, cache=False)
        out.unlink()


@relaxed
@given(st.integers(0, 1 << 20), st.integers(1, 255), st.booleans())
def test_damaged_mtr_stream(tmp_path: Path, at: int, flip: int, packed: bool) -> None:
    data = encode_mtr(EVENTS)
    data = pa.compress(data, "zstd", asbytes=True) if packed else data
    damaged = bytearray(data)
    damaged[at % len(data)] ^= flip
    imports_or_refuses(import_mtr, bytes(damaged), tmp_path)


@relaxed
@given(st.binary(max_size=200))
def test_random_mtr_stream(tmp_path: Path, data: bytes) -> None:
    imports_or_refuses(import_mtr, b"PPCMTR01" + data, tmp_path)


def test_mtr_stream_cut_at_every_byte(tmp_path: Path) -> None:
    plain = encode_mtr(EVENTS)
    packed = pa.compress(plain, "zstd", asbytes=True)
    for size in range(len(plain)):
        imports_or_refuses(import_mtr, plain[:size], tmp_path)
    for size in range(1, len(packed)):
        with pytest.raises(TraceError):
            import_mtr(io.BytesIO(packed[:size]), tmp_path / "out.arrow")
    assert list(tmp_path.iterdir()) == []


@relaxed
@given(st.integers(0, 1 << 20), st.integers(1, 255))
def test_damaged_lackey_text(tmp_path: Path, at: int, flip: int) -> None:
    damaged = bytearray(LACKEY.encode())
    damaged[at % len(damaged)] ^= flip
    imports_or_refuses(import_lackey, bytes(damaged), tmp_path)


@relaxed
@given(st.binary(max_size=200))
def test_random_lackey_text(tmp_path: Path, data: bytes) -> None:
    imports_or_refuses(import_lackey, data, tmp_path)
