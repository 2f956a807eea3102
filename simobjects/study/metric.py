# SPDX-License-Identifier: BSD-3-Clause
"""A figure of a run that a picture or a comparison is about: a statistic, or one divided by another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, SupportsFloat

from simobjects.base.errors import SimObjectsError

_STAT = re.compile(r"(?P<path>.+)\.(?P<stat>\w+)(?:\[(?P<index>[^\]]*)\])?\Z")


class PlotError(SimObjectsError):
    """What was asked for cannot be drawn; the message says why and what can."""


class Reading(Protocol):
    """One value of the statistics: a row of a run that is here, or of a table that was read."""

    @property
    def window(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def stat(self) -> str: ...
    @property
    def index(self) -> str: ...
    @property
    def value(self) -> SupportsFloat | str | None:
        """A number or its text; None, empty or `nan` where there is none."""


@dataclass(frozen=True)
class Metric:
    """A statistic, divided by another one when `per` is given, times `factor`.

    Attributes:
        stat: `path.stat` or `path.stat[label]`; a vector without label is the sum of its values.
        per: what it is divided by.
        factor: such as 1000, for a figure per thousand.
        title: instead of the names, at an axis.
    """

    stat: str
    per: str | None = None
    factor: int = 1
    title: str = ""

    @classmethod
    def parse(cls, text: str) -> Metric:
        """`PATH.STAT`, `PATH.STAT[INDEX]`, or two of them with `/` between.

        Raises:
            PlotError: the text names no statistic.
        """
        stat, slash, per = (part.strip() for part in text.partition("/"))
        for name in (stat, per) if slash else (stat,):
            if not _STAT.match(name):
                raise PlotError(
                    f"{name!r} names no statistic",
                    where=f"--plot {text}",
                    fix="write PATH.STAT, as in system.tlb.misses",
                )
        return cls(stat, per or None)

    @property
    def names(self) -> tuple[str, ...]:
        """The statistics that it is made of, as `path.stat`."""
        matches = [_STAT.match(name) for name in (self.stat, self.per) if name]
        return tuple(f"{match['path']}.{match['stat']}" for match in matches if match)

    @property
    def label(self) -> str:
        """The text at the y axis."""
        return self.title or (f"{self.stat} / {self.per}" if self.per else self.stat)

    def of(self, rows: Iterable[Reading], window: str) -> float | None:
        """Its value in one window of a run.

        Args:
            rows: the run's statistics.
            window: its label.

        Returns:
            None where it has none: nothing to divide by, say.

        Raises:
            PlotError: the run has no such statistic.
        """
        chosen = [row for row in rows if row.window == window]
        value = _value(chosen, self.stat, window)
        if self.per is None:
            return None if value is None else value * self.factor
        below = _value(chosen, self.per, window)
        return None if value is None or not below else value * self.factor / below


def _value(rows: Iterable[Reading], name: str, window: str) -> float | None:
    """The value of `path.stat` or `path.stat[index]`; the sum over all labels for a vector without index."""
    match = _STAT.match(name)
    assert match is not None
    path, stat, index = match["path"], match["stat"], match["index"]
    found = [row for row in rows if row.path == path and row.stat == stat and index in (None, row.index)]
    if not found:
        raise PlotError(
            f"no statistic {name} in the window {window!r}",
            fix="sweep.csv lists what there is; --keep leaves out what it does not name",
        )
    values = [float(value) for row in found if (value := row.value) is not None and value not in ("", "nan")]
    return sum(values) if values else None
