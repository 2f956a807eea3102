# SPDX-License-Identifier: BSD-3-Clause
"""The compiled TLB against its plain twin: any stream of writes, invalidations, flushes and look-ups."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.cext.core.tlb import TLB
from simobjects.isa.arch import W0
from tests.reference import tlb as twin

OPERATIONS = 400  # of one example; there are a few dozen examples
SIZE_CODES = (0, 1, 2, 3, 4, 5, 7, 9, 6, 15)  # the last two match nothing
BASES = (0x1000_0000, 0x1001_0000, 0x1004_0000, 0x1000_3000, 0xC000_0000, 0xFFFF_0000, 0)


class Pair:
    """The two TLBs; everything is done to both."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self.compiled = TLB(entries)
        self.plain = twin.TLB(entries)

    def write_word(self, slot: int, word: int, value: int, tid: int) -> None:
        self.compiled.write(slot, word, value, tid)
        self.plain.write_word(slot, word, value, tid)

    def write_entry(self, slot: int, w0: int, w1: int, w2: int, tid: int) -> None:
        self.compiled.write_all(slot, w0, w1, w2, tid)
        self.plain.write(slot, twin.Entry(w0, w1, w2, tid))

    def flush(self, first: int, last: int) -> None:
        """Invalidation is a write of word 0 that leaves nothing in it and the TID as it was."""
        if first == last:
            self.compiled.clear(first)
        else:
            self.compiled.flush(first, last)
        for slot in range(first, last + 1):
            self.plain.write_word(slot, 0, 0, self.plain.slots[slot].tid)

    def look_up(self, space: int, pid: int, ea: int, pr: int) -> None:
        assert self.compiled.find(space, pid, ea) == self.plain.find(space, pid, ea)
        assert self.compiled.look_up(space, pid, ea, pr) == self.plain.lookup(space, pid, ea)

    def look_up_many(self, space: int, pid: int, addresses: list[int], pr: int) -> None:
        missed = self.compiled.look_up_many(space, pid, np.array(addresses, np.uint32), pr)
        assert missed == sum(self.plain.lookup(space, pid, ea) == twin.NOWHERE for ea in addresses)

    def compare(self) -> None:
        assert self.compiled.read_stats() == {
            "lookups": self.plain.lookups,
            "hits": self.plain.hits,
            "misses": self.plain.misses,
            "tlbwe": self.plain.tlbwe,
            "overlapping_writes": self.plain.overlapping_writes,
            "bytes": 16 * self.compiled.entries,
        }
        for slot, entry in enumerate(self.plain.slots):
            assert self.compiled.read(slot) == (entry.w0, entry.w1, entry.w2, entry.tid)


def addresses(random: Random) -> int:
    """Addresses close together, so that pages of all sizes meet, with a few on page borders."""
    offset = random.choice((random.randrange(1 << 14), random.randrange(1 << 22), random.randrange(1 << 29)))
    page = random.choice((1, 1024, 4096))
    return (random.choice(BASES) + offset) // page * page & 0xFFFF_FFFF


def word0(random: Random) -> int:
    valid = W0.VALID if random.random() < 0.85 else 0
    return addresses(random) & 0xFFFF_FC00 | valid | random.choice((0, W0.TS)) | random.choice(SIZE_CODES) << 4


def contexts(random: Random) -> tuple[int, int]:
    """(space, PID); few, so that look-ups find what was written."""
    return random.randrange(2), random.choice((0, 1, 2, 255))


