# SPDX-License-Identifier: BSD-3-Clause
"""A TLB alone: any size, every page size, address spaces and TIDs, overlaps, counters."""

from __future__ import annotations

import pytest

from simobjects.cext.core.tlb import TLB
from simobjects.isa import arch

VALID, SPACE = arch.W0.VALID, 0x100
PAGES = {
    1 << 10: 0x00,
    4 << 10: 0x10,
    16 << 10: 0x20,
    64 << 10: 0x30,
    256 << 10: 0x40,
    1 << 20: 0x50,
    16 << 20: 0x70,
    256 << 20: 0x90,
}
SIZES = [1, 2, 15, 16, 17, 63, 64, 65, 256, 4096]


@pytest.mark.parametrize("entries", SIZES)
def test_every_slot_of_any_size(entries: int) -> None:
    tlb = TLB(entries)
    assert tlb.entries == entries
    for slot in range(entries):
        tlb.write_all(slot, 0x1000_0000 + slot * 4096 | VALID | 0x10, slot << 12, 0x3F, slot % 256)
    for slot in range(entries):
        ea = 0x1000_0000 + slot * 4096
        assert tlb.look_up(0, slot % 256, ea) == tlb.find(0, slot % 256, ea) == slot
        assert tlb.look_up(0, slot % 256, ea + 4095) == slot
    assert tlb.look_up(0, 0, 0x1000_0000 + entries * 4096) == -1
    stats = tlb.read_stats()
    assert stats["lookups"] == stats["hits"] + stats["misses"] == 2 * entries + 1
    assert stats["misses"] == 1
    assert stats["tlbwe"] == 3 * entries


