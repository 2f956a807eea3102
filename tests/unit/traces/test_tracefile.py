# SPDX-License-Identifier: BSD-3-Clause
"""Trace files: written, read, cached, refused."""

from __future__ import annotations

import json
import mmap
import multiprocessing
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from simobjects.base.errors import ExitCode
from simobjects.traces import _message
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.header import TraceHeader
from simobjects.traces.tally import Tally
from simobjects.traces.tracefile import (
    Trace,
    TraceCacheWarning,
    TraceError,
    TraceWriter,
    iter_columns,
    open_trace,
    read_header,
    shipped_traces,
)
from simobjects.traces.views import arrow_fields


def same(a: Columns, b: Columns) -> bool:
    pairs: list[tuple[Any, Any]] = list(zip(a, b, strict=True))
    return all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def entry(cache: Path, trace: Trace) -> Path:
    return cache / "traces" / trace.content_hash


def test_header_says_what_is_in_it(trace: Path) -> None:
    header = read_header(trace)
    assert (header.source, header.importer, header.architecture) == ("a test", "none", "ppc32")
    assert (header.address_map, header.granule) == ("none", 4096)
    counts = (header.instructions, header.loads, header.stores, header.crossings, header.lookups, header.records)
    assert counts == (15, 4, 2, 1, 22, 5)
    assert header.pages == 6
    assert header.accesses == 6


def test_any_arrow_reader_can_read_it(trace: Path, columns: Columns) -> None:
    table = pa.ipc.open_file(trace).read_all()
    assert table.column_names == list(DTYPES)
    assert table.schema.metadata[b"simobjects.trace"] == b"1"
    assert [table[name].to_numpy().tolist() for name in DTYPES] == [column.tolist() for column in columns]


def test_first_use_fills_the_cache_and_the_second_maps_it(trace: Path, columns: Columns, cache: Path) -> None:
    first = open_trace(trace)
    names = sorted(path.name for path in entry(cache, first).iterdir())
    assert names == ["accesses.npy", "data_page.npy", "entry.json", "fetch_page.npy", "fetches.npy", "kind.npy"]
    before = entry(cache, first).stat().st_mtime_ns
    second = open_trace(trace)
    assert entry(cache, first).stat().st_mtime_ns == before
    for opened in (first, second):
        assert same(opened.columns, columns)
        for column in opened.columns:
            assert not column.flags.writeable
            assert column.flags.c_contiguous
            base: object = column.base
            assert isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap)
    assert [path.name for path in (cache / "traces").iterdir()] == [first.content_hash]


def test_name_and_compression_do_not_change_the_content_hash(trace: Path, columns: Columns, tmp_path: Path) -> None:
    other = tmp_path / "other.arrow"
    with TraceWriter(other, source="b", importer="c", architecture="d", level=19) as writer:
        writer.append(columns)
        writer.close(instructions=15, loads=4, stores=2)
    assert other.read_bytes() != trace.read_bytes()
    assert open_trace(other).content_hash == open_trace(trace).content_hash


def test_same_input_same_bytes(writing: Callable[..., Path], trace: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert writing(tmp_path / "d" / "x.arrow").read_bytes() == trace.read_bytes()


def test_without_a_cache(trace: Path, columns: Columns, cache: Path) -> None:
    opened = open_trace(trace, cache=False)
    assert same(opened.columns, columns)
    assert not opened.columns.kind.flags.writeable
    assert list(cache.iterdir()) == []


def test_unusable_cache_is_a_warning(
    trace: Path, columns: Columns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a directory")
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path / "file"))
    with pytest.warns(TraceCacheWarning, match="held in memory. Set SIMOBJECTS_CACHE"):
        assert same(open_trace(trace).columns, columns)


def test_full_disk_is_a_warning(trace: Path, columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: _Usage())
    with pytest.warns(TraceCacheWarning, match="No space left on device"):
        assert same(open_trace(trace).columns, columns)