def operations(pair: Pair, random: Random, count: int) -> Iterator[None]:
    """Do one thing after another to both."""
    for _ in range(count):
        slot = random.randrange(pair.entries)
        what = random.random()
        tid = random.choice((0, 0, 1, 2, 255))
        word2 = random.choice((0x3F, 0x07, 0x38, random.randrange(1 << 16)))
        space, pid = contexts(random)
        if what < 0.12:
            pair.write_word(slot, 0, word0(random), tid)
        elif what < 0.18:
            pair.write_word(slot, 1, addresses(random) & 0xFFFF_FC0F, tid)
        elif what < 0.24:
            pair.write_word(slot, 2, word2, tid)
        elif what < 0.40:
            pair.write_entry(slot, word0(random), addresses(random), word2, tid)
        elif what < 0.43:
            pair.flush(slot, slot)
        elif what < 0.44:
            pair.flush(slot, random.randrange(slot, pair.entries))
        elif what < 0.95:
            pair.look_up(space, pid, addresses(random), random.randrange(2))
        else:
            pair.look_up_many(space, pid, [addresses(random) for _ in range(20)], random.randrange(2))
        yield


@settings(max_examples=100, deadline=None)
@given(entries=st.integers(1, 80), seed=st.integers(0, 2**32 - 1))
def test_any_stream_of_operations(entries: int, seed: int) -> None:
    pair = Pair(entries)
    for done, _ in enumerate(operations(pair, Random(seed), OPERATIONS)):
        if done % 25 == 0:
            pair.compare()
    pair.compare()


@settings(max_examples=80, deadline=None)
@given(entries=st.integers(1, 12), seed=st.integers(0, 2**32 - 1), code=st.sampled_from(SIZE_CODES[:8]))
def test_repeated_look_ups_see_every_write(entries: int, seed: int, code: int) -> None:
    """The same few addresses again and again, between writes that can change what answers for them."""
    random = Random(seed)
    pair = Pair(entries)
    probes = [random.choice(BASES[:4]) + 1024 * random.randrange(80) for _ in range(6)]
    for _ in range(120):
        at = random.choice(probes) & 0xFFFF_FC00 | W0.VALID | random.choice((code, random.choice(SIZE_CODES))) << 4
        slot, tid = random.randrange(entries), random.choice((0, 1))
        if random.random() < 0.3:
            pair.flush(slot, slot)
        elif random.random() < 0.5:
            pair.write_word(slot, random.choice((0, 2)), at, tid)
        else:
            pair.write_entry(slot, at, 0, random.choice((0x3F, 0x07)), tid)
        for ea in probes:
            for pid in (0, 1):
                pair.look_up(0, pid, ea, random.randrange(2))
    pair.compare()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_two_tlbs_do_not_share_anything(seed: int) -> None:
    pairs = [Pair(64), Pair(64), Pair(3)]
    streams = [operations(pair, Random(seed + number), 200) for number, pair in enumerate(pairs)]
    for _ in zip(*streams, strict=True):
        pass
    for pair in pairs:
        pair.compare()


@settings(max_examples=60, deadline=None)
@given(entries=st.integers(1, 200), seed=st.integers(0, 2**32 - 1), large=st.floats(0, 0.3))
def test_mostly_pages_of_one_size(entries: int, seed: int, large: float) -> None:
    """As in a running machine: pages of 4 KiB, and others, of which there are few, then more, then few again."""
    random = Random(seed)
    pair = Pair(entries)
    pages = [random.choice(BASES) + 4096 * random.randrange(24) & 0xFFFF_F000 for _ in range(40)]
    for _ in range(400):
        ea = random.choice(pages)
        slot, tid, space = random.randrange(entries), random.choice((0, 1, 2)), random.choice((0, 0, 1))
        size = random.choice(SIZE_CODES) if random.random() < large else 1
        if random.random() < 0.2:
            pair.flush(slot, slot)
        elif random.random() < 0.5:
            pair.write_word(slot, 0, ea | W0.VALID | space * W0.TS | size << 4, tid)
        else:
            pair.write_entry(slot, ea | W0.VALID | space * W0.TS | size << 4, 0, random.choice((0x3F, 0x07)), tid)
        for address in (ea, random.choice(pages)):
            pair.look_up(space, random.choice((1, 2)), address, random.randrange(2))
    pair.compare()
