# SPDX-License-Identifier: BSD-3-Clause
"""The native decoders and their plain Python twins agree on any stream, however it is cut into pieces."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.cext.traces import columns as native_columns
from simobjects.cext.traces.mtr import MtrDecoder
from simobjects.traces import lackey
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.lackey import import_lackey
from simobjects.traces.tally import Tally
from simobjects.traces.tracefile import iter_columns
from simobjects.traces.writer import TraceWriter
from tests.reference.ingest import (
    MtrTwin,
    encode_mtr,
    expand,
    fifo_misses,
    fifo_misses_on_entry,
    lackey_lookups,
)

PAGES = st.sampled_from([0x10000, 0x10001, 0x10002, 0x10100, 0xFFFFF, 0])
ADDRESSES = st.builds(
    lambda page, offset: page << 12 | offset, PAGES, st.sampled_from([0, 4, 8, 0x800, 0xFFC, 0xFFD, 0xFFF])
)


def rows(columns: Columns) -> list[tuple[int, ...]]:
    return [tuple(int(value) for value in row) for row in zip(*columns, strict=True)]


def poured(decoder: MtrDecoder, room: int = 5) -> Columns:
    """All that an end has finished, so many records at a time."""
    parts = [Columns(*(np.empty(0, dtype) for dtype in DTYPES.values()))]
    while decoder.left:
        part = Columns(*(np.empty(2 + room, dtype) for dtype in DTYPES.values()))
        decoder.aim(*part, 2)
        parts.append(Columns._make(column[2 : decoder.reached] for column in part))
    return Columns._make(np.concatenate(column) for column in zip(*parts, strict=True))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    points = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in zip(points, points[1:], strict=False)]


@st.composite
def mtr_events(draw: st.DrawFn, largest: int = 1 << 31) -> list[tuple[str, tuple[int, ...]]]:
    events: list[tuple[str, tuple[int, ...]]] = []
    statics = draw(st.lists(st.tuples(ADDRESSES, st.integers(0, 9)), min_size=1, max_size=6))
    events += [("static", static) for static in statics]
    count = draw(st.sampled_from([0, 0, 5, (1 << 20) + 1])) if largest > 1 << 20 else 0
    for what in draw(st.lists(st.sampled_from("aaaaaaappmr"), max_size=60)):
        if what == "p":
            events.append(("page", (draw(PAGES),)))
        elif what == "m":
            count += draw(st.one_of(st.integers(0, 60), st.sampled_from([1000, largest])))
            events.append(("mark", (count,)))
        else:
            access = ("access", (draw(st.integers(0, len(statics) - 1)), draw(ADDRESSES)))
            events += [access] * (draw(st.integers(2, 9)) if what == "r" else 1)
    return events


@settings(max_examples=400, deadline=None)
@given(
    mtr_events(),
    st.lists(st.integers(0, 10_000), max_size=5),
    st.one_of(st.just(-1), st.integers(0, 40)),
    st.one_of(st.just(0), st.integers(0, 20)),
    st.sampled_from([1, 2, 7, 1 << 20]),
)
def test_mtr_decoder_is_its_twin(
    events: list[tuple[str, tuple[int, ...]]], cuts: list[int], accesses: int, skip: int, limit: int
) -> None:
    stream = encode_mtr(events)
    twin = MtrTwin(skip, float("inf") if accesses < 0 else skip + accesses, limit).read(stream)
    decoder = MtrDecoder(accesses=accesses, skip=skip, interval_limit=limit)
    for piece in pieces(stream, cuts):
        decoder.feed(piece)
    decoder.finish()
    records = rows(poured(decoder))
    assert records == twin.records
    totals = decoder.totals()
    assert totals.pop("records") == len(records)
    assert totals == twin.totals


@settings(max_examples=300, deadline=None)
@given(mtr_events(), st.lists(st.integers(0, 10_000), max_size=5), st.integers(1, 9), st.sampled_from([1, 7, 1 << 20]))
def test_records_that_find_no_room_wait(
    events: list[tuple[str, tuple[int, ...]]], cuts: list[int], room: int, limit: int
) -> None:
    """Those that do are in the columns as they are finished, and nothing is written behind these."""
    stream = encode_mtr(events)
    decoder = MtrDecoder(interval_limit=limit)
    records: list[tuple[int, ...]] = []
    whole = Columns(*(np.full(room + 3, 77, dtype) for dtype in DTYPES.values()))
    columns = Columns._make(column[:room] for column in whole)
    decoder.aim(*columns, 0)
    taken = 0
    for piece in [*pieces(stream, cuts), b""]:
        if piece:
            decoder.feed(piece)
        else:
            decoder.finish()
        records += rows(Columns._make(column[taken : decoder.reached] for column in columns))
        while decoder.reached == room:
            decoder.aim(*columns, 0)
            records += rows(Columns._make(column[: decoder.reached] for column in columns))
        taken = decoder.reached
        assert decoder.left == 0
    assert records == MtrTwin(0, float("inf"), limit).read(stream).records
    assert all((column[room:] == 77).all() for column in whole)


@settings(max_examples=200, deadline=None)
@given(mtr_events(largest=2000))
def test_mtr_records_say_what_the_stream_says(events: list[tuple[str, tuple[int, ...]]]) -> None:
    """Independent of how the fetches are spread: order and pages of accesses, page visits."""
    events = [("page", (0x10000,)), *events]  # as every recording from a program's start
    decoder = MtrDecoder()
    decoder.feed(encode_mtr(events))
    decoder.finish()
    records = rows(poured(decoder))
    lookups = list(expand(records))
    flags = [values[1] for kind, values in events if kind == "static"]
    wanted = []
    visited = [values[0] for kind, values in events if kind == "page"]
    for kind, values in events:
        if kind == "access":
            index, address = values
            letter, size = "LS"[flags[index] & 1], 1 << (flags[index] >> 1)
            wanted.append((letter, address >> 12))
            upper = (address + size - 1) % (1 << 32) >> 12
            wanted += [(letter, upper)] if upper != address >> 12 else []
    assert [lookup for lookup in lookups if lookup[0] != "F"] == wanted
    # each visit is fetched from at least once, in order: the visits are a subsequence of the fetches
    fetched = iter(page for letter, page in lookups if letter == "F")
    assert all(page in fetched for page in visited)
    assert all(row[3] + row[4] > 0 for row in records)


def test_records_go_where_there_is_room() -> None:
    decoder = MtrDecoder()
    decoder.feed(encode_mtr([]))
    columns = Columns(*(np.empty(4, dtype) for dtype in DTYPES.values()))
    decoder.aim(*columns, 4)
    assert (decoder.reached, decoder.left) == (4, 0)
    with pytest.raises(ValueError, match="place 5 of columns of 4 records"):
        decoder.aim(*columns, 5)
    with pytest.raises(ValueError, match="differ in length"):
        decoder.aim(*columns._replace(kind=columns.kind[:3]), 0)
    with pytest.raises(ValueError, match="columns of no records"):
        decoder.aim(*Columns._make(column[:0] for column in columns), 0)


def test_mtr_instructions_between_marks_are_exact() -> None:
    events = [("static", (0x10000000, 4)), ("page", (0x10000,)), ("access", (0, 0x20000000)), ("mark", (7,))]
    for count in (30, 31, 99):
        events += [("page", (0x10000 + count,)), *[("access", (0, 0x20000000))] * 9, ("mark", (count,))]
    decoder = MtrDecoder()
    decoder.feed(encode_mtr(events))
    assert decoder.totals()["instructions"] == 99
    assert sum(poured(decoder).fetches) == 99


LOW = st.sampled_from([0x400000, 0x400FFE, 0x4FFFFE, 0x500000, 0x08048000, 0xFFFFE000, 0x1FFC])
HIGH = st.sampled_from([0x1FFF000688, 0x7FFFFFFFFFFF, 0x100000000, 0xFFFFFFFF])


@st.composite
def lackey_lines(draw: st.DrawFn) -> list[str]:
    lines = []
    where = LOW
    for kind in draw(st.lists(st.sampled_from(["I ", "I ", "I ", " L", " S", " M", "=", "wide"]), max_size=60)):
        if kind == "=":
            lines.append(draw(st.sampled_from(["==12== Command: x", "--12-- note", "**12** text", ""])))
        elif kind == "wide":
            where = st.one_of(LOW, HIGH)
        else:
            line = f"{kind} {draw(where):08x},{draw(st.sampled_from([1, 2, 4, 8, 32, 4096]))}"
            lines += [line] * draw(st.sampled_from([1, 1, 1, 3]))
    return lines


@settings(max_examples=300, deadline=None)
@given(lackey_lines(), st.sampled_from(["auto", "always"]), st.booleans(), st.sampled_from([3, 1000]))
def test_lackey_import_keeps_the_exact_order(
    tmp_path_factory: Any, lines: list[str], renumber: Any, newline: bool, batch: int
) -> None:
    wanted = lackey_lookups(lines, renumber)
    if not wanted:
        return
    out = tmp_path_factory.mktemp("lackey") / "t.arrow"
    text = "\n".join(lines) + ("\n" if newline else "")
    small = functools.partial(TraceWriter, batch_records=batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lackey, "TraceWriter", small)
        header = import_lackey(_Trickle(text.encode()), out, renumber=renumber)  # type: ignore[arg-type]
    found = [lookup for columns in iter_columns(out) for lookup in expand(rows(columns))]
    assert found == wanted
    assert header.lookups == len(wanted)
    references = [line[:2] for line in lines if line[:1] in ("I", " ")]
    assert header.instructions == references.count("I ")
    assert header.loads == references.count(" L") + references.count(" M")
    assert header.stores == references.count(" S") + references.count(" M")
    assert (header.address_map == "none") == all(
        int(line[3:].split(",")[0], 16) + int(line.split(",")[1]) <= 1 << 32 for line in lines if line[:1] in ("I", " ")
    ) or renumber == "always"


class _Trickle(io.RawIOBase):
    """A stream that gives seven bytes at a time, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 7))