def test_no_home_is_a_warning(trace: Path, columns: Columns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMOBJECTS_CACHE", "~nobody-of-this-name/cache")
    with pytest.warns(TraceCacheWarning, match="Could not determine home directory"):
        assert same(open_trace(trace).columns, columns)


class _Usage:
    free = 0


def test_a_header_with_other_counts_does_not_pass_by_the_cache(trace: Path, columns: Columns) -> None:
    open_trace(trace)
    header = read_header(trace)
    rewrite(trace, columns, header.to_metadata() | {"pages": "5"})
    with pytest.raises(TraceError, match="mislabelled: the header says pages 5, found 6"):
        open_trace(trace)


def _open(path: Path) -> str:
    return open_trace(path).content_hash


def test_processes_at_the_same_time(trace: Path, cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        hashes = pool.map(_open, [trace] * 8, chunksize=1)
    assert len(set(hashes)) == 1
    assert [path.name for path in (cache / "traces").iterdir()] == [hashes[0]]


def test_shipped_names() -> None:
    assert "sqlite" in shipped_traces()
    assert read_header("sqlite").architecture == "ppc32"
    with pytest.raises(TraceError) as caught:
        open_trace("sqlight")
    assert str(caught.value) == (
        f"sqlight: no shipped trace has this name (there are: {', '.join(shipped_traces())})\n"
        "  fix: did you mean 'sqlite'? For a file, give a path with a slash or a suffix, such as ./sqlight.arrow"
    )
    with pytest.raises(TraceError, match="no trace is named"):
        open_trace("")


# ---------------------------------------------------------------------------------------------------------- refusals


def rewrite(
    path: Path, columns: Columns, metadata: dict[str, str] | None, fields: list[pa.Field] | None = None
) -> None:
    """Write a file by hand, with any header and any columns."""
    schema = pa.schema(fields if fields is not None else arrow_fields(), metadata=metadata)
    arrays = {field.name: pa.array(getattr(columns, field.name, columns.kind)) for field in schema}
    with pa.ipc.new_file(path, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as out:
        out.write_batch(pa.record_batch([arrays[field.name].cast(field.type) for field in schema], schema=schema))


def refusal(path: Path) -> str:
    with pytest.raises(TraceError) as caught:
        open_trace(path)
    assert caught.value.fix
    text = str(caught.value)
    assert text.startswith(str(path))
    return text.removeprefix(str(path))


REMAKE = "\n  fix: the file is damaged: copy it again, or import or capture the trace again"


def test_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.arrow") == ": cannot be opened: No such file or directory\n  fix: check the path"
    assert refusal(tmp_path) == ": this is a directory\n  fix: name a trace file"


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "e.arrow").touch()
    assert refusal(tmp_path / "e.arrow") == f": byte offset 0: the file is empty{REMAKE}"


def test_magic(tmp_path: Path) -> None:
    (tmp_path / "t.arrow").write_bytes(b"PPCMTR01 and so on")
    assert refusal(tmp_path / "t.arrow") == (
        ": byte offset 0: it begins with b'PPCMTR', not with b'ARROW1': this is no Arrow IPC file\n"
        "  fix: give a trace made by 'simobjects trace import' or 'simobjects trace capture'"
    )


def test_cut_off(trace: Path) -> None:
    trace.write_bytes(trace.read_bytes()[:-100])
    size = trace.stat().st_size
    assert refusal(trace) == (
        f": byte offset {size}: it does not end with b'ARROW1': the file is cut off or damaged{REMAKE}"
    )


def test_damaged_batch_is_named_with_its_offset(trace: Path) -> None:
    data = bytearray(trace.read_bytes())
    frame = [at for at in range(len(data)) if data[at : at + 4] == b"\x28\xb5\x2f\xfd"][5]  # second batch
    data[frame] ^= 0xFF
    trace.write_bytes(data)
    text = refusal(trace)
    assert "record batch 1 cannot be read: " in text
    offset = int(text.split("byte offset ")[1].split(":")[0])
    assert data[offset : offset + 4] == b"\xff\xff\xff\xff"
    assert offset < frame


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"records": "4"}, ": byte offset {batch}: mislabelled: there are more than the 4 records of the header"),
        ({"records": "6"}, ": mislabelled: the header says records 6, found 5"),
        (
            {"instructions": "16", "lookups": "23"},
            ": mislabelled: the header says lookups 23, found 22; instructions 16, found 15 look-ups",
        ),
        (
            {"loads": "1", "stores": "5"},
            ": mislabelled: the header says loads 1, found 4 look-ups; stores 5, found 3 look-ups",
        ),
        ({"content_hash": "0" * 64}, ": the records are not those that the header's content_hash names"),
    ],
)
def test_wrong_counts(trace: Path, columns: Columns, change: dict[str, str], what: str) -> None:
    metadata = read_header(trace).to_metadata() | change
    rewrite(trace, columns, metadata)
    data = trace.read_bytes()
    batch = 8 + 8 + int.from_bytes(data[12:16], "little")
    assert refusal(trace) == what.format(batch=batch) + REMAKE


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"simobjects.trace": "2"}, "simobjects.trace is '2', this version reads '1'"),
        ({"simobjects.trace": None}, "the schema metadata has no 'simobjects.trace'"),
        ({"granule": "1024"}, "granule is 1024, only 4096 is supported"),
        ({"granule": None}, "the schema metadata has no 'granule'"),
        ({"records": "-1"}, "records is '-1', expected a whole number below 10^18"),
        ({"records": "9" * 5000}, f"records is '{'9' * 24}', expected a whole number below 10^18"),
        ({"loads": "5"}, "loads 5 + stores 2 are not accesses 6"),
        ({"crossings": "5"}, "instructions 15 + accesses 6 + crossings 5 are not lookups 22"),
        ({"content_hash": "../../x"}, "content_hash is '../../x', expected 64 hexadecimal digits"),
        ({"surprise": "x"}, "a trace's header has no 'surprise'"),
        ({"source": "x" * 65537}, "source is no text of at most 65536 characters"),
    ],
)
def test_mislabelled(trace: Path, columns: Columns, change: dict[str, str | None], what: str) -> None:
    metadata = {key: value for key, value in (read_header(trace).to_metadata() | change).items() if value is not None}
    rewrite(trace, columns, metadata)
    fix = "\n  fix: import or capture the trace again"
    assert refusal(trace) == f": byte offset 8: mislabelled: {what}{fix}"


