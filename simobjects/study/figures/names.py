# SPDX-License-Identifier: BSD-3-Clause
"""What statistics are called: found by short names, and described with their units as the classes declare them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from simobjects.base.errors import InputError
from simobjects.base.names import listed, nearest
from simobjects.stats import StatsTree

from ..known import Known, known_of
from ..metric import Metric, PlotError
from ..space import Axis

_ACRONYMS = {"tlb": "TLB", "vmm": "VMM", "hz": "HZ", "cpi": "CPI", "uart": "UART"}
_WITHOUT = {"ratio", "count", ""}
"""Units that say nothing to a reader."""
_CLAUSE = re.compile(r"[;:] |, (?!and )| \(")
"""Where what a description adds to its first words begins."""


class Catalogue(dict[str, Known]):
    """The statistics of a machine by `path.stat`."""

    @classmethod
    def of(cls, stats: StatsTree) -> Catalogue:
        """Those of a machine that is built."""
        return cls(known_of(stats))

    @classmethod
    def read(cls, stats_json: bytes) -> Catalogue:
        """Those that a run's `stats.json` describes.

        Raises:
            InputError: it is damaged.
        """
        try:
            first = json.loads(stats_json)["windows"][0]["stats"]
            return cls(
                {
                    f"{stat['path']}.{stat['stat']}": Known(
                        str(stat["unit"]),
                        str(stat["description"]),
                        tuple(str(label) for label in stat.get("index", ())),
                    )
                    for stat in first
                }
            )
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            what = f"{type(error).__name__}: {error}"
            raise InputError(f"stats.json describes no statistics ({what})", fix="run it again") from None

    def full(self, text: str) -> str:
        """`path.stat` or `path.stat[index]` of what may be written without its path, if only one object has it.

        Raises:
            PlotError: there is no such statistic, there are several, or it has no such index.
        """
        name, bracket, rest = text.partition("[")
        found = [name] if name in self else [full for full in self if full.rpartition(".")[2] == name]
        if len(found) > 1:
            raise PlotError(f"{len(found)} objects have a statistic {name}", fix=f"write one of {listed(found)}")
        if not found:
            near = nearest(name, [*self, *(full.rpartition(".")[2] for full in self)])
            hint = f"did you mean {near}?" if near else "stats.txt of a run lists what there is"
            raise PlotError(f"no statistic {name}", fix=hint)
        labels = self[found[0]].labels
        if bracket and rest.removesuffix("]") not in labels:
            there = f"one of {listed(labels, 30)}" if labels else f"{found[0]}, which is one value"
            raise PlotError(f"no value {text}", fix=f"write {there}")
        return found[0] + bracket + rest

    def known(self, name: str) -> Known:
        """What is known of `path.stat[index]`, which there is."""
        return self[name.partition("[")[0]]

    def described(self, metric: Metric) -> tuple[str, str]:
        """What a metric shows as a person says it, and its unit ("": none that says something)."""
        if metric.title:
            return metric.title, ""
        above, unit = self._text(metric.stat), self.known(metric.stat).unit
        if metric.per is None:
            return above, "" if unit in _WITHOUT else plural(unit)
        under = self.known(metric.per).unit
        if unit in _WITHOUT or under in _WITHOUT or unit == under:
            return f"{above} / {self._text(metric.per)}", ""
        return above, f"{plural(unit)} per {under}"

    def _text(self, name: str) -> str:
        index = name.partition("[")[2].removesuffix("]")
        text = _CLAUSE.split(self.known(name).description, maxsplit=1)[0]
        return f"{text}: {index}" if index else text


def plural(unit: str) -> str:
    """`cycles` of `cycle`."""
    if unit.endswith(("s", "sh", "ch", "x")):
        return f"{unit}es"
    return f"{unit[:-1]}ies" if unit.endswith("y") and unit[-2:-1] not in "aeiou" else f"{unit}s"


def axis_names(axes: Iterable[Axis]) -> Mapping[str, str]:
    """The swept parameters by path, as short as they stay different: `guest TLB entries`."""
    paths = [axis.path for axis in axes]
    return {path: next(text for text in _shorter(path) if _alone(text, path, paths)) for path in paths}


def _shorter(path: str) -> list[str]:
    """Texts for a path, from its last name on; a scheme or a workload is alone in its machine."""
    parts = path.split(".")
    start = 1 if parts[-1] in ("scheme", "workload", "kernel", "era") else 2
    return [_words(parts[-length:]) for length in range(min(start, len(parts)), len(parts) + 1)]


def _alone(text: str, path: str, paths: list[str]) -> bool:
    return all(text not in _shorter(other) for other in paths if other != path) or text == _words(path.split("."))


def _words(parts: list[str]) -> str:
    words = " ".join(parts).replace("_", " ").split()
    return " ".join(_ACRONYMS.get(word, word) for word in words)