RECORD = st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 1), st.integers(0, 6), st.integers(0, 9))
RECORDS = st.lists(RECORD, max_size=40)


def columns_of(records: list[tuple[int, ...]]) -> Columns:
    parts: list[Any] = list(zip(*records, strict=True)) or [()] * 5
    arrays: list[Any] = [np.array(part, dtype) for part, dtype in zip(parts, DTYPES.values(), strict=True)]
    return Columns(*arrays)


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.integers(1, 5))
def test_fifo_misses_are_those_of_the_twin(records: list[tuple[int, ...]], entries: int) -> None:
    records = [record for record in records if record[3] + record[4]]
    c = columns_of(records)
    native = native_columns.fifo_misses(c.fetch_page, c.data_page, c.accesses, c.fetches, entries)
    assert native == fifo_misses(expand(records), entries)
    native = native_columns.fifo_misses(c.fetch_page, c.data_page, c.accesses, c.fetches, entries, True)
    assert native == fifo_misses_on_entry(records, entries)


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.integers(0, 40))
def test_tally_counts_and_refuses(records: list[tuple[int, ...]], cut: int) -> None:
    bad = [i for i, (_, d, k, n, m) in enumerate(records) if n + m == 0 or (n == 0 and (d or k))]
    tally = Tally()
    if bad:
        with pytest.raises(ValueError, match=f"record {bad[0]} is not valid"):
            tally.add(columns_of(records))
        return
    whole = columns_of(records)
    columns: list[Any] = list(whole)
    tally.add(Columns(*(column[:cut] for column in columns)))
    tally.add(Columns(*(column[cut:] for column in columns)))
    lookups = list(expand(records))
    assert tally.lookups == len(lookups)
    assert tally.fetches == sum(letter == "F" for letter, _ in lookups)
    assert tally.store_lookups == sum(letter == "S" for letter, _ in lookups)
    assert tally.pages == len({page for _, page in lookups})
    once = Tally()
    once.add(whole)
    assert tally.content_hash() == once.content_hash()
