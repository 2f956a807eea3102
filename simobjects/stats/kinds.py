# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of statistics: what an object declares, and how a raw value is checked, subtracted and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from .errors import StatsError

Raw = int | tuple[int, ...]
"""A raw value: one exact count, or one for each label or bin."""
Labels = Sequence[str] | Callable[[Any], Sequence[str]]
Rule = Callable[[Any], Any]


class Declared:
    """Something declared in the body of a class; it learns its name there."""

    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


@dataclass(eq=False)
class Stat(Declared):
    """A declared statistic: its description and unit. `scale` divides the raw count where it is shown."""

    description: str
    unit: str = "count"
    scale: int = 1

    kind = "stat"
    monotone = True

    def __post_init__(self) -> None:
        if not finite_decimal(self.scale):
            raise ValueError(f"scale {self.scale} gives no finite decimals; use a product of twos and fives")

    def check(self, value: object, labels: tuple[str, ...]) -> Raw:
        """`value` as raw statistic, or StatsError when a peer gave the wrong shape."""
        return _exact(value)

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        """What was counted between two snapshots."""
        assert isinstance(end, int) and isinstance(begin, int)
        return end - begin

    def shrank(self, before: Raw, after: Raw) -> bool:
        """Whether a count went down."""
        assert isinstance(before, int) and isinstance(after, int)
        return after < before

    def parts(self, value: Raw, labels: tuple[str, ...]) -> list[tuple[str, int]]:
        """(index, raw count) pairs: the rows of the long table."""
        assert isinstance(value, int)
        return [("", value)]


class Counter(Stat):
    """One exact count."""

    kind = "counter"


class _Several(Stat):
    def check(self, value: object, labels: tuple[str, ...]) -> Raw:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise StatsError(f"is {value!r}; expected a list of whole numbers")
        return tuple(_exact(count) for count in value)

    def subtract(self, end: Raw, begin: Raw) -> Raw:
        assert isinstance(end, tuple) and isinstance(begin, tuple)
        padded = begin + (0,) * (len(end) - len(begin))
        return tuple(after - before for after, before in zip(end, padded, strict=True))

    def shrank(self, before: Raw, after: Raw) -> bool:
        assert isinstance(before, tuple) and isinstance(after, tuple)
        return len(after) < len(before) or any(new < old for old, new in zip(before, after, strict=False))


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

    def parts(self, value: Raw, labels: tuple[str, ...]) -> list[tuple[str, int]]:
        assert isinstance(value, tuple)
        return list(zip(labels, value, strict=True))


class Histogram(_Several):
    """Counts by size in powers of two: bin 0 holds the value 0, bin k the values from 2^(k-1) below 2^k."""

    kind = "histogram"

    def parts(self, value: Raw, labels: tuple[str, ...]) -> list[tuple[str, int]]:
        assert isinstance(value, tuple)
        return [(bin_label(number), count) for number, count in enumerate(value)]


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
    """A value computed from this object's raw values, for snapshots and windows alike."""

    rule: Rule = lambda s: None

    kind = "formula"


@dataclass(eq=False)
class Conservation(Declared):
    """Two sums of raw values that must be equal at every snapshot."""

    description: str
    left: Rule
    right: Rule


def bin_label(number: int) -> str:
    """The values that histogram bin `number` holds: `0`, `1`, `2-3`, `4-7`..."""
    if number < 2:
        return str(number)
    return f"{1 << (number - 1)}-{(1 << number) - 1}"


def scaled(count: int, scale: int) -> Decimal | int:
    """`count / scale`, exactly."""
    if scale == 1:
        return count
    # A divisor of n bits adds at most n decimals, so that nothing is rounded.
    room = len(str(abs(count))) + scale.bit_length()
    return Context(prec=room + 1).divide(Decimal(count), Decimal(scale))


def finite_decimal(scale: int) -> bool:
    """Whether every whole number divided by `scale` has an end."""
    if scale < 1:
        return False
    for prime in (2, 5):
        while scale % prime == 0:
            scale //= prime
    return scale == 1


def _exact(value: object) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise StatsError(f"is {value!r}; expected a whole number")
    return int(value.__index__())