def test_metadata_that_is_not_text(trace: Path, columns: Columns) -> None:
    rewrite(trace, columns, {b"simobjects.trace": b"\xff"})  # type: ignore[dict-item]
    assert "mislabelled: the schema metadata is not UTF-8" in refusal(trace)
    rewrite(trace, columns, None)
    assert "mislabelled: the schema metadata has no 'simobjects.trace'" in refusal(trace)


def test_wrong_columns(trace: Path, columns: Columns) -> None:
    header = read_header(trace).to_metadata()
    fields = arrow_fields()
    fix = (
        "\n  fix: a trace has the columns fetch_page uint32, data_page uint32, kind uint8, accesses uint16, "
        "fetches uint32, and no others"
    )

    def with_fields(fields: list[pa.Field]) -> str:
        rewrite(trace, columns, header, fields)
        return refusal(trace).removeprefix(": byte offset 8: ").removesuffix(fix)

    assert with_fields(fields[1:]) == "there is no column 'fetch_page'"
    assert with_fields([*fields, fields[0]]) == "there is more than one column 'fetch_page'"
    assert with_fields([fields[0].with_type(pa.int64()), *fields[1:]]) == (
        "column 'fetch_page' has type int64, not uint32"
    )
    assert with_fields([*fields[:4], fields[4].with_nullable(True)]) == (
        "column 'fetches' has type uint32 that may be null, not uint32"
    )
    extra = pa.field("extra", pa.uint8(), nullable=False)
    assert with_fields([*fields, extra]).startswith("the columns are fetch_page, data_page, kind, accesses, fetches, e")
    assert with_fields([fields[1], fields[0], *fields[2:]]).startswith("the columns are data_page, fetch_page")


@pytest.mark.parametrize(
    "record",
    [(1 << 20, 1, 0, 1, 1), (1, 1 << 20, 0, 1, 1), (1, 1, 2, 1, 1), (1, 0, 0, 0, 0), (1, 5, 0, 0, 3), (1, 0, 1, 0, 3)],
)
def test_bad_values(
    trace: Path, columns_of: Callable[[list[tuple[int, ...]]], Columns], record: tuple[int, ...]
) -> None:
    good = (1, 1, 0, 1, 1)
    rewrite(trace, columns_of([good, good, record]), read_header(trace).to_metadata())
    values = ", ".join(f"{name} {value}" for name, value in zip(DTYPES, record, strict=True))
    assert f"record batch 0: record 2 is not valid: {values}" in refusal(trace)


def test_no_records(trace: Path) -> None:
    empty = Columns(*(np.empty(0, dtype) for dtype in DTYPES.values()))
    zero = dict.fromkeys(
        ["records", "lookups", "instructions", "accesses", "loads", "stores", "crossings", "pages"], "0"
    )
    rewrite(trace, empty, read_header(trace).to_metadata() | zero)
    assert refusal(trace) == (": the trace holds no records\n  fix: import or capture a program that does something")


