# SPDX-License-Identifier: BSD-3-Clause
"""The cache of a trace is never trusted: whatever happened to it, the records are right and it is made again."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from xxhash import xxh3_64_hexdigest

from simobjects.traces import _cache, _stamps
from simobjects.traces.columns import DTYPES, Columns, from_bytes
from simobjects.traces.header import COUNTS
from simobjects.traces.tracefile import Trace, TraceWriter, open_trace, read_header

if TYPE_CHECKING:
    from typing_extensions import Buffer

FILES = ["entry.json", *(f"{name}.npy" for name in DTYPES)]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A rebuild says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def same(a: Columns, b: Columns) -> bool:
    pairs: list[tuple[Any, Any]] = list(zip(a, b, strict=True))
    return all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def entry_of(cache: Path, trace: Trace) -> Path:
    return cache / "traces" / trace.content_hash


def made_again(path: Path, columns: Columns, cache: Path, before: dict[str, bytes]) -> None:
    """The records are right, and so is the entry, in which nothing is left of the damage."""
    opened = open_trace(path)
    assert same(opened.columns, columns)
    place = entry_of(cache, opened)
    assert [each.name for each in (cache / "traces").iterdir()] == [place.name]
    assert not place.is_symlink()
    assert {each.name: each.read_bytes() for each in place.iterdir()} == before


# ------------------------------------------------------------------------------------------- a trace of half a million


LARGE = 1 << 19


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Columns]:
    """A trace whose columns are longer than any sample of them."""
    rng = np.random.default_rng(3)
    columns = Columns(
        rng.integers(0x10000, 0x10100, LARGE, np.uint32),
        rng.integers(0x20000, 0x20400, LARGE, np.uint32),
        np.zeros(LARGE, np.uint8),
        rng.integers(1, 5, LARGE, np.uint16),
        rng.integers(0, 1000, LARGE, np.uint32),
    )
    path = tmp_path_factory.mktemp("large") / "large.arrow"
    with TraceWriter(path, source="s", importer="i", architecture="a", level=1) as writer:
        writer.append(columns)
        writer.close(instructions=int(columns.fetches.sum()), loads=int(columns.accesses.sum()), stores=0)
    return path, columns


def flip(column: np.ndarray[Any, Any], at: int) -> None:
    column[at] ^= 1


def swap(column: np.ndarray[Any, Any], at: int) -> None:
    """With the next record that has another value."""
    other = at + 1 + int(np.argmax(column[at + 1 :] != column[at]))
    column[at], column[other] = column[other], column[at]


def move(column: np.ndarray[Any, Any], at: int) -> None:
    """A block of the disk (4096 bytes) in place of the one before it."""
    count = 4096 // column.itemsize
    column[at : at + count] = column[at + count : at + 2 * count].copy()


def high(column: np.ndarray[Any, Any], at: int) -> None:
    """A page beyond 32-bit addresses, or as much for another column."""
    column[at] = np.iinfo(column.dtype).max


def high_twice(column: np.ndarray[Any, Any], at: int) -> None:
    """The highest bit of two words that a sum of words, or a product without rotation, does not tell."""
    top = column.dtype.type(1 << (8 * column.itemsize - 1))
    for place in (at, at + 64 // column.itemsize):
        column[place] ^= top


@pytest.mark.parametrize("change", [flip, swap, move, high, high_twice])
@pytest.mark.parametrize("name", ["fetch_page", "data_page", "accesses", "fetches"])
def test_a_change_anywhere_in_a_large_entry_is_found(
    large: tuple[Path, Columns], cache: Path, name: str, change: Callable[[np.ndarray[Any, Any], int], None]
) -> None:
    path, columns = large
    entry = entry_of(cache, open_trace(path))
    header = read_header(path)
    file = entry / f"{name}.npy"
    whole = file.read_bytes()
    for at in (6000, LARGE // 2 + 7000, LARGE - 14_000):
        written = np.load(file)
        change(written, at)
        np.save(file, written)
        assert file.read_bytes() != whole
        assert file.stat().st_size == len(whole)
        assert _cache.load(entry, header) is None
        file.write_bytes(whole)
        assert _cache.load(entry, header) is not None
    change(written := np.load(file), 6000)
    np.save(file, written)
    assert same(open_trace(path).columns, columns)
    assert file.read_bytes() == whole


# --------------------------------------------------------------------------------------------------- every file, small


def test_every_byte_of_an_entry_counts(trace: Path, cache: Path) -> None:
    place = entry_of(cache, open_trace(trace))
    header = read_header(trace)
    for name in FILES:
        file = place / name
        whole = file.read_bytes()
        for at in range(len(whole)):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
            assert _cache.load(place, header) is None, (name, at)
        file.write_bytes(whole)
        assert _cache.load(place, header) is not None


def array_in(file: Path, array: np.ndarray[Any, Any]) -> None:
    with file.open("wb") as out:  # np.save would give the note another name
        np.save(out, array, allow_pickle=True)


def instead(file: Path, make: Callable[[], object]) -> None:
    """Put what `make` makes in the place of a file."""
    file.unlink()
    make()


def full(place: Path) -> None:
    place.mkdir()
    (place / "x").touch()


def closed(place: Path) -> None:
    full(place)
    place.chmod(0)


DAMAGE: dict[str, Callable[[Path, bytes], object]] = {
    "cut": lambda file, whole: file.write_bytes(whole[:-3]),
    "cut to its header": lambda file, whole: file.write_bytes(whole[:128]),
    "longer": lambda file, whole: file.write_bytes(whole + b"1234"),
    "empty": lambda file, _: file.write_bytes(b""),
    "zeros": lambda file, whole: file.write_bytes(bytes(len(whole))),
    "missing": lambda file, _: file.unlink(),
    "no text": lambda file, whole: file.write_bytes(b"\xff" * len(whole)),
    "deep": lambda file, _: file.write_bytes(b"[" * 200_000),
    "pickle": lambda file, _: array_in(file, np.array([{}] * 5, dtype=object)),
    "type": lambda file, _: array_in(file, np.zeros(5, np.int64)),
    "shape": lambda file, _: array_in(file, np.zeros((5, 1), np.uint32)),
    "text of the header": lambda file, whole: file.write_bytes(whole.replace(b"{", b"(").replace(b"}", b")")),
    "directory": lambda file, _: instead(file, file.mkdir),
    "full directory": lambda file, _: instead(file, lambda: full(file)),
    "link to nothing": lambda file, _: instead(file, lambda: file.symlink_to("nothing")),
    "link to itself": lambda file, _: instead(file, lambda: file.symlink_to(file.name)),
    "link without end": lambda file, _: instead(file, lambda: file.symlink_to("/dev/zero")),
    "link to another": lambda file, _: instead(file, lambda: file.symlink_to("/etc/passwd")),
    "pipe": lambda file, _: instead(file, lambda: os.mkfifo(file)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_made_again(trace: Path, columns: Columns, cache: Path, name: str, damage: str) -> None:
    place = entry_of(cache, open_trace(trace))
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    DAMAGE[damage](place / name, before[name])
    made_again(trace, columns, cache, before)


def test_an_unreadable_file_is_made_again(trace: Path, columns: Columns, cache: Path) -> None:
    place = entry_of(cache, open_trace(trace))
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    (place / "kind.npy").chmod(0)
    if os.access(place / "kind.npy", os.R_OK):
        pytest.skip("this user may read everything")
    made_again(trace, columns, cache, before)


PLACES: dict[str, Callable[[Path], object]] = {
    "file": lambda place: place.write_text("no directory"),
    "empty directory": lambda place: place.mkdir(),
    "closed directory": closed,
    "link to nothing": lambda place: place.symlink_to("nothing"),
    "link to a file": lambda place: place.symlink_to("/etc/passwd"),
    "link to a directory": lambda place: place.symlink_to("/usr"),
    "link to itself": lambda place: place.symlink_to(place.name),
    "pipe": os.mkfifo,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", PLACES)
def test_what_is_in_the_place_of_an_entry_gives_way(trace: Path, columns: Columns, cache: Path, kind: str) -> None:
    place = entry_of(cache, open_trace(trace))
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    shutil.rmtree(place)
    PLACES[kind](place)
    made_again(trace, columns, cache, before)


# ------------------------------------------------------------------------------------------------------- whose entry


def test_the_entry_of_another_trace_is_not_taken(
    trace: Path, columns: Columns, cache: Path, tmp_path: Path, writing: Callable[..., Path]
) -> None:
    """Of one with the same counts, whole in itself."""
    place = entry_of(cache, open_trace(trace))
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    records = [tuple(map(int, row)) for row in zip(*columns, strict=True)]
    (tmp_path / "other").mkdir()
    other = open_trace(writing(tmp_path / "other" / "o.arrow", records[::-1]))
    assert [getattr(other.header, name) for name in COUNTS] == [getattr(read_header(trace), name) for name in COUNTS]
    shutil.rmtree(place)
    entry_of(cache, other).rename(place)
    made_again(trace, columns, cache, before)


def test_two_columns_changed_about_are_found(trace: Path, columns: Columns, cache: Path) -> None:
    place = entry_of(cache, open_trace(trace))
    before = {each.name: each.read_bytes() for each in place.iterdir()}
    (place / "data_page.npy").write_bytes(before["fetch_page.npy"])
    (place / "fetch_page.npy").write_bytes(before["data_page.npy"])
    made_again(trace, columns, cache, before)


def test_what_is_checked_is_what_is_used(
    trace: Path, columns: Columns, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is replaced by a wrong one as soon as checking begins."""
    place = entry_of(cache, open_trace(trace))

    def replacing(data: Buffer) -> str:
        for name, dtype in DTYPES.items():
            np.save(place / "new.npy", np.full(5, 3, dtype))
            (place / "new.npy").replace(place / f"{name}.npy")
        return xxh3_64_hexdigest(data)

    monkeypatch.setattr(_cache, "xxh3_64_hexdigest", replacing)
    loaded = _cache.load(place, read_header(trace))
    assert loaded is not None
    assert same(from_bytes(loaded), columns)
    assert int(np.load(place / "kind.npy")[0]) == 3


