# SPDX-License-Identifier: BSD-3-Clause
"""Importing PPCMTR01 streams: the rules one by one, and the refusals."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest

from simobjects.cext.traces.mtr import MOST_INSTRUCTIONS, MtrDecoder
from simobjects.cext.traces.records import DecodeError
from simobjects.traces.header import TraceHeader
from simobjects.traces.mtr import import_mtr
from simobjects.traces.tracefile import TraceError, iter_columns
from tests.reference.ingest import encode_mtr

LOAD, STORE = ("static", (0x10000000, 4)), ("static", (0x10000004, 5))
CODE, OTHER = ("page", (0x10000,)), ("page", (0x10001,))


def load(address: int = 0x20000000) -> tuple[str, tuple[int, ...]]:
    return ("access", (0, address))


def store(address: int = 0x20000000) -> tuple[str, tuple[int, ...]]:
    return ("access", (1, address))


def mark(count: int) -> tuple[str, tuple[int, ...]]:
    return ("mark", (count,))


def imported(
    tmp_path: Path, *events: tuple[str, tuple[int, ...]], accesses: int | None = None, skip: int = 0
) -> tuple[list[tuple[int, ...]], TraceHeader]:
    out = tmp_path / "t.arrow"
    header = import_mtr(io.BytesIO(encode_mtr([LOAD, STORE, *events])), out, accesses=accesses, skip=skip)
    rows = [tuple(map(int, row)) for columns in iter_columns(out) for row in zip(*columns, strict=True)]
    return rows, header


def test_instructions_are_spread_evenly(tmp_path: Path) -> None:
    """20 instructions, one visit: 19 over 4 accesses, cumulative floor 4, 9, 14, 19; the visit's one comes first."""
    rows, header = imported(tmp_path, CODE, load(), store(), store(), load(), mark(20))
    assert rows == [
        (0x10000, 0x20000, 0, 1, 1 + 4),
        (0x10000, 0x20000, 1, 2, 10),
        (0x10000, 0x20000, 0, 1, 5),
    ]
    assert (header.instructions, header.loads, header.stores, header.crossings) == (20, 2, 2, 0)
    assert (header.source, header.importer) == ("stream", "mtr")
    assert (header.architecture, header.address_map) == ("ppc32", "none")


def test_each_visit_has_its_fetch_before_its_accesses(tmp_path: Path) -> None:
    """Two instructions over nine accesses come late, so the fetch of the visit is a record of its own."""
    rows, _ = imported(tmp_path, CODE, *[load()] * 9, mark(3))
    assert rows == [(0x10000, 0, 0, 0, 1), (0x10000, 0x20000, 0, 9, 2)]


def test_visit_without_access(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, CODE, OTHER, CODE, load(), mark(4))
    assert rows == [(0x10000, 0, 0, 0, 1), (0x10001, 0, 0, 0, 1), (0x10000, 0x20000, 0, 1, 2)]


def test_more_visits_than_instructions(tmp_path: Path) -> None:
    """Each visit is fetched from all the same; the two too many are taken off the next interval."""
    rows, header = imported(tmp_path, CODE, OTHER, CODE, load(), mark(1), load(), mark(5))
    assert [row[4] for row in rows] == [1, 1, 1, 2]
    assert header.instructions == 5


def test_crossing_access_is_two_lookups_lower_page_first(tmp_path: Path) -> None:
    rows, header = imported(tmp_path, CODE, store(0x20000FFE), store(0x20001000), mark(5))
    assert rows == [
        (0x10000, 0x20000, 1, 1, 1 + 2),
        (0x10000, 0x20001, 1, 1, 0),
        (0x10000, 0x20001, 1, 1, 2),
    ]
    assert (header.accesses, header.crossings, header.lookups) == (2, 1, 8)


def test_after_the_last_mark_the_rate_before_it_holds(tmp_path: Path) -> None:
    """7 instructions for 2 accesses between the last two marks: 10 for the 3 that follow."""
    rows, _ = imported(tmp_path, CODE, load(), mark(5), load(), load(), mark(12), load(), load(), load())
    assert [row[3:] for row in rows] == [(1, 5), (2, 7), (3, 10)]


def test_with_one_mark_or_none_an_access_is_an_instruction(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, CODE, load(), mark(5), load(), load())
    assert [row[3:] for row in rows] == [(1, 5), (2, 2)]
    rows, _ = imported(tmp_path, CODE, load(), load(), load())
    assert sum(row[4] for row in rows) == 3


def test_recording_that_began_in_the_middle(tmp_path: Path) -> None:
    """The first mark counts what was not recorded; the page comes from the instruction's address."""
    rows, _ = imported(tmp_path, load(), load(), mark(1 << 30), load(), mark((1 << 30) + 4))
    assert rows == [(0x10000, 0x20000, 0, 2, 2), (0x10000, 0x20000, 0, 1, 4)]


def test_marks_without_accesses_belong_to_the_page(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, CODE, mark(9), mark(12), load(), mark(13))
    assert rows == [(0x10000, 0, 0, 0, 1), (0x10000, 0, 0, 0, 8), (0x10000, 0, 0, 0, 3), (0x10000, 0x20000, 0, 1, 1)]


