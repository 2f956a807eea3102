# SPDX-License-Identifier: BSD-3-Clause
"""What is measured: rows, which take turns round after round, so that whatever else the computer does meets all alike.

A section holds the rows that do the same work, and names those that the others are compared with.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import NamedTuple


class Cost(NamedTuple):
    """What one turn took."""

    seconds: float
    """CPU time; of a row with another unit that."""
    answer: int | None = None
    """What it counted, where rows must agree."""
    amount: float | None = None
    """Work done, where it is not the section's."""


@dataclass(frozen=True)
class Goal:
    """A row is to be `least` times as fast as the row `to`, or to cost at most `most`, in its own unit."""

    least: float | None = None
    to: str = ""
    most: float | None = None

    def __str__(self) -> str:
        return f">= {self.least:g} x {self.to}" if self.least is not None else f"<= {self.most:g}"


@dataclass
class Row:
    """One contender. `measure` does the work once; None: it cannot be measured here, and `missing` says what to do."""

    name: str
    about: str
    measure: Callable[[], Cost] | None
    missing: str = ""
    goal: Goal | None = None
    unit: str = "s"
    """Of the costs that are shown: s, ms, ns, or % for what is no time."""
    scale: float = 1.0
    """Shown costs to those of `measure`."""
    agrees: bool = False
    """Whether its answer must be that of the other rows that agree."""
    costs: list[Cost] = field(default_factory=list)

    def once(self) -> None:
        """Take its turn."""
        if self.measure is not None:
            gc.collect()
            self.costs.append(self.measure())

    @property
    def shown(self) -> float:
        """The median cost, in its unit."""
        return self.scale * statistics.median(cost.seconds for cost in self.costs)


@dataclass
class Section:
    """Rows of the same work. `amount` of it is done by each; `work` says what that counts (M look-ups)."""

    name: str
    title: str
    intro: str
    rows: list[Row]
    bases: Sequence[str] = ()
    """The rows that the others are compared with."""
    amount: float | None = None
    work: str = ""

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        wanted = {*self.bases, *(row.goal.to for row in self.rows if row.goal is not None and row.goal.to)}
        assert len(set(names)) == len(names) and wanted <= set(names), (self.name, names, wanted)

    def row(self, name: str) -> Row:
        """The row of a name."""
        return next(row for row in self.rows if row.name == name)

    def rate(self, row: Row) -> float | None:
        """Median work a second."""
        if not row.costs or (self.amount is None and row.costs[0].amount is None):
            return None
        return statistics.median(self._work(cost) / cost.seconds for cost in row.costs)

    def times(self, row: Row, base: str) -> float | None:
        """How many times as fast as another row: the median of the rounds' ratios; None where one was not measured."""
        other = self.row(base)
        if not row.costs or not other.costs or row.unit == "%":
            return None
        pairs = zip(row.costs, other.costs, strict=True)
        return statistics.median(self._work(a) / a.seconds * b.seconds / self._work(b) for a, b in pairs)

    def _work(self, cost: Cost) -> float:
        return cost.amount if cost.amount is not None else self.amount if self.amount is not None else 1.0

    def met(self, row: Row) -> bool | None:
        """Whether its goal is; None: there is none, or it was not measured."""
        if row.goal is None or not row.costs:
            return None
        if row.goal.most is not None:
            return row.shown <= row.goal.most
        times = self.times(row, row.goal.to)
        return None if times is None or row.goal.least is None else times >= row.goal.least

    @property
    def agree(self) -> bool | None:
        """Whether all answers that must be equal are; None: nothing of that was measured."""
        found = {cost.answer for row in self.rows if row.agrees for cost in row.costs}
        steady = all(len({cost.answer for cost in row.costs}) <= 1 for row in self.rows)
        return None if not found else len(found) == 1 and steady


def chosen(sections: Iterable[Section], patterns: Sequence[str]) -> list[Section]:
    """The sections and rows that a pattern names: `section`, `section/row`, * and ?. The rows of comparison stay.

    ValueError: a pattern that names nothing.
    """
    sections = list(sections)
    for pattern in patterns:
        if not any(_named(section, row, pattern) for section in sections for row in section.rows):
            known = ", ".join(section.name for section in sections)
            raise ValueError(f"no row is named {pattern!r}; there are the sections {known}")
    found = []
    for section in sections:
        asked = [row for row in section.rows if any(_named(section, row, pattern) for pattern in patterns)]
        needed = {*section.bases, *(row.goal.to for row in asked if row.goal is not None)}
        rows = [row for row in section.rows if row in asked or row.name in needed]
        if asked or not patterns:
            found.append(replace(section, rows=rows if patterns else section.rows))
    return found


def _named(section: Section, row: Row, pattern: str) -> bool:
    of, slash, name = pattern.partition("/")
    return fnmatchcase(section.name, of) and (not slash or fnmatchcase(row.name, name))


def take_turns(sections: Sequence[Section], rounds: int, told: Callable[[str], None]) -> int:
    """All rows once, then again; how many rounds there were. What goes first in one round goes last in the next.

    A Ctrl-C ends it with the rounds that are whole; within the first one it is raised on.
    """
    order = [(section, row) for section in sections for row in section.rows if row.measure is not None]
    for number in range(rounds):
        try:
            for section, row in order if number % 2 == 0 else reversed(order):
                told(f"round {number + 1} of {rounds}: {section.name}/{row.name}")
                row.once()
        except KeyboardInterrupt:
            if number == 0:
                raise
            told(f"stopped: {number} of {rounds} rounds are whole")
            for _, row in order:
                del row.costs[number:]
            return number
    return rounds


def timed(prepare: Callable[[], Callable[[], int]]) -> Callable[[], Cost]:
    """A measurement of CPU time of this thread. `prepare` is not timed; what it returns works, and gives an answer."""

    def measure() -> Cost:
        run = prepare()
        gc.collect()
        begin = time.thread_time()
        answer = run()
        return Cost(time.thread_time() - begin, answer)

    return measure