@pytest.mark.parametrize("entries", [0, -1, 4097])
def test_sizes_that_do_not_exist(entries: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 4096 entries, not {entries}"):
        TLB(entries)


@pytest.mark.parametrize("entries", [1, 2, 64, 4096])
@pytest.mark.parametrize("page", PAGES)
def test_page_sizes(entries: int, page: int) -> None:
    tlb = TLB(entries)
    last = entries - 1
    start = 0x2000_0000
    tlb.write_all(last, start | VALID | PAGES[page], 0, 0x3F)
    for ea, hits in ((start - 1, False), (start, True), (start + page // 2, True), (start + page - 1, True)):
        assert tlb.look_up(0, 7, ea) == (last if hits else -1)
    assert tlb.look_up(0, 7, start + page) == -1
    tlb.clear(last)
    assert tlb.look_up(0, 7, start) == -1


@pytest.mark.parametrize("page", PAGES)
def test_low_bits_of_a_large_page_are_ignored(page: int) -> None:
    tlb = TLB(4)
    tlb.write_all(0, 0x2000_0000 | (page // 2 & 0xFFFFFC00) | VALID | PAGES[page], 0, 0x3F)
    assert tlb.look_up(0, 0, 0x2000_0000) == 0


@pytest.mark.parametrize("code", [6, 8, 10, 11, 12, 13, 14, 15])
def test_other_size_codes_match_nothing(code: int) -> None:
    tlb = TLB(2)
    tlb.write_all(0, 0x2000_0000 | VALID | 0x10, 0, 0x3F)
    tlb.write_all(1, 0x2000_0000 | VALID | code << 4, 0, 0x3F)
    assert tlb.find(0, 0, 0x2000_0000) == 0
    tlb.clear(0)
    assert tlb.find(0, 0, 0x2000_0000) == -1
    assert tlb.read_stats()["overlapping_writes"] == 0


@pytest.mark.parametrize("space", [0, 1])
@pytest.mark.parametrize("tid", [0, 1, 255])
def test_space_and_tid(space: int, tid: int) -> None:
    tlb = TLB(8)
    tlb.write_all(3, 0x2000_0000 | VALID | (SPACE if space else 0) | 0x10, 0, 0x3F, tid)
    for looked_in in (0, 1):
        for pid in (0, 1, 2, 255):
            matches = looked_in == space and tid in (0, pid)
            assert tlb.look_up(looked_in, pid, 0x2000_0000) == (3 if matches else -1)


def test_an_invalid_entry_matches_nothing() -> None:
    tlb = TLB(1)
    tlb.write_all(0, 0x2000_0000 | 0x10, 0, 0x3F)
    assert tlb.find(0, 0, 0x2000_0000) == -1
    tlb.write(0, 0, 0x2000_0000 | 0x10 | VALID)
    assert tlb.find(0, 0, 0x2000_0000) == 0


def test_the_lowest_of_overlapping_entries_answers() -> None:
    tlb = TLB(64)

    def overlaps() -> int:
        return int(tlb.read_stats()["overlapping_writes"])

    tlb.write_all(40, 0x2000_0000 | VALID | 0x90, 0, 0x3F)
    assert (tlb.look_up(0, 1, 0x2000_1000), overlaps()) == (40, 0)
    tlb.write_all(50, 0x2000_1000 | VALID | 0x10, 0, 0x3F, 1)
    assert (tlb.look_up(0, 1, 0x2000_1000), overlaps()) == (40, 1)
    tlb.write_all(2, 0x2000_1000 | VALID | 0x10, 0, 0x3F, 1)
    assert (tlb.look_up(0, 1, 0x2000_1000), overlaps()) == (2, 2)
    assert tlb.look_up(0, 2, 0x2000_1000) == 40, "another PID still finds the large page"
    tlb.clear(2)
    tlb.clear(40)
    assert (tlb.look_up(0, 1, 0x2000_1000), overlaps()) == (50, 2)


@pytest.mark.parametrize(
    ("word0", "tid", "overlaps"),
    [
        (0x2000_0000 | VALID | 0x10, 2, 0),  # another TID
        (0x2000_0000 | VALID | 0x10, 0, 1),  # for all TIDs
        (0x2000_0000 | VALID | SPACE | 0x10, 1, 0),  # the other address space
        (0x2000_0000 | 0x10, 1, 0),  # not valid
        (0x2000_1000 | VALID | 0x10, 1, 0),  # beside it
        (0x2000_0000 | VALID | 0x00, 1, 1),  # a part of it
        (0x2000_0000 | VALID | 0x90, 1, 1),  # around it
    ],
)
def test_what_overlaps(word0: int, tid: int, overlaps: int) -> None:
    tlb = TLB(4)
    tlb.write_all(0, 0x2000_0000 | VALID | 0x10, 0, 0x3F, 1)
    tlb.write_all(3, word0, 0, 0x3F, tid)
    assert tlb.read_stats()["overlapping_writes"] == overlaps


def test_writing_an_entry_again_does_not_overlap_itself() -> None:
    tlb = TLB(4)
    for _ in range(3):
        tlb.write_all(1, 0x2000_0000 | VALID | 0x10, 0, 0x3F, 1)
        tlb.write(1, 2, 0x07)
    assert tlb.read_stats()["overlapping_writes"] == 0


def test_words_are_kept_apart() -> None:
    tlb = TLB(2)
    tlb.write(1, 0, 0x2000_0000 | VALID | 0x10 | 0xF, 9)
    tlb.write(1, 1, 0x1234_5C0F, 3)
    tlb.write(1, 2, 0xF03F, 4)
    assert tlb.read(1) == (0x2000_0000 | VALID | 0x10, 0x1234_5C0F, 0xF03F, 9), "only word 0 takes the TID along"
    tlb.clear(1)
    assert tlb.read(1) == (0, 0x1234_5C0F, 0xF03F, 9)


def test_an_entry_that_is_never_written_stays_through_a_flush_of_the_others() -> None:
    tlb = TLB(64)
    tlb.write_all(63, 0xC000_0000 | VALID | 0x90, 0, 0x107)
    for slot in range(63):
        tlb.write_all(slot, slot << 12 | VALID | 0x10, 0, 0x3F)
    tlb.forget_counts()
    tlb.flush(0, 62)
    assert tlb.read_stats()["tlbwe"] == 63
    assert [tlb.find(0, 0, slot << 12) for slot in range(63)] == [-1] * 63
    assert tlb.look_up(0, 200, 0xCFFF_FFFF) == 63


@pytest.mark.parametrize("word", [0, 1, 2])
def test_overlaps_are_still_counted_after_a_restore(word: int) -> None:
    saved = TLB(8)
    for slot in (1, 2):
        saved.write_all(slot, 0x1000_0000 | VALID | 0x10, 0, 0x3F)
    restored = TLB(8)
    restored.restore(saved.save())
    for tlb in (saved, restored):
        tlb.write(2, word, tlb.read(2)[word])
        assert tlb.read_stats()["overlapping_writes"] == 2


@pytest.mark.parametrize("slot", [-1, 64])
def test_slots_that_do_not_exist(slot: int) -> None:
    tlb = TLB(64)
    acts = (lambda: tlb.read(slot), lambda: tlb.write(slot, 0, 0), lambda: tlb.clear(slot), lambda: tlb.flush(0, slot))
    for act in acts:
        with pytest.raises(IndexError, match=rf"slot {slot} of a TLB of 64 entries \(0 to 63\)"):
            act()


@pytest.mark.parametrize(("word", "tid"), [(3, 0), (-1, 0), (0, 256), (0, -1)])
def test_words_and_tids_that_do_not_exist(word: int, tid: int) -> None:
    with pytest.raises(ValueError, match="words are 0 to 2, TIDs 0 to 255"):
        TLB(4).write(0, word, 0, tid)


def test_a_tlb_finds_nothing_of_those_before_it() -> None:
    """Their maps of pages are used again."""
    for entries in (4, 8, 4):
        tlbs = [TLB(entries) for _ in range(3)]
        for tlb in tlbs:
            for pid in range(1, 5):
                assert [tlb.look_up(0, pid, page << 12) for page in range(16)] == [-1] * 16
            for page in range(16):
                tlb.write_all(page % entries, page << 12 | VALID | 0x10, page << 12, 0x3F, page % 3)
                for pid in range(1, 5):
                    tlb.look_up(0, pid, page << 12)
            assert tlb.look_up(0, 1, 15 << 12) == 15 % entries
