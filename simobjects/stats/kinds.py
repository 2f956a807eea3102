# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of statistics: what an object declares, and how a raw value is checked, subtracted and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import lt, sub
from typing import Any

from .errors import StatsError
from .exact import Number, finite_decimal, scaled

Raw = int | tuple[int, ...]
"""A raw value, as a peer counts: one exact count, or one for each label or bin."""
InUnit = Number | tuple[Number, ...]
"""The same in the declared unit."""
Labels = Sequence[str] | Callable[[Any], Sequence[str]]
Rule = Callable[[Any], Any]


class Declared:
    """Something declared in the body of a class; it learns its name there."""

    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


@dataclass(eq=False)
class Stat(Declared):
    """A declared statistic.

    Attributes:
        description: one line for tables and pages.
        unit: of the value that users see.
        scale: so many raw counts of the peer are one of the unit; a product of twos and fives.
        monotone: whether a smaller value than before is an error.
    """

    description: str
    unit: str = "count"
    scale: int = 1

    kind = "stat"
    monotone = True

    def __post_init__(self) -> None:
        if not finite_decimal(self.scale):
            raise ValueError(f"scale {self.scale} gives no finite decimals; use a product of twos and fives")

    def check(self, value: object, labels: tuple[str, ...]) -> Raw:
        """`value` as raw statistic.

        Raises:
            StatsError: a peer gave no whole number, or the wrong number of them.
        """
        return _exact(value)

    def in_unit(self, raw: Raw) -> InUnit:
        """A raw value in the declared unit, exactly."""
        if self.scale == 1:
            return raw
        return scaled(raw, self.scale) if isinstance(raw, int) else tuple(scaled(count, self.scale) for count in raw)

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        """What was counted between two snapshots."""
        assert isinstance(end, int) and isinstance(begin, int)
        return end - begin

    def shrank(self, before: Raw, after: Raw) -> bool:
        """Whether a count went down."""
        assert isinstance(before, int) and isinstance(after, int)
        return after < before

    def indexes(self, raw: Raw, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The labels or bins of a value, in its order; one empty text when it is a single number."""
        return ("",)


class Counter(Stat):
    """One exact count."""

    kind = "counter"


class _Several(Stat):
    def check(self, value: object, labels: tuple[str, ...]) -> Raw:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise StatsError(f"is {value!r}; expected a list of whole numbers")
        counts = tuple(value)
        return counts if set(map(type, counts)) <= {int} else tuple(map(_exact, counts))

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        assert isinstance(end, tuple) and isinstance(begin, tuple)
        padded = begin + (0,) * (len(end) - len(begin))
        assert len(end) == len(padded)
        return tuple(map(sub, end, padded))

    def shrank(self, before: Raw, after: Raw) -> bool:
        assert isinstance(before, tuple) and isinstance(after, tuple)
        return len(after) < len(before) or any(map(lt, after, before))


@dataclass(eq=False)
class Vector(_Several):
    """One exact count for each label. `labels` may be a function of the object."""

    labels: Labels = ()

    kind = "vector"

    def resolved_labels(self, owner: object) -> tuple[str, ...]:
        """The labels for one object."""
        found = self.labels(owner) if callable(self.labels) else self.labels
        return tuple(str(label) for label in found)

    def check(self, value: object, labels: tuple[str, ...]) -> Raw:
        counts = super().check(value, labels)
        assert isinstance(counts, tuple)
        if len(counts) != len(labels):
            raise StatsError(f"has {len(counts)} values; expected one for each of its {len(labels)} labels")
        return counts

    def indexes(self, raw: Raw, labels: tuple[str, ...]) -> tuple[str, ...]:
        return labels


class Histogram(_Several):
    """Counts by size in powers of two: bin 0 holds the value 0, bin k the values from 2^(k-1) below 2^k."""

    kind = "histogram"

    def indexes(self, raw: Raw, labels: tuple[str, ...]) -> tuple[str, ...]:
        assert isinstance(raw, tuple)
        return tuple(bin_label(number) for number in range(len(raw)))


class Level(Counter):
    """A value as it is at the moment, such as bytes in use or a minimum: a window shows that of its end."""

    kind = "level"
    monotone = False

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        return end


@dataclass(eq=False)
class LevelVector(Vector):
    """A level for each label."""

    kind = "level vector"
    monotone = False

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        return end


@dataclass(eq=False)
class Formula(Stat):
    """A value computed from this object's others in their units, for snapshots and windows alike."""

    rule: Rule = lambda s: None

    kind = "formula"


@dataclass(eq=False)
class Conservation(Declared):
    """Two sums of values that must be equal at every snapshot."""

    description: str
    left: Rule
    right: Rule


def bin_label(number: int) -> str:
    """The values that histogram bin `number` holds: `0`, `1`, `2-3`, `4-7`..."""
    if number < 2:
        return str(number)
    return f"{1 << (number - 1)}-{(1 << number) - 1}"


def _exact(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise StatsError(f"is {value!r}; expected a whole number")
    return int(value.__index__())
