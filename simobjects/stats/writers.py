# SPDX-License-Identifier: BSD-3-Clause
"""The statistics as files: aligned text, JSON and CSV. Each holds every kind, window by window."""

from __future__ import annotations

import csv
import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from simobjects.base.files import write_whole

from .exact import Exact
from .kinds import Formula, Stat
from .snapshot import Shown, Values, Wanted, Window
from .source import Source
from .table import aligned
from .tree import StatsTree

COLUMNS = ("run", "window", "path", "stat", "index", "unit", "value")
"""The columns of the long table."""


def text_of(stats: StatsTree) -> str:
    """Every window as aligned text."""
    return "\n".join(_window_text(window) for window in stats.windows())


def csv_of(stats: StatsTree, wanted: Wanted | None = None) -> str:
    """The long table as CSV with the columns `COLUMNS`. A value that a formula does not have is empty.

    Args:
        stats: of a run.
        wanted: whether a statistic is, by its `path.stat`; None: all are.
    """
    run = _line(stats.run, "")
    lines = [f"{_line(*COLUMNS)}\n"]
    for window in stats.windows():
        for path, stat, values in window.each(wanted):
            name, unit = stat.name, stat.unit
            lines += [
                f"{run}{_line(window.label, path, name, index, unit)},{_cell(value)}\n" for index, value in values
            ]
    return "".join(lines)


@lru_cache(maxsize=1 << 14)
def _line(*cells: str) -> str:
    """Cells as CSV, without the end of the line. Those before a value are the same in all runs of a machine."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()[:-1]


def json_of(stats: StatsTree) -> dict[str, Any]:
    """Every window as plain data: raw counts exactly, shown values beside them where they differ.

    Returns:
        A dict with `format`, `run` and `windows`, which `stats.json` holds.
    """
    return {"format": 1, "run": stats.run, "windows": [_window_data(window) for window in stats.windows()]}


def json_text(stats: StatsTree) -> str:
    """`json_of` as the text of `stats.json`."""
    return json.dumps(json_of(stats), indent=1, allow_nan=False) + "\n"


def write_text(stats: StatsTree, path: Path | str) -> None:
    """Write `stats.txt`."""
    write_whole(Path(path), text_of(stats).encode())


def write_csv(stats: StatsTree, path: Path | str) -> None:
    """Write `stats.csv`."""
    write_whole(Path(path), csv_of(stats).encode())


def write_json(stats: StatsTree, path: Path | str) -> None:
    """Write `stats.json`."""
    write_whole(Path(path), json_text(stats).encode())


def _window_text(window: Window) -> str:
    begin, end = window.begin, window.end
    assert begin is not None and end is not None
    span = f"cycles {begin.cycle} to {end.cycle}, references {begin.reference} to {end.reference}"
    return f"---- {window.label}: {span}\n{aligned(window)}"


def _window_data(window: Window) -> dict[str, Any]:
    begin, end = window.begin, window.end
    assert begin is not None and end is not None
    stats = [_stat_data(window, source, stat) for source in window.sources for stat in source.stats.values()]
    return {
        "label": window.label,
        "begin": {"cycle": begin.cycle, "reference": begin.reference},
        "end": {"cycle": end.cycle, "reference": end.reference},
        "stats": stats,
    }


def _stat_data(values: Values, source: Source, stat: Stat) -> dict[str, Any]:
    data: dict[str, Any] = {
        "path": source.path,
        "stat": stat.name,
        "kind": stat.kind,
        "unit": stat.unit,
        "description": stat.description,
    }
    shown = values.shown(source, stat)
    numbers = [
        float(value) if isinstance(value, Exact) or (stat.scale != 1 and value is not None) else value
        for _, value in shown
    ]
    if isinstance(stat, Formula):
        return {**data, "value": numbers[0]}
    raw = values.raws[source.path][stat.name]
    scalar = isinstance(raw, int)
    if stat.scale != 1:
        data |= {"raw": raw, "scale": stat.scale}
    if not scalar:
        data["index"] = [index for index, _ in shown]
    return {**data, "value": numbers[0] if scalar else numbers}


def _cell(value: Shown) -> str:
    return "" if value is None else repr(value)
