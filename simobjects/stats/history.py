# SPDX-License-Identifier: BSD-3-Clause
"""The snapshots and windows of a run as plain data, for a run that goes on elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import StatsError
from .snapshot import Snapshot, Window, subtract
from .source import Source


def dump_snapshot(taken: Snapshot) -> dict[str, Any]:
    """A snapshot as JSON can hold it."""
    raws = {
        path: {name: list(raw) if isinstance(raw, tuple) else raw for name, raw in values.items()}
        for path, values in taken.raws.items()
    }
    return {"label": taken.label, "cycle": taken.cycle, "reference": taken.reference, "raws": raws}


def load_snapshot(sources: Sequence[Source], data: object) -> Snapshot:
    """The snapshot again; StatsError when it is not of these sources."""
    label, cycle, reference, raws = _parts(data, "label", "cycle", "reference", "raws")
    if not (isinstance(label, str) and type(cycle) is int and type(reference) is int and isinstance(raws, Mapping)):
        raise StatsError("a snapshot has no label, cycle, reference or values")
    checked = {}
    for source in sources:
        values = raws.get(source.path)
        if not isinstance(values, Mapping):
            raise StatsError(f"the snapshot {label!r} has no values of {source.path}")
        checked[source.path] = source.checked(values)
    return Snapshot(label, sources, checked, cycle, reference)


def dump_window(window: Window) -> dict[str, Any]:
    """A window as JSON can hold it: its two ends."""
    assert window.begin is not None
    assert window.end is not None
    return {"label": window.label, "begin": dump_snapshot(window.begin), "end": dump_snapshot(window.end)}


def load_window(sources: Sequence[Source], data: object) -> Window:
    """The window again; StatsError when it is not of these sources."""
    label, begin, end = _parts(data, "label", "begin", "end")
    if not isinstance(label, str):
        raise StatsError("a window has no label")
    return subtract(label, load_snapshot(sources, begin), load_snapshot(sources, end))


def _parts(data: object, *names: str) -> list[Any]:
    if not isinstance(data, Mapping) or any(name not in data for name in names):
        raise StatsError(f"expected an object with {', '.join(names)}")
    return [data[name] for name in names]