def test_a_batch_of_any_size_is_not_decompressed(trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 million records may take 140 KB."""
    monkeypatch.setattr(_message, "MOST_RECORDS", 1)
    assert "record batch 0 cannot be read: it has 2 records, a batch has at most 1" in refusal(trace)


@pytest.mark.parametrize("size", [1 << 40, 1 << 33, 1000, -2])
def test_a_column_that_claims_another_size_is_not_decompressed(trace: Path, size: int) -> None:
    data = bytearray(trace.read_bytes())
    frame = data.index(b"\x28\xb5\x2f\xfd")
    data[frame - 8 : frame] = struct.pack("<q", size)
    trace.write_bytes(data)
    tracked = pa.total_allocated_bytes()
    assert f"a column of 2 records has {size} bytes when it is decompressed" in refusal(trace)
    assert pa.total_allocated_bytes() <= tracked + (1 << 20)


def test_columns_of_every_codec_are_read(trace: Path, columns: Columns) -> None:
    """Also those that are not compressed."""
    header = read_header(trace)
    for codec in (None, "lz4", "zstd"):
        schema = pa.schema(arrow_fields(), metadata=header.to_metadata())
        batch = pa.record_batch([pa.array(column) for column in columns], schema=schema)
        with pa.OSFile(str(trace), "wb") as file:
            with pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as out:
                out.write_batch(batch)
        assert open_trace(trace).header.records == len(columns.kind)


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    place = Path("/dev/zero") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(place)
    with pytest.raises(TraceError, match="this is no regular file"):
        read_header(place)


# ------------------------------------------------------------------------------------------------------------ writer


def test_what_a_killed_writer_left_is_taken_over(tmp_path: Path, writing: Callable[..., Path]) -> None:
    code = """\
import os, sys
from simobjects.traces.tracefile import TraceWriter
writer = TraceWriter(sys.argv[1], source="", importer="", architecture="")
os.kill(os.getpid(), 9)
"""
    place = tmp_path / "t.arrow"
    assert subprocess.run([sys.executable, "-c", code, str(place)], check=False, timeout=60).returncode == -9
    assert [path.name for path in tmp_path.iterdir()] == [".t.arrow.1.spool"]
    writing(place)
    assert [path.name for path in tmp_path.iterdir()] == ["t.arrow"]


def test_two_writers_of_one_trace_do_not_meet(tmp_path: Path, columns: Columns, writing: Callable[..., Path]) -> None:
    place = tmp_path / "t.arrow"
    with TraceWriter(place, source="one", importer="", architecture="") as writer:
        writer.append(columns)
        writing(place)
        header = writer.close(instructions=15, loads=4, stores=2)
    assert read_header(place) == header
    assert open_trace(place).header.source == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["t.arrow"]


def test_a_full_disk_is_not_the_fault_of_an_input(columns: Columns) -> None:
    with pytest.raises(TraceError, match="/dev/full: cannot be written: No space left on device") as caught:
        with TraceWriter("/dev/full", source="", importer="", architecture="") as writer:
            writer.append(columns)
            writer.close(instructions=15, loads=4, stores=2)
    assert caught.value.exit_code == ExitCode.USAGE
    assert Path("/dev/full").is_char_device()


def test_writer_leaves_nothing_after_an_error(tmp_path: Path, columns: Columns) -> None:
    with (
        pytest.raises(RuntimeError, match="stop"),
        TraceWriter(tmp_path / "t.arrow", source="", importer="", architecture="") as writer,
    ):
        writer.append(columns)
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_nothing_at_all(tmp_path: Path) -> None:
    with (
        pytest.raises(TraceError, match="there are no records to write"),
        TraceWriter(tmp_path / "t.arrow", source="", importer="", architecture="") as writer,
    ):
        writer.close(instructions=0, loads=0, stores=0)
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_bad_records_and_options(
    tmp_path: Path, columns_of: Callable[[list[tuple[int, ...]]], Columns]
) -> None:
    with (
        pytest.raises(ValueError, match="record 0 is not valid: .*kind 2"),
        TraceWriter(tmp_path / "t.arrow", source="", importer="", architecture="") as writer,
    ):
        writer.append(columns_of([(1, 1, 2, 1, 1)]))
    with pytest.raises(ValueError, match="level is 23"):
        TraceWriter(tmp_path / "t.arrow", source="", importer="", architecture="", level=23)
    with pytest.raises(ValueError, match="batch_records is 0"):
        TraceWriter(tmp_path / "t.arrow", source="", importer="", architecture="", batch_records=0)
    with pytest.raises(TraceError, match="cannot be written: No such file or directory"):
        TraceWriter(tmp_path / "no" / "t.arrow", source="", importer="", architecture="")
    assert list(tmp_path.iterdir()) == []


def test_writer_replaces_and_respects_the_umask(trace: Path, writing: Callable[..., Path]) -> None:
    old = trace.read_bytes()
    trace.write_bytes(b"old")
    assert writing(trace).read_bytes() == old
    assert [path.name for path in trace.parent.iterdir()] == ["good.arrow"]
    mask = os.umask(0)
    os.umask(mask)
    assert trace.stat().st_mode & 0o777 == 0o666 & ~mask


def test_batches_do_not_change_the_records(trace: Path, writing: Callable[..., Path], tmp_path: Path) -> None:
    sizes = [len(batch.kind) for batch in iter_columns(trace)]
    assert sizes == [2, 2, 1]
    whole = writing(tmp_path / "w.arrow", batch_records=100)
    assert [len(batch.kind) for batch in iter_columns(whole)] == [5]
    assert read_header(whole) == read_header(trace)


def test_the_header_is_frozen_and_holds_no_place(trace: Path, tmp_path: Path) -> None:
    header = read_header(trace)
    with pytest.raises(AttributeError):
        header.records = 3  # type: ignore[misc]
    assert str(tmp_path).encode() not in trace.read_bytes()
    assert TraceHeader(**json.loads(json.dumps(header.facts()))) == header
    # `machine` is what the guest of a recording has seen; a trace of a program has none.
    assert set(header.facts()) - {"machine"} == set(header.to_metadata()) - {"simobjects.trace"}


@pytest.mark.parametrize(("records", "batch"), [(17, 3), (17, 100), (1, 1), (3000, 7), (90_000, 20_000)])
def test_the_file_is_the_one_that_arrow_writes(
    tmp_path: Path, columns_of: Callable[..., Columns], records: int, batch: int
) -> None:
    """To the last byte, though its header is known last."""
    columns = columns_of([(n, n + 1, n % 2, 1 + n % 9, n % 99) for n in range(records)])
    path = tmp_path / "a.arrow"
    with TraceWriter(path, source="s", importer="i", architecture="a", level=3, batch_records=batch) as made:
        made.append(columns)
        kinds = [int(columns.accesses[columns.kind == kind].sum()) for kind in (0, 1)]
        header = made.close(instructions=int(columns.fetches.sum()), loads=kinds[0], stores=kinds[1])
    tally = Tally()
    tally.add(columns)
    assert header.content_hash == tally.content_hash()
    schema = pa.schema(arrow_fields(), metadata=header.to_metadata())
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=3))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema, options=options) as file:
        for first in range(0, records, batch):
            parts = [pa.array(column[first : first + batch]) for column in columns]
            file.write_batch(pa.RecordBatch.from_arrays(parts, schema=schema))
    assert path.read_bytes() == sink.getvalue().to_pybytes()
    assert [place.name for place in tmp_path.iterdir()] == ["a.arrow"]


def test_a_long_batch_is_hashed_as_a_short_one(columns_of: Callable[..., Columns]) -> None:
    columns = columns_of([(n, n + 1, n % 2, 1, 1) for n in range(20_000)])
    whole, parts = Tally(), Tally()
    whole.add(columns)
    for at in range(0, len(columns.kind), 1000):
        parts.add(Columns(**{name: column[at : at + 1000] for name, column in columns._asdict().items()}))
    assert whole.content_hash() == parts.content_hash()
    assert (whole.pages, whole.code_pages, whole.data_pages) == (20_001, 20_000, 20_000)


def test_writing_a_trace_does_not_import_pandas(tmp_path: Path) -> None:
    """Which Arrow asks what a list is, where it is installed: that takes longer than to write a million records."""
    code = """\
import sys
import numpy as np
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.tracefile import TraceWriter
with TraceWriter(sys.argv[1], source="", importer="", architecture="", batch_records=3) as writer:
    writer.append(Columns(*(np.full(10, 1 + (name == "fetches"), dtype) for name, dtype in DTYPES.items())))
    writer.close(instructions=20, loads=0, stores=10)
print("pandas" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.arrow")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "False", done.stderr
