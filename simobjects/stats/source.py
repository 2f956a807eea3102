# SPDX-License-Identifier: BSD-3-Clause
"""Where the statistics of one object come from, and the view of its values that rules are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from .counts import Counts
from .errors import StatsError
from .exact import Exact, Number
from .kinds import Conservation, Formula, Raw, Rule, Stat, Vector

Value = Counts | Number | float | None
Read = Callable[[], Mapping[str, object]]


@dataclass(frozen=True)
class Source:
    """One object's declared statistics and the function that reads them."""

    path: str
    stats: Mapping[str, Stat]
    checks: Mapping[str, Conservation]
    labels: Mapping[str, tuple[str, ...]]
    read: Read

    @classmethod
    def of(
        cls, owner: object, path: str, stats: Mapping[str, Stat], checks: Mapping[str, Conservation], read: Read
    ) -> Source:
        """The source of `owner`, with its labels resolved."""
        labels = {name: stat.resolved_labels(owner) for name, stat in stats.items() if isinstance(stat, Vector)}
        return cls(path, stats, checks, labels, read)

    @cached_property
    def counted(self) -> dict[str, Stat]:
        """The statistics that are read: all but formulas."""
        return {name: stat for name, stat in self.stats.items() if not isinstance(stat, Formula)}

    @cached_property
    def formulas(self) -> list[Formula]:
        """The others."""
        return [stat for stat in self.stats.values() if isinstance(stat, Formula)]

    def collect(self) -> dict[str, Raw]:
        """The raw values now; StatsError when they are not exactly the declared ones."""
        return self.checked(self.read())

    def checked(self, given: Mapping[str, object]) -> dict[str, Raw]:
        """Values by statistic as `read` gives them, or StatsError."""
        if given.keys() != self.counted.keys():
            missing = sorted(set(self.counted) - set(given))
            if missing:
                raise StatsError(f"{self.path} declares {missing[0]!r} but its peer does not give it")
            extra = sorted(set(given) - set(self.counted))
            raise StatsError(f"the peer of {self.path} gives {extra[0]!r}, which is not declared")
        found: dict[str, Raw] = {}
        name, labels = "", self.labels
        try:
            for name, stat in self.counted.items():
                found[name] = stat.check(given[name], labels.get(name, ()))
        except StatsError as error:
            raise StatsError(f"{self.path}.{name} {error}") from None
        return found

    def in_unit(self, stat: Stat, raw: Raw) -> Counts | Number:
        """A raw value in its declared unit; of several values each with its label."""
        value = stat.in_unit(raw)
        return Counts(value, stat.indexes(raw, self.labels.get(stat.name, ()))) if isinstance(value, tuple) else value


def told(rule: Rule, error: Exception) -> str:
    """What a rule raised, and in which line of which file the rule begins."""
    code = getattr(rule, "__code__", None)
    kind = "" if isinstance(error, (AttributeError, TypeError, ValueError)) else f"{type(error).__name__}: "
    return f"{kind}{error}" + (f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else "")


class View:
    """An object's values by attribute, in their units, as a formula or a conservation check sees them."""

    def __init__(self, source: Source, values: Mapping[str, Raw]) -> None:
        self._source = source
        self._values = values

    def __getattr__(self, name: str) -> Any:
        stat = self._source.stats.get(name)
        if isinstance(stat, Formula):
            return stat.rule(self)
        if stat is None:
            raise AttributeError(f"{self._source.path} has no statistic {name!r}")
        return self._source.in_unit(stat, self._values[name])


def computed(source: Source, formula: Formula, values: Mapping[str, Raw]) -> Value:
    """A formula's value; None when it divides by zero. StatsError when the formula cannot be computed."""
    try:
        result = formula.rule(View(source, values))
    except ZeroDivisionError:
        return None
    except Exception as error:
        raise StatsError(f"{source.path}.{formula.name}: the formula fails: {told(formula.rule, error)}") from error
    if result is None or isinstance(result, (int, Exact)):
        return result
    try:
        number = float(result)
    except (TypeError, ValueError):
        raise StatsError(
            f"{source.path}.{formula.name}: a formula gives one number, this one gave {result!r}"
        ) from None
    return number if isfinite(number) else None
