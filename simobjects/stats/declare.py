# SPDX-License-Identifier: BSD-3-Clause
"""How a class declares its statistics: one call for each, in the class body."""

from __future__ import annotations

from .kinds import Conservation, Counter, Formula, Histogram, Labels, Level, LevelVector, Rule, Vector


def counter(description: str, *, unit: str, scale: int = 1) -> Counter:
    """A count that only grows. Its value in `unit` is the peer's whole number divided by `scale`, exactly.

    Args:
        description: one line, for tables and pages.
        unit: such as `miss`, `cycle` or `byte`.
        scale: a product of twos and fives; times are counted in 1/1000 cycle.
    """
    return Counter(description, unit, scale)


def vector(description: str, *, labels: Labels, unit: str, scale: int = 1) -> Vector:
    """A count for each of `labels`; values are taken by label, never by position.

    Args:
        description: one line, for tables and pages.
        labels: in the order of the peer's counts; may be a function of the object. None at all: there is no such
            statistic in that machine.
        unit: of each value.
        scale: as of `counter`.
    """
    return Vector(description, unit, scale, labels)


def histogram(description: str, *, unit: str) -> Histogram:
    """Counts by size, in bins that double: 0, 1, 2-3, 4-7, ...; see `Histogram`.

    Args:
        description: one line, for tables and pages.
        unit: of what is counted.
    """
    return Histogram(description, unit)


def level(description: str, *, unit: str, scale: int = 1, labels: Labels | None = None) -> Level | LevelVector:
    """A value that may go down (a minimum, entries alive) or never changes (bytes of state): a window has that of its
    end.

    Args:
        description: one line, for tables and pages.
        unit: of the value.
        scale: as of `counter`.
        labels: makes it one value for each of them.
    """
    return Level(description, unit, scale) if labels is None else LevelVector(description, unit, scale, labels)


def formula(description: str, rule: Rule, *, unit: str = "ratio") -> Formula:
    """A value computed from others of the same object, for snapshots and windows alike.

    Args:
        description: one line, for tables and pages.
        rule: called with an `s` whose attributes are the values in their units; a division by zero gives no value.
        unit: of the result.
    """
    return Formula(description, unit, 1, rule)


def conserve(description: str, left: Rule, right: Rule) -> Conservation:
    """A check at every snapshot that `left(s) == right(s)`, on exact values in their units; a run that fails it ends.

    Args:
        description: the equation in words, for the report.
        left: called as a formula's rule.
        right: the same.
    """
    return Conservation(description, left, right)
