# SPDX-License-Identifier: BSD-3-Clause
"""Which configurations of a sweep are compared: two values of one parameter, all others alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simobjects.study.figures.figure import Pair, find_pair
from simobjects.study.figures.names import axis_names
from simobjects.study.metric import PlotError
from simobjects.study.space import Axis, Point, Space

_NAMED = ("scheme", "kernel")
"""Parameters that are compared without being told to."""


@dataclass(frozen=True)
class Comparison:
    """Two points that differ in one parameter.

    Attributes:
        between: the parameter and its two values.
        first, second: the points.
        where: in words, what the other swept parameters are.
    """

    between: Pair
    first: Point
    second: Point
    where: str

    @property
    def label(self) -> str:
        """`e3b / e4, guest TLB entries 32`."""
        pair = f"{self.between.first} / {self.between.second}"
        return f"{pair}, {self.where}" if self.where else pair


def pairs(axes: Sequence[Axis], texts: Sequence[str]) -> list[Pair]:
    """The values that texts such as `scheme=e3b,e4` or `e3b,e4` name.

    Args:
        axes: of the sweep; those with one value are not looked at.
        texts: one for each two values, as `--compare` takes it. Without texts they are the values of the scheme or
            kernel, each with the first, else the two of the only parameter that has two; none where that is not clear.

    Returns:
        In the order of the texts, or of the axis.

    Raises:
        PlotError: these are no two values of one swept parameter.
    """
    moving = [axis for axis in axes if len(axis.values) > 1]
    if texts:
        return [_named(moving, text) for text in texts]
    named = [axis for axis in moving if axis.path.rpartition(".")[2] in _NAMED]
    if len(named) == 1:
        axis = named[0]
        return [Pair(axis.path, axis.values[0], other) for other in axis.values[1:]]
    try:
        return [find_pair(moving, "")]
    except PlotError:
        return []


def _named(axes: Sequence[Axis], text: str) -> Pair:
    try:
        return find_pair(axes, text)
    except PlotError as error:
        raise PlotError(error.what, where=f"--compare {text}", fix="write --compare PATH=A,B") from None


def comparisons(space: Space, between: Pair) -> Iterator[Comparison]:
    """The points that have the two values and are alike in everything else, in the order of the sweep.

    Args:
        space: of the sweep. A point without a counterpart is left out.
        between: the parameter, its first and its second value.
    """
    names = axis_names(space.axes)
    firsts: dict[tuple[str, ...], Point] = {}
    seconds: dict[tuple[str, ...], Point] = {}
    for point in space:
        rest = tuple(value for path, value in point.values.items() if path != between.path)
        if point.values[between.path] == between.first:
            firsts[rest] = point
        elif point.values[between.path] == between.second:
            seconds[rest] = point
    for rest, first in firsts.items():
        if rest in seconds:
            yield Comparison(between, first, seconds[rest], _where(first.values, between.path, space.axes, names))


def _where(values: Mapping[str, str], left_out: str, axes: Sequence[Axis], names: Mapping[str, str]) -> str:
    moving = [axis.path for axis in axes if len(axis.values) > 1 and axis.path != left_out]
    return ", ".join(f"{names[path]} {values[path]}" for path in moving)
