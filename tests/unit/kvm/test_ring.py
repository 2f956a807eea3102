# SPDX-License-Identifier: BSD-3-Clause
"""A ring by itself: what each operation does, and at which rates a loop settles."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations
from math import gcd

import pytest

from simobjects.kvm.ring import Ring, Steady, loop_rates, settle


def filled(slots: int, pages: Iterable[int]) -> Ring:
    ring = Ring(slots)
    for page in pages:
        ring.use(page)
    return ring


def test_the_oldest_page_goes_first_and_a_hit_does_not_make_it_younger() -> None:
    ring = filled(3, (1, 2, 3))
    assert not ring.use(1)
    assert ring.use(4)
    assert [*ring.contents] == [2, 3, 4]
    assert ring.use(1)


def test_what_others_take_is_lost_and_what_the_hand_passes_is_not() -> None:
    taken, passed = filled(4, (1, 2, 3, 4)), filled(4, (1, 2, 3, 4))
    taken.take(2)
    passed.skip(2)
    assert [*taken.contents] == [3, 4, None, None]
    assert [*passed.contents] == [3, 4, 1, 2]
    passed.skip(4)
    assert [*passed.contents] == [3, 4, 1, 2]


def test_a_dropped_page_leaves_a_hole_that_the_hand_does_not_look_for() -> None:
    ring = filled(3, (1, 2, 3))
    ring.drop((3, 9))
    assert [*ring.contents] == [1, 2, None]
    assert ring.use(3)
    assert [*ring.contents] == [2, None, 3]
    ring.clear()
    assert [*ring.contents] == [None, None, None]


def test_where_the_hand_stands_at_first_means_nothing() -> None:
    rates = []
    for first in range(7):
        ring = Ring(7)
        ring.skip(first)
        rates.append(settle(ring, (0, 3, 1, 0, 4, 2, 5, 3, 6, 7, 1)))
    assert rates == [rates[0]] * 7


def test_dropping_at_a_place_of_the_cycle() -> None:
    """One of three pages in four slots leaves before it is used: it takes a slot in each round, and the hand comes
    past the others."""
    assert settle(Ring(4), (0, 1, 2), dropped=(2,), leaving=(2,)) == Steady((3,), (1, 1, 3))
    assert settle(Ring(4), (0, 1, 2)) == Steady((3,), (0,))


@pytest.mark.parametrize(("slots", "pages"), [(1, 2), (2, 3), (3, 4), (3, 5), (4, 5), (4, 6), (4, 7), (5, 6), (5, 7)])
def test_the_rates_of_a_loop_are_all_those_and_no_others(slots: int, pages: int) -> None:
    """From every order in which the slots may be filled."""
    found = {settle(filled(slots, order), range(pages)).rate for order in permutations(range(pages), slots)}
    assert found == set(loop_rates(pages, slots))


@pytest.mark.parametrize("pages", [64, 65, 66, 67, 70, 80])
def test_every_rate_of_a_loop_exists_in_the_440s_63_slots(pages: int) -> None:
    """The page used at time t is t mod pages; in the state with k it misses at times k apart, one more after each
    pages / gcd(k, pages) misses, so that all pages have their turn. The ring holds those that came last."""
    for k, rate in enumerate(loop_rates(pages, 63), 1):
        times = [miss * k + miss * gcd(k, pages) // pages for miss in range(pages)]
        ring = filled(63, (time % pages for time in times[-63:]))
        begin = times[-1] + 1
        assert settle(ring, [time % pages for time in range(begin, begin + pages)]).rate == rate


@pytest.mark.parametrize(("slots", "pages"), [(63, 66), (63, 80), (63, 95), (20, 25)])
def test_how_far_the_hand_must_move_to_halve_the_misses_of_a_loop(slots: int, pages: int) -> None:
    """From the state in which everything misses: by pages - slots to 2 slots - pages."""
    for moved in range(slots):
        ring = filled(slots, range(pages))
        ring.skip(moved)
        halved = pages - slots <= moved <= 2 * slots - pages
        assert settle(ring, range(pages)).rate == Fraction(pages, 2 if halved else 1)


def test_a_loop_that_fits_settles_at_none_and_the_440s_has_many() -> None:
    assert [*loop_rates(63, 63)] == [0]
    assert loop_rates(67, 63) == tuple(Fraction(67, k) for k in range(1, 17))
    assert [*loop_rates(126, 63)] == [126]


def test_a_ring_has_a_slot() -> None:
    with pytest.raises(ValueError, match=r"Ring\(0\): a ring has at least one slot"):
        Ring(0)
