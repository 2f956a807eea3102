# SPDX-License-Identifier: BSD-3-Clause
"""Records to references, by hand."""

from __future__ import annotations

import pytest

from tests.reference.stream import FETCH, LOAD, STORE, Cursor, Record, references

LETTERS = {FETCH: "f", LOAD: "l", STORE: "s"}


def order(record: Record) -> str:
    return "".join(LETTERS[kind] for kind, _ in references(record))


@pytest.mark.parametrize(
    ("kind", "accesses", "fetches", "expected"),
    [
        (0, 0, 3, "fff"),
        (0, 0, 0, ""),
        (0, 2, 0, "ll"),
        (1, 1, 3, "fffs"),
        (0, 3, 1, "llfl"),
        (0, 3, 2, "lflfl"),
        (1, 2, 5, "ffsfffs"),
        (0, 4, 4, "flflflfl"),
    ],
)
def test_even_spread(kind: int, accesses: int, fetches: int, expected: str) -> None:
    assert order((1, 2, kind, accesses, fetches)) == expected


def test_addresses_are_pages() -> None:
    assert list(references((0x10, 0x20, 1, 1, 1))) == [(FETCH, 0x10000), (STORE, 0x20000)]


def test_a_cursor_ends_or_wraps_and_knows_its_record() -> None:
    first: Record = (1, 0, 0, 0, 1)
    second: Record = (2, 0, 0, 0, 1)
    once = Cursor([first, second])
    once.advance()
    assert once.record == second
    once.advance()
    assert once.current is None
    again = Cursor([first, second], wrap=True)
    again.advance()
    again.advance()
    assert (again.current, again.record) == ((FETCH, 0x1000), first)


def test_wrapping_nothing_ends() -> None:
    assert Cursor([(1, 0, 0, 0, 0)], wrap=True).current is None
    assert Cursor([], wrap=True).current is None
