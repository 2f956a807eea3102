# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of blocks: what they say of the records, how they are kept, and what becomes of damaged ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.cext.traces.blocks import BlockMaker, Blocks, words_of
from simobjects.cext.traces.columns import scan
from simobjects.cext.traces.stream import TraceStream
from simobjects.traces import _blocks
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.writer import TraceWriter

FULL = 2**32 - 1
Record = tuple[int, int, int, int, int]
PAGES = st.integers(0, 5) | st.integers(0, 2**20 - 1)
RECORDS = st.tuples(
    PAGES, PAGES, st.integers(0, 1), st.integers(0, 3) | st.just(2**16 - 1), st.sampled_from((0, 1, 2, 9, FULL))
)


def columns_of(records: list[Record]) -> Columns:
    columns = zip(*records, strict=True) if records else ((),) * 5
    return Columns(*(np.array(column, kind) for column, kind in zip(columns, DTYPES.values(), strict=True)))


def part_of(columns: Columns, records: int) -> Columns:
    return Columns._make(column[:records] for column in columns)


def first_references(record: Record) -> list[tuple[int, str, int]]:
    """(page, what it is, fetches of the record behind it) of the first fetch and the first access, in their order."""
    code, data, kind, n, m = record
    before = m // n if n else m  # fetches before the first access
    fetch = [(code, "fetch", m - 1)] if m else []
    access = [(data, "store" if kind else "load", m - before)] if n else []
    return fetch + access if before else access + fetch


Block = tuple[int, int, int, list[tuple[int, bool, bool, str, bool]], bool]


def plain(records: list[Record], size: int) -> list[Block]:
    """The whole blocks of so many records."""
    found: list[Block] = []
    for begin in range(0, len(records) - size + 1, size):
        block = records[begin : begin + size]
        code, data = {r[0] for r in block if r[4]}, {r[1] for r in block if r[3]}
        first: dict[int, tuple[str, bool]] = {}
        for number, record in enumerate(block):
            later = any(r[4] for r in block[number + 1 :])
            for page, what, behind in first_references(record):
                first.setdefault(page, (what, not later and behind == 0))
        pages = [(page, page in code, page in data, *how) for page, how in first.items()]
        fetches, accesses = sum(r[4] for r in block), sum(r[3] for r in block)
        stores = sum(r[3] for r in block if r[2])
        odd = bool(pages) and any(r[3] > r[4] or (r[3] == 0 and r[1] > 0) for r in block)
        found.append((min(fetches, FULL), min(accesses, FULL), min(stores, FULL), pages, odd))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, max_size=40), st.integers(1, 3))
def test_blocks_are_the_sums_and_the_pages_of_their_records(records: list[Record], shift: int) -> None:
    made = Blocks(np.frombuffer(words_of(*columns_of(records), shift=shift), np.uint32))
    assert made.records == len(records)
    for level in range(made.levels):
        assert made.level(level) == plain(records, 1 << shift * (level + 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, max_size=40), st.lists(st.integers(0, 40), max_size=6), st.integers(1, 2))
def test_a_summary_of_parts_is_that_of_the_whole(records: list[Record], cuts: list[int], shift: int) -> None:
    maker = BlockMaker(shift)
    points = sorted({min(cut, len(records)) for cut in cuts} | {0, len(records)})
    for begin, end in pairwise(points):
        maker.add(*columns_of(records[begin:end]))
    assert maker.words() == words_of(*columns_of(records), shift=shift)
    assert b"".join(maker.parts()) == maker.words()
    with pytest.raises(ValueError, match="has its end already"):
        maker.add(*columns_of([(1, 2, 0, 1, 1)]))


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, max_size=40), st.integers(0, 40))
def test_a_maker_counts_what_it_is_given(records: list[Record], cut: int) -> None:
    """And checks it, as `scan` does, which makes no summary."""
    maker, of_maker, of_scan = BlockMaker(2), bytearray(1 << 20), bytearray(1 << 20)
    for part in (records[:cut], records[cut:]):
        columns = columns_of(part)
        found = scan(*columns, of_scan)
        assert maker.add(*columns, of_maker) == found or found[0] >= 0
        if found[0] >= 0:
            assert maker.add(*columns, of_maker)[0] == found[0]
            return
    assert of_maker == of_scan
    assert maker.records == len(records)


