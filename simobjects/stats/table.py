# SPDX-License-Identifier: BSD-3-Clause
"""Numbers as text, and values as an aligned or an HTML table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape

from simobjects.base.names import nearest
from simobjects.base.text import columns

from .errors import StatsError
from .kinds import Stat, Vector
from .snapshot import Shown, Values
from .source import Source

Line = tuple[str, str, str, str]
"""Name, value, unit, description."""


def number_text(value: Shown) -> str:
    """A value as text: exact ones in full, computed ones in six digits, none as `nan`."""
    if value is None:
        return "nan"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def below(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies under it."""
    return prefix == "" or path == prefix or path.startswith((f"{prefix}.", f"{prefix}["))


def aligned(values: Values, prefix: str = "", *, once: bool = False, zeros: bool = True) -> str:
    """Name, value, unit and description in columns, one line for each value.

    Args:
        values: of a snapshot or window.
        prefix: the path of an object or of one statistic, or how the names of some statistics begin
            (`system.host.exit`).
        once: only the first value of a statistic has its description.
        zeros: False: those that are 0 are left out, unless all are.

    Raises:
        StatsError: nothing has such a name; it names the nearest.
    """
    named = [
        (f"{source.path}.{stat.name}", source, stat) for source in values.sources for stat in source.stats.values()
    ]
    chosen = [item for item in named if below(item[0], prefix)] or [
        item for item in named if item[0].startswith(prefix)
    ]
    if not chosen and prefix:
        known = {*(name for name, _, _ in named), *(source.path for _, source, _ in named)}
        near = nearest(prefix, known)
        raise StatsError(f"no statistic is called {prefix!r}" + (f"; did you mean {near!r}?" if near else ""))
    each = [[line for line in _lines(values, source, stat) if zeros or line[1] != "0"] for _, source, stat in chosen]
    if not zeros and not any(each):
        return aligned(values, prefix, once=once)
    lines = [(*line, "" if once and place else note) for part in each for place, (*line, note) in enumerate(part)]
    return columns([[*line, f"# {note}" if note else ""] for *line, note in lines], right={1}, narrow={1})


def html(values: Values) -> str:
    """A table of every value."""
    rows = []
    for row in values.rows():
        name = f"{row.path}.{row.stat}" + (f"[{row.index}]" if row.index else "")
        rows.append(
            f"<tr><td style='text-align:left'>{escape(name)}</td>"
            f"<td style='text-align:right'>{number_text(row.value)}</td>"
            f"<td style='text-align:left'>{escape(row.unit)}</td></tr>"
        )
    head = "<tr><th style='text-align:left'>statistic</th><th>value</th><th>unit</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _lines(values: Values, source: Source, stat: Stat) -> Iterable[Line]:
    shown = values.shown(source, stat)
    name = f"{source.path}.{stat.name}"
    for index, value in shown:
        mark = f"[{index}]" if index else ""
        yield f"{name}{mark}", number_text(value), stat.unit, stat.description
    if isinstance(stat, Vector) and stat.monotone and len(shown) > 1:
        total = sum((Decimal(number_text(value)) for _, value in shown), Decimal(0))  # as many decimals as its parts
        yield f"{name}[total]", f"{total:f}", stat.unit, stat.description
