# SPDX-License-Identifier: BSD-3-Clause
"""Slots that are replaced in turn, without the machine around them: at which rates may a program's misses settle?

The shared TLB of a host with KVM since the commit is such a ring: `tlb_44x_index` is its hand, and whoever misses, the
guest or the host, writes the next slot. Time, exits and costs are left out, so a round of a program is a function of
the ring's contents alone, and the contents can be tried out by the thousand (docs/steady-states.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Page = Hashable


class Ring:
    """So many slots, and a hand that points at the one to be replaced next. Where it points at first means nothing:
    a ring looks the same from each of its slots.

    Raises:
        ValueError: it has no slot.
    """

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"Ring({slots}): a ring has at least one slot")
        self.slots = slots
        self._place: dict[Page, int] = {}
        self._by_slot: list[Page | None] = [None] * slots
        self._hand = 0

    def use(self, page: Page) -> bool:
        """A reference; True when it missed, and took the next slot. A hit changes nothing."""
        if page in self._place:
            return False
        self._write(page)
        return True

    def take(self, count: int) -> None:
        """Somebody else misses on so many pages that nobody uses again: each takes the next slot."""
        for _ in range(count):
            self._write(None)

    def skip(self, count: int) -> None:
        """The hand passes so many slots and leaves what is there: the host's misses between a put and a load of E6."""
        self._hand = (self._hand + count) % self.slots

    def drop(self, pages: Iterable[Page]) -> None:
        """Pages leave, as a user's do when the guest's PID changes; their slots stay empty until the hand comes."""
        for page in pages:
            if page in self._place:
                self._by_slot[self._place.pop(page)] = None

    def clear(self) -> None:
        """Everything leaves: a put of E4."""
        self.drop(list(self._place))

    def round(self, references: Iterable[Page]) -> int:
        """Use these pages in order; how many missed."""
        return sum(self.use(page) for page in references)

    @property
    def contents(self) -> tuple[Page | None, ...]:
        """What is in the slots, from the hand on; None: nothing that the program uses."""
        return (*self._by_slot[self._hand :], *self._by_slot[: self._hand])

    def _write(self, page: Page | None) -> None:
        old = self._by_slot[self._hand]
        if old is not None:
            del self._place[old]
        self._by_slot[self._hand] = page
        if page is not None:
            self._place[page] = self._hand
        self._hand = (self._hand + 1) % self.slots


@dataclass(frozen=True)
class Steady:
    """What a repeated program settled at."""

    before: tuple[int, ...]
    """Misses of the rounds until then."""
    rounds: tuple[int, ...]
    """Misses of the rounds that from then on repeat in this order."""

    @property
    def rate(self) -> Fraction:
        """Misses of a round, in the mean."""
        return Fraction(sum(self.rounds), len(self.rounds))


def settle(ring: Ring, cycle: Sequence[Page], dropped: Iterable[int] = (), leaving: Iterable[Page] = ()) -> Steady:
    """Repeat a cycle of references until the ring's contents come back at its end.

    There are finitely many contents, and a round is a function of them, so this ends.

    Args:
        ring: as the program finds it; it is changed.
        cycle: the pages in the order of their use.
        dropped: places in the cycle (0 is before its first reference) at which the pages `leaving` are dropped.
        leaving: the pages that go there, as a user's do when the guest's PID changes.
    """
    cuts = [0, *sorted(set(dropped)), len(cycle)]
    gone = tuple(leaving)
    pieces = [cycle[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]
    seen: dict[tuple[Page | None, ...], int] = {}
    misses: list[int] = []
    while (now := ring.contents) not in seen:
        seen[now] = len(misses)
        missed = ring.round(pieces[0])
        for piece in pieces[1:]:
            ring.drop(gone)
            missed += ring.round(piece)
        misses.append(missed)
    first = seen[now]
    return Steady(tuple(misses[:first]), tuple(misses[first:]))


def loop_rates(pages: int, slots: int) -> tuple[Fraction, ...]:
    """The rates at which a loop over so many pages, each used once a round, can settle, the largest first.

    What came first goes first, so in a steady state all others come once between two misses of one page, and these
    `pages` misses take a whole number k of rounds: the rate is pages / k. At its last hit, `pages` references before
    the miss, at most `slots` - 1 others had come after it; so at least `pages` - `slots` of them miss among the
    `pages` - 1 references in between. That many gaps between misses, one after another, are together at most
    `pages` - 1, and a gap is k in the mean: k <= (pages - 1) / (pages - slots). At this bound the round robin misses
    as rarely as any replacement can.
    """
    if pages <= slots:
        return (Fraction(0),)
    return tuple(Fraction(pages, rounds) for rounds in range(1, (pages - 1) // (pages - slots) + 1))