# ----------------------------------------------------------------------------------------------- what is looked through


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of what is looked through in a test, in which a file is settled at once."""
    calls: list[int] = []

    def noted(data: Buffer) -> str:
        calls.append(memoryview(data).nbytes)
        return xxh3_64_hexdigest(data)

    monkeypatch.setattr(_cache, "xxh3_64_hexdigest", noted)
    monkeypatch.setattr(_stamps, "_SETTLED_NS", -(10**18))
    yield calls


def test_what_has_not_changed_is_not_looked_through_again(
    trace: Path, columns: Columns, cache: Path, hashed: list[int]
) -> None:
    place = entry_of(cache, open_trace(trace))
    header = read_header(trace)
    assert _cache.load(place, header) is not None
    hashed.clear()
    assert _cache.load(place, header) is not None
    assert len(hashed) == 1, "of the stamps"
    for name in DTYPES:
        file = place / f"{name}.npy"
        os.utime(file, ns=(7, 7))
        hashed.clear()
        assert _cache.load(place, header) is not None
        assert [column.nbytes for column in columns] == hashed[1:], name
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        os.utime(file, ns=(7, 7))  # the time of its state is another for all that
        assert _cache.load(place, header) is None, name
        file.write_bytes(whole)


def test_what_is_noted_of_a_check_is_of_one_header(trace: Path, cache: Path, hashed: list[int]) -> None:
    place = entry_of(cache, open_trace(trace))
    header = read_header(trace)
    assert _cache.load(place, header) is not None
    other = replace(header, pages=header.pages + 1)
    assert _cache.load(place, other) is None
    note = cache / "checked" / header.content_hash
    for damaged in (b"", note.read_bytes()[:-1], note.read_bytes() + b" ", bytes(300)):
        note.write_bytes(damaged)
        hashed.clear()
        assert _cache.load(place, header) is not None
        assert len(hashed) > 5, "all was looked through"


def test_a_check_a_moment_after_a_change_is_not_noted(
    trace: Path, cache: Path, hashed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_stamps, "_SETTLED_NS", 10**18)
    place = entry_of(cache, open_trace(trace))
    assert _cache.load(place, read_header(trace)) is not None
    assert not (cache / "checked").exists()