def test_a_trace_that_is_written_has_its_summary_kept(
    long: Columns, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = cache.with_name("long.arrow")
    with TraceWriter(out, source="test", importer="test", architecture="none", batch_records=256) as writer:
        writer.append(long)
        header = writer.close(instructions=2000, loads=1, stores=1)
    assert [path.name for path in cache.iterdir()] == [f"{header.content_hash}-{_blocks.FORMAT}"]
    monkeypatch.setattr(_blocks, "words_of", None)
    kept = _blocks.blocks_of(long, header.content_hash)
    assert levels(kept) == levels(Blocks(np.frombuffer(words_of(*long), np.uint32)))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> Columns:
    """Columns that are long enough to have their summary kept."""
    monkeypatch.setattr(_blocks, "LEAST", 0)
    return columns_of([(i % 7, i % 11, i % 2, 1 + i % 3, i % 5) for i in range(1000)])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))
    return tmp_path / "blocks"


def file_of(letters: str) -> Path:
    """The file of the summary of a trace whose hash is these two letters again and again, without the folder."""
    return Path(f"{letters * 32}-{_blocks.FORMAT}")


def levels(made: Blocks) -> list[object]:
    return [made.level(level) for level in range(made.levels)]


def test_a_summary_is_made_once_and_mapped_afterwards(
    long: Columns, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _blocks.blocks_of(long, "ab" * 32)
    monkeypatch.setattr(_blocks, "words_of", None)
    assert levels(_blocks.blocks_of(long, "ab" * 32)) == levels(first)
    assert [path.name for path in cache.iterdir()] == [file_of("ab").name]


def test_summaries_of_two_formats_lie_side_by_side(long: Columns, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _blocks.blocks_of(long, "ab" * 32)
    this = {path: path.read_bytes() for path in cache.iterdir()}
    monkeypatch.setattr(_blocks, "FORMAT", _blocks.FORMAT + 1)
    _blocks.blocks_of(long, "ab" * 32)
    assert len(list(cache.iterdir())) == 2
    assert {path: path.read_bytes() for path in this} == this


def test_every_damaged_byte_of_a_kept_summary_is_found(long: Columns, cache: Path) -> None:
    expected = levels(_blocks.blocks_of(long, "cd" * 32))
    path = cache / file_of("cd")
    whole = path.read_bytes()
    for where in (*range(80), *range(80, len(whole), 97)):
        path.write_bytes(whole[:where] + bytes([whole[where] ^ 0x41]) + whole[where + 1 :])
        assert levels(_blocks.blocks_of(long, "cd" * 32)) == expected
        assert path.read_bytes() == whole, where


@pytest.mark.parametrize("what", ["short", "empty", "folder", "of another trace", "of fewer records"])
def test_what_is_no_summary_of_these_records_is_made_again(long: Columns, cache: Path, what: str) -> None:
    expected = levels(_blocks.blocks_of(long, "ef" * 32))
    path = cache / file_of("ef")
    if what == "folder":
        path.unlink()
        path.mkdir()
    elif what == "of another trace":
        _blocks.blocks_of(columns_of([(9, 9, 0, 1, 1)] * 1000), "01" * 32)
        path.write_bytes((cache / file_of("01")).read_bytes())
    elif what == "of fewer records":
        _blocks.blocks_of(part_of(long, 900), "ef" * 32)
    else:
        path.write_bytes(path.read_bytes()[:-4] if what == "short" else b"")
    assert levels(_blocks.blocks_of(long, "ef" * 32)) == expected


@pytest.mark.parametrize("where", range(4 + 2 * 3 + 4))
def test_words_that_are_no_summary_are_refused(where: int) -> None:
    words = np.frombuffer(words_of(*columns_of([(1, 2, 0, 1, 1)] * 70)), np.uint32).copy()
    words[where] ^= 0x1_0000
    if where < 10 or where == 13:  # the head; of a block its first page, not its sums
        with pytest.raises(ValueError):
            Blocks(words)
    else:
        Blocks(words)
    for length in range(len(words)):
        with pytest.raises(ValueError):
            Blocks(words[:length])


def test_a_summary_of_other_records_is_not_taken() -> None:
    columns = columns_of([(1, 2, 0, 1, 1)] * 70)
    stream = TraceStream(*columns)
    assert not stream.summarised
    with pytest.raises(ValueError, match="a summary of 69 records for a stream of 70"):
        stream.summarise(Blocks(np.frombuffer(words_of(*part_of(columns, 69)), np.uint32)))
    stream.summarise()
    assert stream.rewound().summarised


def test_a_record_of_as_many_references_as_its_columns_hold_is_one() -> None:
    """Their sum does not fit into 32 bits."""
    stream = TraceStream(*columns_of([(1, 2, 0, 1, FULL)]))
    assert (stream.references, stream.instructions) == (2**32, FULL)
