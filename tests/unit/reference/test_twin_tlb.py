# SPDX-License-Identifier: BSD-3-Clause
"""The twin's TLB against cases worked out by hand."""

from __future__ import annotations

import pytest

from tests.reference.tlb import NOWHERE, SPACE, TLB, VALID, Entry, size_field


def page(ea: int, size: int = 4096, tid: int = 0, space: int = 0) -> Entry:
    """A valid entry for a page, mapped to itself."""
    return Entry(ea | VALID | (SPACE if space else 0) | size_field(size), ea, 0x3F, tid)


@pytest.mark.parametrize(
    ("size", "code"),
    [(1 << 10, 0), (1 << 12, 1), (1 << 14, 2), (1 << 16, 3), (1 << 18, 4), (1 << 20, 5), (1 << 24, 7), (1 << 28, 9)],
)
def test_each_page_size_matches_exactly_its_bytes(size: int, code: int) -> None:
    tlb = TLB(2)
    tlb.write(1, page(0x40000000, size))
    assert size_field(size) == code << 4
    assert tlb.find(0, 5, 0x40000000) == 1
    assert tlb.find(0, 5, 0x40000000 + size - 1) == 1
    assert tlb.find(0, 5, 0x40000000 + size) == NOWHERE
    assert tlb.find(0, 5, 0x3FFFFFFF) == NOWHERE


@pytest.mark.parametrize("code", [6, 8, 10, 11, 12, 13, 14, 15])
def test_unsupported_sizes_match_nothing(code: int) -> None:
    tlb = TLB(2)
    tlb.write(0, Entry(VALID | code << 4))
    tlb.write(1, page(0))
    assert tlb.find(0, 0, 0) == 1
    assert tlb.overlapping_writes == 0


def test_tid_zero_matches_every_pid_and_another_tid_only_its_own() -> None:
    tlb = TLB(2)
    tlb.write(0, page(0x1000, tid=7))
    tlb.write(1, page(0x2000))
    assert [tlb.find(0, pid, 0x1000) for pid in (0, 7, 8)] == [NOWHERE, 0, NOWHERE]
    assert [tlb.find(0, pid, 0x2000) for pid in (0, 7, 8)] == [1, 1, 1]
    assert tlb.find(1, 7, 0x1000) == NOWHERE


def test_lowest_index_wins_and_overlaps_are_counted_once_per_write() -> None:
    tlb = TLB(4)
    tlb.write(3, page(0x10000, 65536))
    tlb.write(2, page(0x11000))
    tlb.write(1, page(0x11000, tid=3))
    tlb.write(0, page(0x11000, space=1))
    assert tlb.overlapping_writes == 2
    assert tlb.find(0, 3, 0x11000) == 1
    assert tlb.find(0, 4, 0x11000) == 2
    assert tlb.find(0, 4, 0x12000) == 3


def test_different_tids_do_not_overlap() -> None:
    tlb = TLB(2)
    tlb.write(0, page(0x1000, tid=1))
    tlb.write(1, page(0x1000, tid=2))
    assert tlb.overlapping_writes == 0


def test_a_word_write_changes_one_word_and_word_0_takes_the_tid() -> None:
    tlb = TLB(1)
    tlb.write_word(0, 1, 0x5000, 9)
    tlb.write_word(0, 2, 0x3F, 9)
    assert tlb.slots[0] == Entry(0, 0x5000, 0x3F, 0)
    tlb.write_word(0, 0, page(0x1000).w0, 9)
    assert tlb.slots[0] == Entry(page(0x1000).w0, 0x5000, 0x3F, 9)
    assert tlb.tlbwe == 3


def test_each_word_write_that_leaves_an_overlap_counts() -> None:
    tlb = TLB(2)
    tlb.write(0, page(0x1000))
    for word, value in ((1, 0), (0, page(0x1000).w0), (2, 0)):
        tlb.write_word(1, word, value, 0)
    assert tlb.overlapping_writes == 2
    tlb.write_word(1, 0, 0, 0)
    assert tlb.overlapping_writes == 2


def test_lookups_are_hits_and_misses() -> None:
    tlb = TLB(1)
    tlb.write(0, page(0x1000))
    assert [tlb.lookup(0, 0, ea) for ea in (0x1000, 0x2000, 0x1FFF)] == [0, NOWHERE, 0]
    assert (tlb.lookups, tlb.hits, tlb.misses) == (3, 2, 1)


def test_a_sweep_spares_what_lies_above() -> None:
    tlb = TLB(3)
    for slot in range(3):
        tlb.place(slot, page(0x1000 * slot))
    tlb.sweep(1, 2)
    assert [entry.valid for entry in tlb.slots] == [False, False, True]
    assert tlb.tlbwe == 2
