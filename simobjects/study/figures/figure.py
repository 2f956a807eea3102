# SPDX-License-Identifier: BSD-3-Clause
"""What is to be drawn: the kind, the statistic, and which swept parameter goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from simobjects.base.names import listed, nearest

from ..metric import PlotError
from ..space import Axis

Kind = Literal["curves", "stack", "share", "difference", "heat", "even", "series"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_PARTS = ("stack", "share", "difference")
"""Kinds that show what a sum is made of."""
_TEXTS = ("stat", "x", "y", "lines", "between")


@dataclass(frozen=True)
class Pair:
    """Two values of a swept parameter that are compared."""

    path: str
    first: str
    second: str


@dataclass(frozen=True)
class Figure:
    """What is to be drawn. What is empty is chosen by the axes of the sweep.

    Attributes:
        kind: of figure: curves, bars, a map, ...
        stat: as `Metric.parse` takes it; may be without its path.
        x: the parameter to the right.
        y: the parameter upwards, of a map.
        lines: the parameter whose values are lines.
        facets: those whose values are panels.
        between: two values that are compared: `A,B` or `PATH=A,B`.
        where: by parameter, the values of it that are drawn.
    """

    kind: Kind = "curves"
    stat: str = ""
    x: str = ""
    y: str = ""
    lines: str = ""
    facets: tuple[str, ...] = ()
    between: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, option: str = "--plot") -> Figure:
        """`KIND`, `KIND:STAT` or `STAT`.

        Raises:
            PlotError: there is no such kind.
        """
        kind, colon, stat = (part.strip() for part in text.partition(":"))
        for known in KINDS:
            if kind == known and (stat or not colon):
                return cls(known, stat)
        if colon:
            near = nearest(kind, KINDS)
            what = f"{kind!r} is no kind of figure" if kind not in KINDS else "no statistic behind the colon"
            hint = f"did you mean {near}?" if near and kind not in KINDS else f"write one of {listed(KINDS)}"
            raise PlotError(what, where=f"{option} {text}", fix=hint)
        return cls(stat=kind)

    def as_json(self) -> dict[str, Any]:
        """As plain data, which `read` takes."""
        return asdict(self)

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Figure:
        """What `as_json` gave.

        Raises:
            ValueError, TypeError, KeyError: it did not give that.
        """
        if facts["kind"] not in KINDS or not all(isinstance(facts[name], str) for name in _TEXTS):
            raise ValueError(f"no figure: {facts}")
        where = {str(path): tuple(map(str, values)) for path, values in facts["where"].items()}
        return cls(**{**facts, "facets": tuple(map(str, facts["facets"])), "where": where})


def find_axis(axes: Sequence[Axis], name: str, option: str) -> Axis:
    """The axis of this path, or the only one whose path ends so.

    Raises:
        PlotError: there is none, or there are several.
    """
    found = [axis for axis in axes if axis.path == name] or [axis for axis in axes if axis.path.endswith(f".{name}")]
    if len(found) == 1:
        return found[0]
    paths = listed(axis.path for axis in axes)
    what = f"{name} is {'no' if not found else 'more than one'} swept parameter"
    raise PlotError(what, where=option, fix=f"swept are: {paths}")


def find_pair(axes: Sequence[Axis], text: str) -> Pair:
    """`A,B` or `PATH=A,B`; without a text the two of the scheme or kernel, else of the only parameter that has two.

    Raises:
        PlotError: these are no two values of one swept parameter.
    """
    fix = "write --between A,B, as in --between e3b,e4"
    if not text:
        pairs = [axis for axis in axes if len(axis.values) == 2]
        named = [axis for axis in pairs if axis.path.rpartition(".")[2] in ("scheme", "kernel")]
        if len(named or pairs) != 1:
            raise PlotError("which two values are to be compared?", fix=fix)
        return Pair((named or pairs)[0].path, *(named or pairs)[0].values)
    path, equals, values = text.rpartition("=")
    first, comma, second = (part.strip() for part in values.partition(","))
    if not comma or first == second:
        raise PlotError("expected two different values", where=f"--between {text}", fix=fix)
    within = [find_axis(axes, path.strip(), "--between")] if equals else axes
    found = [axis for axis in within if first in axis.values and second in axis.values]
    if len(found) != 1:
        what = "no swept parameter has both values" if not found else "several swept parameters have both values"
        raise PlotError(what, where=f"--between {text}", fix="write --between PATH=A,B")
    return Pair(found[0].path, first, second)
