# SPDX-License-Identifier: BSD-3-Clause
"""Spaces of points from Python: grids, zipped lists, samples, workloads, replicates.

Values are numbers, text, or the text of a range as the command line takes it (`"16..256:x2"`). Spaces multiply
(`grid(...) * zipped(...)`), and `where` leaves points out.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from simobjects.base.ranges import SpecError

from .space import Axis, Space, parse_axis

Value = str | int | float | bool
Values = str | Iterable[Value] | Mapping[str, Mapping[str, Value]]
"""Values of an axis: a range as text, several values, or settings (value by path) under names."""


@dataclass(frozen=True)
class Between:
    """Numbers of which `sample` draws.

    Attributes:
        low: the smallest; numbers are whole when both ends are.
        high: the largest.
        log: each doubling is as likely as the others.
    """

    low: float
    high: float
    log: bool = False

    def at(self, share: float) -> str:
        """The number at a share (from 0 to 1) of the way."""
        low, high = self.low, self.high
        if isinstance(low, int) and isinstance(high, int):
            low, high = low - 0.4999, high + 0.4999  # so that the ends are as likely as the others
            return str(round(self._between(max(low, 0.5) if self.log else low, high, share)))
        return f"{self._between(low, high, share):.6g}"

    def _between(self, low: float, high: float, share: float) -> float:
        return low * (high / low) ** share if self.log else low + share * (high - low)


def between(low: float, high: float, *, log: bool = False) -> Between:
    """Numbers from `low` to `high` for `sample`: whole ones when both ends are.

    Args:
        low: may be drawn itself.
        high: the same.
        log: each doubling is as likely as the others.

    Raises:
        SpecError: the ends hold nothing, or with `log` begin at 0 or below.
    """
    if not low < high or (log and low <= 0):
        raise SpecError(f"between({low}, {high}) holds no numbers", fix="give the smaller end first, above 0 with log")
    return Between(low, high, log)


def grid(axes: Mapping[str, Values] | None = None, /, **arguments: Values) -> Space:
    """Every combination of the values of all axes, the last one running fastest.

    Args:
        axes: by path of a parameter: a range as text (`"16..256:x2"`), several values, or settings under names.
        arguments: the same for arguments of the function that makes the machine.

    Raises:
        SpecError: what is no axis: without values, or with one twice; more than a million points.
    """
    return Space(tuple(_axis(name, values) for name, values in {**(axes or {}), **arguments}.items()))


def zipped(axes: Mapping[str, Values] | None = None, /, **arguments: Values) -> Space:
    """The first values of all axes together, then the second ones, and so on.

    Args:
        axes: as of `grid`.
        arguments: as of `grid`.

    Raises:
        SpecError: the axes differ in number of values.
    """
    made = [_axis(name, values, several=True) for name, values in {**(axes or {}), **arguments}.items()]
    lengths = {axis.path: len(axis.values) for axis in made}
    if len(set(lengths.values())) > 1:
        raise SpecError(f"zipped axes differ in length: {lengths}", fix="give each as many values, or use grid")
    return _space(made, zip(*(axis.values for axis in made), strict=True))


def sample(
    number: int,
    axes: Mapping[str, Between | Values],
    *,
    seed: int,
    method: Literal["latin", "random"] = "latin",
) -> Space:
    """`number` points drawn from the axes; the same seed draws the same.

    Args:
        number: of points. A point that is drawn twice is there once.
        axes: by path, `between(...)`, or values to choose from.
        seed: of the random numbers.
        method: `latin` cuts each axis into as many equal parts as there are points, and each part has one (a Latin
            hypercube); `random` draws each number by itself.

    Raises:
        SpecError: less than one point, or another method.
    """
    if number < 1:
        raise SpecError(f"sample({number}) draws no point", fix="draw at least 1")
    if method not in ("latin", "random"):
        raise SpecError(f"sample(method={method!r}) is no way to draw", fix="write latin or random")
    draw = random.Random(seed)
    columns = []
    for name, given in axes.items():
        parts = list(range(number))
        if method == "latin":
            draw.shuffle(parts)
        shares = [(part + draw.random()) / number if method == "latin" else draw.random() for part in parts]
        if isinstance(given, Between):
            columns.append(_Column(Axis(name, ()), [given.at(share) for share in shares]))
        else:
            axis = _axis(name, given)
            columns.append(_Column(axis, [axis.values[int(share * len(axis.values))] for share in shares]))
    rows = dict.fromkeys(zip(*(column.values for column in columns), strict=True))
    return _space([column.axis for column in columns], rows)


def replicates(path: str, number: int, first: int = 1) -> Space:
    """The same points with so many seeds. `Results.interval` makes one row of them.

    Args:
        path: of a parameter that is a seed.
        number: of seeds.
        first: the first one; the others follow it.
    """
    return grid({path: range(first, first + number)})


@dataclass(frozen=True)
class _Column:
    axis: Axis
    values: list[str]


def _axis(name: str, values: Values, several: bool = False) -> Axis:
    if isinstance(values, str):
        return parse_axis(f"{name}={values}", "axis")
    if isinstance(values, Mapping):
        settings = {key: {path: str(value) for path, value in held.items()} for key, held in values.items()}
        return Axis(name, tuple(settings), settings)
    texts = tuple(map(str, values))
    if not texts:
        raise SpecError("has no values", where=name, fix="give at least one")
    if not several and len(set(texts)) < len(texts):
        raise SpecError("a value is there twice", where=name, fix="leave one of the two")
    return Axis(name, texts)


def _space(axes: Iterable[Axis], rows: Iterable[tuple[str, ...]]) -> Space:
    """The axes with the values that occur, in the order in which they do."""
    found = tuple(rows)
    if len(set(found)) < len(found):
        raise SpecError("a point is there twice", fix="leave one of the two")
    made = tuple(
        Axis(axis.path, tuple(dict.fromkeys(row[place] for row in found)), axis.settings)
        for place, axis in enumerate(axes)
    )
    return Space(made, found)
