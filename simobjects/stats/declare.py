# SPDX-License-Identifier: BSD-3-Clause
"""How a class declares its statistics: one call for each, in the class body."""

from __future__ import annotations

from .kinds import Conservation, Counter, Formula, Histogram, Labels, Level, LevelVector, Rule, Vector


def counter(description: str, *, unit: str, scale: int = 1) -> Counter:
    """A count that only grows. Its value in `unit` is the peer's whole number divided by `scale`, exactly."""
    return Counter(description, unit, scale)


def vector(description: str, *, labels: Labels, unit: str, scale: int = 1) -> Vector:
    """A count for each of `labels`, which may be a function of the object."""
    return Vector(description, unit, scale, labels)


def histogram(description: str, *, unit: str) -> Histogram:
    """Counts by size, in bins that double; see `Histogram`."""
    return Histogram(description, unit)


def level(description: str, *, unit: str, scale: int = 1, labels: Labels | None = None) -> Level | LevelVector:
    """A value that may go down (a minimum, entries alive) or never changes (bytes of state)."""
    return Level(description, unit, scale) if labels is None else LevelVector(description, unit, scale, labels)


def formula(description: str, rule: Rule, *, unit: str = "ratio") -> Formula:
    """A value computed by `rule(s)` where `s.name` is a value in its unit; a division by zero gives no value."""
    return Formula(description, unit, 1, rule)


def conserve(description: str, left: Rule, right: Rule) -> Conservation:
    """A check at every snapshot that `left(s) == right(s)`, on exact values in their units."""
    return Conservation(description, left, right)
