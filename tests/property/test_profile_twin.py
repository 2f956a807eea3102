# SPDX-License-Identifier: BSD-3-Clause
"""The table of places against a dictionary."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.cext.engine.profile import Profile
from simobjects.ppc440.symbols import Symbol, Symbols
from simobjects.programs.profile import GuestProfile

COUNTS = 20
PCS = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 4000).map(lambda n: 0xC0000000 + 4 * n))


@given(st.lists(st.tuples(PCS, st.integers(0, COUNTS - 1), st.integers(1, 1 << 40)), max_size=3000))
@settings(max_examples=60, deadline=None)
def test_counts_by_place(steps: list[tuple[int, int, int]]) -> None:
    made, plain = Profile(1000), defaultdict[int, list[int]](lambda: [0] * COUNTS)
    for pc, what, amount in steps:
        made.count(pc, what, amount)
        plain[pc][what] += amount
    assert made.rows() == [(pc, tuple(plain[pc])) for pc in sorted(plain)]


def test_a_table_grows() -> None:
    profile = Profile(1)
    for pc in range(0, 40_000, 4):
        profile.count(pc, 13)
    assert len(profile.rows()) == 10_000
    assert all(counts[13] == 1 for _, counts in profile.rows())


def test_a_profile_by_function() -> None:
    symbols = Symbols(lambda: [Symbol(0x100, 0x10, "first"), Symbol(0x200, 0, "second")])
    profile = Profile(7)
    for pc, what, amount in ((0x100, 13, 2), (0x10C, 13, 1), (0x10C, 18, 5000), (0x204, 14, 4), (0x110, 16, 1)):
        profile.count(pc, what, amount)
    found = GuestProfile(profile.rows(), symbols)
    assert [row.function for row in found.rows] == ["first", "second", "(elsewhere)"]
    assert (found["first"].misses, found["first"].cycles, found["second"].misses) == (3, 5, 4)
    assert found.table().splitlines()[1].split() == ["first", "5", "100.0%", "0", "3", "0", "0", "0"]
    with pytest.raises(KeyError, match="nothing was counted in 'third'"):
        found["third"]


@pytest.mark.parametrize("period", [0, -5])
def test_a_period_is_at_least_one(period: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Profile(period)


def test_a_count_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="there are 0 to 19"):
        Profile(1).count(0, 20)
