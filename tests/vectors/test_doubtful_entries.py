# SPDX-License-Identifier: BSD-3-Clause
"""Test vectors 58 to 60: little-endian pages, and entries whose effect is undefined: a choice is made, and counted."""

from __future__ import annotations

from tests.helpers.bench440 import SR, SW, Bench

DATA_MISS = 13
A = 0xC0000000
PA = 0x00100000
LITTLE = 0x80


def test_vector_58_a_little_endian_page(bench: Bench) -> None:
    bench.map(0, epn=A, attributes=SR | SW | LITTLE)
    bench.machine.store(PA, b"\x11\x22\x33\x44")
    assert bench.load(A).vector is None
    assert bench["r6"] == 0x44332211
    bench.store(A + 4, 0x01020304)
    assert bench.machine.load(PA + 4, 4) == b"\x04\x03\x02\x01"
    bench.access("lwbrx", A)
    assert bench["r6"] == 0x11223344


def test_vector_59_of_two_matching_entries_the_lower_one_counts(bench: Bench) -> None:
    bench.map(8, epn=A, rpn=0x00140000, attributes=SR)
    assert bench.machine.diagnostics() == {}
    bench.map(7, epn=A, rpn=PA, attributes=SR)
    bench.machine.store(PA, b"\0\0\0\x07")
    assert bench.load(A).vector is None
    assert bench["r6"] == 7
    assert set(bench.machine.diagnostics()) == {"overlapping_entries"}


def test_vector_60_an_unsupported_page_size_matches_nothing(bench: Bench) -> None:
    bench.tlbwe(2, 0, SR)
    bench.tlbwe(0, 0, A | 0x200 | 6 << 4)
    assert bench.machine.diagnostics() == {"unsupported_page_size": 1}
    assert bench.load(A).vector == DATA_MISS
