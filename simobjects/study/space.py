# SPDX-License-Identifier: BSD-3-Clause
"""The space of a sweep: axes of parameter values, and the grid that is their product.

Values stay text until the parameter they belong to parses them, so an axis can hold `64`, `16KiB` or `e4` alike.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from simobjects.base.ranges import SpecError, expand

MAX_POINTS = 1_000_000

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\d+\])*\Z")


@dataclass(frozen=True)
class Axis:
    """What is varied: its name and the values it takes, in order, as text.

    Attributes:
        path: of a parameter, or an argument of the function that makes the machine; with `settings` any other name.
        values: as text, without one twice.
        settings: by value, what it stands for: text by path. A workload has such.
    """

    path: str
    values: tuple[str, ...]
    settings: Mapping[str, Mapping[str, str]] | None = field(default=None, hash=False)

    def set_by(self, value: str) -> Mapping[str, str]:
        """What a value sets, by path or argument."""
        return {self.path: value} if self.settings is None else self.settings[value]


@dataclass(frozen=True)
class Point:
    """One cell of the grid: its place in the order of the grid and the value of each swept parameter."""

    index: int
    values: dict[str, str]

    @property
    def label(self) -> str:
        """The point as it would be written on a command line: `path=value path=value`."""
        return " ".join(f"{path}={value}" for path, value in self.values.items())


@dataclass(frozen=True)
class Space:
    """Points over axes: every combination of their values, the last axis running fastest, or the `rows` given.

    `len(space)` is the number of points, iterating gives each as a Point, and `space * other` combines two.

    Raises:
        SpecError: a path is in two axes, or there are more than a million points.
    """

    axes: tuple[Axis, ...]
    rows: tuple[tuple[str, ...], ...] | None = None

    def __post_init__(self) -> None:
        paths = [path for axis in self.axes for path in _set_paths(axis)]
        for path in paths:
            if paths.count(path) > 1:
                raise SpecError(f"{path} is swept twice", fix=f"write all of its values in one --over {path}=...")
        if len(self) > MAX_POINTS:
            raise SpecError(
                f"the grid has {len(self)} points", fix=f"at most {MAX_POINTS} are possible: sweep less at a time"
            )

    def __len__(self) -> int:
        if self.rows is not None:
            return len(self.rows)
        return math.prod(len(axis.values) for axis in self.axes)

    def __iter__(self) -> Iterator[Point]:
        paths = [axis.path for axis in self.axes]
        rows = itertools.product(*(axis.values for axis in self.axes)) if self.rows is None else self.rows
        for index, values in enumerate(rows):
            yield Point(index, dict(zip(paths, values, strict=True)))

    def __mul__(self, other: Space) -> Space:
        """Every point of this space with every point of the other."""
        rows = None
        if self.rows is not None or other.rows is not None:
            left, right = (tuple(tuple(point.values.values()) for point in space) for space in (self, other))
            rows = tuple(one + more for one in left for more in right)
        return Space(self.axes + other.axes, rows)

    def where(self, holds: Callable[[Mapping[str, str]], bool]) -> Space:
        """The points for which `holds` is true.

        Args:
            holds: called with the values of a point, as texts by axis.
        """
        rows = tuple(tuple(point.values.values()) for point in self if holds(point.values))
        axes = tuple(
            replace(axis, values=tuple(value for value in axis.values if value in {row[place] for row in rows}))
            for place, axis in enumerate(self.axes)
        )
        return Space(axes, rows)

    def settings(self, point: Point) -> dict[str, str]:
        """What a point sets, by path or argument."""
        return {name: text for axis in self.axes for name, text in axis.set_by(point.values[axis.path]).items()}


def _set_paths(axis: Axis) -> list[str]:
    if axis.settings is None:
        return [axis.path]
    return [axis.path, *dict.fromkeys(path for values in axis.settings.values() for path in values)]


def split_assignment(text: str, option: str) -> tuple[str, str]:
    """`path=value` as its two halves; the value as given, since blanks and quotes may be meant.

    Raises:
        SpecError: without `=`, or with something before it that is no path.
    """
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals:
        raise SpecError(
            "expected path=value", where=f"{option} {text}", fix=f"write for example {option} {path or 'system.x.y'}=64"
        )
    if not _PATH.match(path):
        raise SpecError(f"{path!r} is no path", where=f"{option} {text}", fix="a path looks like system.tlb.entries")
    return path, value


def parse_assignments(texts: Iterable[str], option: str = "--set") -> dict[str, str]:
    """Several `path=value` texts as one mapping; the same path twice is an error.

    Raises:
        SpecError: naming the text at fault.
    """
    values: dict[str, str] = {}
    for text in texts:
        path, value = split_assignment(text, option)
        if path in values:
            raise SpecError(
                f"{path} is already set to {values[path]}", where=f"{option} {text}", fix="leave one of the two"
            )
        values[path] = value
    return values


def parse_axis(text: str, option: str = "--over") -> Axis:
    """One `path=spec`: values and ranges separated by commas.

    `16..256:x2` multiplies, `0..100:+10` adds; both ends belong to the range when the steps hit them. Ends may carry
    the same unit (`16KiB..1024KiB:x4`). Anything else is one value, taken as given;
    blanks that follow a comma belong to the comma.

    Raises:
        SpecError: naming the text, what is wrong with it and what to write.
    """
    path, spec = split_assignment(text, option)
    where = f"{option} {text}"
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        what = "a value that is no text in UTF-8, which the tables of a sweep hold"
        raise SpecError(what, where=where, fix="give such a value in the script")
    values: list[str] = []
    first, *others = spec.split(",")
    for item in (first, *(other.lstrip() for other in others)):
        values.extend(_item_values(item, where))
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise SpecError(f"the value {value} is there twice", where=where, fix="leave one of the two")
        seen.add(value)
    return Axis(path, tuple(values))


def parse_space(overs: Sequence[str], fixed: Iterable[str] = ()) -> Space:
    """The grid of several `--over` texts; `fixed` are the paths that `--set` gives one value.

    Raises:
        SpecError: for a text that describes no axis, or a path both fixed and swept.
    """
    space = Space(tuple(parse_axis(text) for text in overs))
    for axis in space.axes:
        if axis.path in set(fixed):
            raise SpecError(
                f"{axis.path} is both set and swept", fix=f"leave out --set {axis.path} or --over {axis.path}"
            )
    return space


def _item_values(item: str, where: str) -> Iterator[str]:
    if not item.strip():
        raise SpecError("an empty value", where=where, fix="write for example 16,32 or 16..256:x2")
    return expand(item, where)
