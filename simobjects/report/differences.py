# SPDX-License-Identifier: BSD-3-Clause
"""How the machines and the statistics of compared points differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.dumped import GROUPS, kind_of, objects
from simobjects.study.figures import Catalogue
from simobjects.study.metric import Reading
from simobjects.study.record import ChangedError
from simobjects.study.written import written

_SHOWN = 14
_PART = 0.001
"""Of the largest value of the same unit: what is smaller in both is no difference that matters."""


@dataclass(frozen=True)
class Difference:
    """A statistic in the pairs of a comparison.

    Attributes:
        name: `path.stat`, with the label of a part.
        description: what the statistic means.
        low, middle, high: the second machine's over the first's, in the pairs: least, median and most.
    """

    name: str
    description: str
    low: float
    middle: float
    high: float


def settings_of(run: Path) -> dict[str, str]:
    """What a run's machine was told: every parameter, reference and connection, and the class of each object.

    Args:
        run: where it lies; the `config.json` of a run directory is read and checked.

    Returns:
        By path, as text, in the order of the tree; empty where the run was kept without them, or they were changed.
    """
    try:
        data = json.loads(written(run).file("config.json"))["system"]
    except (ChangedError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    settings: dict[str, str] = {}
    for path, found in objects(data):
        if isinstance(found, Mapping):
            settings[path] = kind_of(found)
            for group in GROUPS:
                for name, value in found.get(group, {}).items():
                    settings[f"{path}.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return settings


def unlike(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """The settings that are not alike, as (path, first, second); an empty value where a machine has no such setting.

    They are in the order of the first machine, then those that only the second has.
    """
    names = dict.fromkeys([*first, *second])
    return tuple((name, first.get(name, ""), second.get(name, "")) for name in names
                 if first.get(name) != second.get(name))  # fmt: skip


def differences_of(
    both: Sequence[tuple[Sequence[Reading], Sequence[Reading]]], window: str, catalogue: Catalogue
) -> list[Difference]:
    """The statistics whose ratio is farthest from 1, fourteen at most, the farthest first.

    Left out are those that are below a thousandth of the largest of their unit in both machines, that are 0 in one of
    them, that a pair lacks, or that are equal in every pair.

    Args:
        both: for each pair of points the statistics of its first and of its second run.
        window: by its label; the others are not looked at.
        catalogue: what each statistic means, and its unit.
    """
    ratios: dict[str, list[float]] = {}
    largest: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for one, other in both:
        values = [_numbers(rows, window) for rows in (one, other)]
        for name in values[0].keys() & values[1].keys():
            first, second = values[0][name], values[1][name]
            unit = catalogue.known(name).unit if name.partition("[")[0] in catalogue else ""
            size = max(first, second)
            sizes[name] = max(sizes.get(name, 0.0), size)
            largest[unit] = max(largest.get(unit, 0.0), size)
            if first > 0 and second > 0:
                ratios.setdefault(name, []).append(second / first)
    made = []
    for name, found in ratios.items():
        known = catalogue.get(name.partition("[")[0])
        if len(found) < len(both) or known is None or sizes[name] < _PART * largest[known.unit]:
            continue
        order = sorted(found)
        middle = order[len(order) // 2]
        if order[0] != 1 or order[-1] != 1:
            made.append(Difference(name, known.description, order[0], middle, order[-1]))
    made.sort(key=lambda each: (-max(each.middle, 1 / each.middle), each.name))
    return made[:_SHOWN]


def _numbers(rows: Iterable[Reading], window: str) -> dict[str, float]:
    """The values of one window by name; a missing value, or one that is no number, is left out."""
    found = {}
    for row in rows:
        if row.window == window and row.value not in (None, "", "nan"):
            name = f"{row.path}.{row.stat}"
            found[f"{name}[{row.index}]" if row.index else name] = float(row.value)
    return found