def test_accesses_and_skip_cut_the_same_spread(tmp_path: Path) -> None:
    events = [CODE, load(), store(), OTHER, load(), store(), mark(14), load(), mark(16)]
    whole, _ = imported(tmp_path, *events)
    assert [row[4] for row in whole] == [4, 3, 4, 3, 2]
    first, header = imported(tmp_path, *events, accesses=2)
    assert first == whole[:2]
    assert header.importer == "mtr --accesses 2"
    rest, header = imported(tmp_path, *events, accesses=2, skip=2)
    assert rest == whole[2:4]
    assert header.importer == "mtr --accesses 2 --skip 2"
    # starting inside a visit enters the page once more: one fetch for that, one less to spread
    inside, _ = imported(tmp_path, *events, accesses=1, skip=1)
    assert inside == [(0x10000, 0x20000, 1, 1, 4)]


def test_long_runs_are_split(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, CODE, *[load()] * 70_000, mark(70_001))
    assert [row[3:] for row in rows] == [(65535, 65536), (4465, 4465)]


def test_zstd_and_file_name(tmp_path: Path) -> None:
    plain = encode_mtr([LOAD, CODE, load(), mark(3)])
    (tmp_path / "a.mtr").write_bytes(plain)
    (tmp_path / "a.mtr.zst").write_bytes(pa.compress(plain, "zstd", asbytes=True))
    one = import_mtr(tmp_path / "a.mtr", tmp_path / "1.arrow")
    two = import_mtr(str(tmp_path / "a.mtr.zst"), tmp_path / "2.arrow", label="b", license_note="n", level=19)
    assert one.content_hash == two.content_hash
    assert (one.source, two.source, two.license_note) == ("a.mtr", "b", "n")


FIX = "\n  fix: record the trace again, or copy the file again"


@pytest.mark.parametrize(
    ("stream", "what"),
    [
        (b"", "byte offset 0: not a good PPCMTR01 stream: it is empty (offset in the decompressed stream)"),
        (
            b"PPC",
            "byte offset 3: not a good PPCMTR01 stream: it ends inside the 8-byte magic b'PPCMTR01' "
            "(offset in the decompressed stream)",
        ),
        (
            b"PPP",
            "byte offset 0: not a good PPCMTR01 stream: it begins with b'PPP', not with b'PPCMTR01' "
            "(offset in the decompressed stream)",
        ),
        (
            b"ARROW1\0\0",
            "byte offset 0: not a good PPCMTR01 stream: it begins with b'ARROW1\\x00\\x00', "
            "not with b'PPCMTR01' (offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01\x02\x05\x02",
            "byte offset 10: not a good PPCMTR01 stream: it ends inside an item of which "
            "1 bytes are there (offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01\x03\x00",
            "byte offset 8: not a good PPCMTR01 stream: an access names instruction 0, but 0 are "
            "defined (offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01\x00\x00\x10",
            "byte offset 8: not a good PPCMTR01 stream: instruction flags 16 are above 15 "
            "(offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01\x02\x05\x02\x04",
            "byte offset 10: not a good PPCMTR01 stream: the instruction mark 4 is below the "
            "one before it, 5 (offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01\x02\x05\x02\x85\x80\x80\x80\x10",
            "byte offset 10: not a good PPCMTR01 stream: the instruction "
            "mark 4294967301 is 2^32 or more above the one before, 5 (offset in the decompressed stream)",
        ),
        (
            b"PPCMTR01" + b"\xff" * 11,
            "byte offset 8: not a good PPCMTR01 stream: a number there is longer than 64 bits "
            "(offset in the decompressed stream)",
        ),
    ],
)
def test_refusals(tmp_path: Path, stream: bytes, what: str) -> None:
    with pytest.raises(TraceError) as caught:
        import_mtr(io.BytesIO(stream), tmp_path / "t.arrow")
    assert str(caught.value) == f"the input stream: {what}{FIX}"
    assert list(tmp_path.iterdir()) == []


def test_refused_input_and_options(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"no\.mtr: cannot be opened: No such file or directory"):
        import_mtr(tmp_path / "no.mtr", tmp_path / "t.arrow")
    with pytest.raises(TraceError, match=": cannot be opened: Is a directory"):
        import_mtr(tmp_path, tmp_path / "t.arrow")
    with pytest.raises(TraceError, match="there are no records to write"):
        import_mtr(io.BytesIO(b"PPCMTR01"), tmp_path / "t.arrow")
    with pytest.raises(ValueError, match="accesses is 0, expected 1 or more"):
        import_mtr(io.BytesIO(b""), tmp_path / "t.arrow", accesses=0)
    with pytest.raises(ValueError, match="skip is -1, expected 0 or more"):
        import_mtr(io.BytesIO(b""), tmp_path / "t.arrow", skip=-1)
    packed = pa.compress(encode_mtr([LOAD, CODE, load(), mark(3)]), "zstd", asbytes=True)
    with pytest.raises(TraceError, match="the zstd frame is damaged or cut off"):
        import_mtr(io.BytesIO(packed[:-2]), tmp_path / "t.arrow")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_defines_no_more_instructions_than_a_program_has() -> None:
    """29 KB of zstd may be gigabytes of definitions: the table that they fill has an end."""
    definition = encode_mtr([LOAD])[8:]
    decoder = MtrDecoder(most_instructions=1000)
    decoder.feed(b"PPCMTR01" + definition * 1000)
    with pytest.raises(DecodeError, match="it defines more than 1000 instructions that load or store") as caught:
        decoder.feed(definition)
    assert caught.value.offset == 8 + 1000 * len(definition)
    with pytest.raises(ValueError, match=f"most_instructions must be 1 to {MOST_INSTRUCTIONS}"):
        MtrDecoder(most_instructions=MOST_INSTRUCTIONS + 1)
