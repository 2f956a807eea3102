# SPDX-License-Identifier: BSD-3-Clause
"""Which uncertain numbers a conclusion depends on: each is varied over its plausible range, all others left alone.

A factor is a parameter that its class declares with `estimate(...)`. Time is linear in almost every cost, so the two
ends of a range and the script's own value say what lies between; what does not follow from that (ticks of the host
come at times, and so at other references when costs differ) is in the measured ends too, since every end is a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from simobjects.base.errors import SimObjectsError
from simobjects.framework import Ratio, Simulation, System
from simobjects.framework.fields import plausible
from simobjects.framework.tree import walk
from simobjects.stats import TOTAL
from simobjects.study.config_script import build, load
from simobjects.study.execute import Limits, run_to_end
from simobjects.study.metric import Metric

BISECTIONS = 24
FLAT = 1e-9
"""A swing relative to the value below which nothing depends on the factor."""


class SensitivityError(SimObjectsError):
    """What was asked for cannot be compared; the message says why and what can."""


@dataclass(frozen=True)
class Factor:
    """An uncertain parameter.

    Attributes:
        path: of the parameter.
        value: in the script, exactly.
        low: the lower end of its range, with the script's value in it.
        high: the upper end.
        whole: whether it takes whole numbers only.
    """

    path: str
    value: Fraction
    low: Fraction
    high: Fraction
    whole: bool

    def text(self, value: Fraction) -> str:
        """A value as `--set` takes it."""
        return str(round(value)) if self.whole else f"{float(value):.3f}"


@dataclass(frozen=True)
class Side:
    """One of the two machines of a conclusion (or the only one): a script and what is set in it.

    Attributes:
        name: in the answer.
        config: the script.
        fixed: text by path of a parameter: known values, which are not varied.
        machine: the function of the script that makes it; empty: the script binds `system`.
        arguments: of that function, as text.
    """

    name: str
    config: Path
    fixed: Mapping[str, str]
    machine: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Influence:
    """What a factor does to the figure.

    Attributes:
        factor: which.
        base: the figure as the script has it.
        low: the figure at the lower end of the factor's range.
        high: at the upper end.
        flip: the value nearest the script's at which the conclusion turns; None: nowhere in the range.
    """

    factor: Factor
    base: float
    low: float
    high: float
    flip: Fraction | None = None

    @property
    def swing(self) -> float:
        """The change over the whole range, relative to the figure."""
        values = (self.low, self.base, self.high)
        return (max(values) - min(values)) / abs(self.base) if self.base else 0.0

    @property
    def elasticity(self) -> float:
        """Per cent that the figure changes when the factor changes by one per cent."""
        if not self.base:
            return 0.0
        slope = (self.high - self.low) / float(self.factor.high - self.factor.low)
        return slope * float(self.factor.value) / self.base


@dataclass(frozen=True)
class Sensitivity:
    """The whole answer.

    Attributes:
        sides: what was compared.
        metric: of what.
        base: the metric of one machine, or that of the first over that of the second.
        values: the metric of each machine.
        influences: of each factor, the largest swing first.
        corner: the figure with every factor at the end that is worst for the conclusion; None of a single machine.
        runs: how many were made.
    """

    sides: tuple[Side, ...]
    metric: Metric
    base: float
    values: tuple[float, ...]
    influences: tuple[Influence, ...]
    corner: float | None
    runs: int

    @property
    def holds(self) -> bool:
        """Whether no factor alone turns the conclusion."""
        return all(influence.flip is None for influence in self.influences)

    @property
    def holds_together(self) -> bool:
        """Whether not even all of them together do."""
        return self.corner is None or (self.corner > 1) == (self.base > 1)


def factors(system: System, fixed: Mapping[str, str]) -> list[Factor]:
    """The uncertain parameters of a machine in the order of its tree.

    Args:
        system: the machine.
        fixed: parameters that are known, by path, and left out. A value that the script sets outside the range widens
            it.
    """
    found = []
    for obj in walk(system):
        for name, info in type(obj).model_fields.items():
            bounds, path = plausible(info), f"{obj.path}.{name}"
            if bounds is None or path in fixed:
                continue
            value = _fraction(getattr(obj, name))
            low, high = Fraction(str(bounds.low)), Fraction(str(bounds.high))
            whole = not isinstance(bounds.low, str)
            found.append(Factor(path, value, min(low, value), max(high, value), whole))
    return found


def _fraction(value: Any) -> Fraction:
    return value.exact if isinstance(value, Ratio) else Fraction(int(value))


def measure(simulation: Simulation, metric: Metric, limits: Limits) -> float:
    """The metric of one run.

    Raises:
        SensitivityError: the run does not come to its end, or the metric has no value there.
    """
    last = run_to_end(simulation, limits)
    if last.kind.bad:
        raise SensitivityError(f"a run ended badly: {last}")
    value = metric.of(simulation.stats.rows(), TOTAL)
    if value is None:
        text = f"{metric.label} has no value in this run (there is nothing to divide by)"
        raise SensitivityError(text, fix="choose another --metric")
    return value


@dataclass
class Bench:
    """Runs machines and remembers what came out, so that no run is made twice.

    Attributes:
        sides: the machines.
        metric: what is measured.
        limits: where each run ends.
        report: told of each run that begins.
        runs: how many were made.
    """

    sides: Sequence[Side]
    metric: Metric
    limits: Limits
    report: Callable[[str], None] = lambda text: None
    runs: int = 0
    _known: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(default_factory=dict)
    _uses: dict[str, frozenset[str]] = field(default_factory=dict)

    def values(self, setting: Mapping[str, str]) -> tuple[float, ...]:
        """The metric of each machine with these values set."""
        return tuple(self._value(side, setting) for side in self.sides)

    def figure(self, setting: Mapping[str, str]) -> float:
        """The metric, or the first machine's over the second's."""
        values = self.values(setting)
        if len(values) == 1:
            return values[0]
        if values[1] == 0:
            raise SensitivityError(f"{self.metric.label} of {self.sides[1].name} is 0: nothing to divide by")
        return values[0] / values[1]

    def _value(self, side: Side, setting: Mapping[str, str]) -> float:
        own = {path: text for path, text in setting.items() if path in self._paths(side)}
        key = (side.name, tuple(sorted(own.items())))
        if key not in self._known:
            self.runs += 1
            self.report(f"{side.name}: {', '.join(f'{path}={text}' for path, text in own.items()) or 'as it is'}")
            simulation = build(side.config, {**side.fixed, **own}, side.machine, side.arguments)
            self._known[key] = measure(simulation, self.metric, self.limits)
        return self._known[key]

    def _paths(self, side: Side) -> frozenset[str]:
        """The uncertain parameters that this machine has: those of the other one do not concern it."""
        if side.name not in self._uses:
            self._uses[side.name] = frozenset(factor.path for factor in side_factors(side))
        return self._uses[side.name]


def side_factors(side: Side) -> list[Factor]:
    """The uncertain parameters of one of the machines."""
    return factors(load(side.config, side.fixed, side.machine, side.arguments, engine=True), side.fixed)


def study(
    sides: Sequence[Side], metric: Metric, limits: Limits, report: Callable[[str], None] = lambda text: None
) -> Sensitivity:
    """Vary every factor over its range; with two machines also find where the conclusion turns.

    Args:
        sides: one machine, or the two that are compared.
        metric: what is looked at: lower is better.
        limits: where each run ends.
        report: told in words of each run that begins.

    Raises:
        SensitivityError: the two figures are equal, so there is no conclusion; or there is no uncertain parameter.
    """
    bench = Bench(sides, metric, limits, report)
    wanted = {factor.path: factor for side in reversed(sides) for factor in side_factors(side)}
    if not wanted:
        raise SensitivityError("this machine has no parameter that is an estimate; nothing can be varied")
    values = bench.values({})
    base = bench.figure({})
    if len(sides) > 1 and base == 1:
        names = f"{sides[0].name} and {sides[1].name}"
        raise SensitivityError(f"{metric.label} is equal in {names}: there is no conclusion to test")
    found = [influence(bench, factor, base) for factor in wanted.values()]
    found.sort(key=lambda each: (-each.swing, each.factor.path))
    corner = _corner(bench, found, base) if len(sides) > 1 else None
    return Sensitivity(tuple(sides), metric, base, values, tuple(found), corner, bench.runs)


def influence(bench: Bench, factor: Factor, base: float) -> Influence:
    """One factor at both ends of its range, and where the conclusion turns in between."""
    low, high = (
        base if end == factor.value else bench.figure({factor.path: factor.text(end)})
        for end in (factor.low, factor.high)
    )
    flip = None
    if len(bench.sides) > 1:
        turned = [end for end, value in ((factor.low, low), (factor.high, high)) if (value > 1) != (base > 1)]
        turns = [bisect(bench, factor, end, base) for end in turned]
        flip = min(turns, key=lambda turn: abs(turn - factor.value), default=None)
    return Influence(factor, base, low, high, flip)


def bisect(bench: Bench, factor: Factor, end: Fraction, base: float) -> Fraction:
    """The value nearest the script's at which the conclusion is not the script's any more."""
    step = Fraction(1) if factor.whole else Fraction(1, 1000)
    same, turned = factor.value, end
    for _ in range(BISECTIONS):
        if abs(turned - same) <= step:
            break
        middle = same + (turned - same) // (2 * step) * step
        if (bench.figure({factor.path: factor.text(middle)}) > 1) == (base > 1):
            same = middle
        else:
            turned = middle
    return turned


def _corner(bench: Bench, found: Sequence[Influence], base: float) -> float:
    """Every factor at the end that takes the figure nearest to 1, or past it."""
    setting = {}
    for each in found:
        ends = ((each.low, each.factor.low), (each.base, each.factor.value), (each.high, each.factor.high))
        _, worst = min(ends) if base > 1 else max(ends)
        if worst != each.factor.value:
            setting[each.factor.path] = each.factor.text(worst)
    return bench.figure(setting)


def conclusion(found: Sensitivity) -> list[str]:
    """What a study says, in sentences.

    Which machine is better by how much, what alone would turn that, and whether everything together would.
    """
    if len(found.sides) == 1:
        return [f"{figure_name(found)} = {found.base:,.6g}"]
    better, worse = (1, 0) if found.base > 1 else (0, 1)
    names = [side.name for side in found.sides]
    gap = max(found.base, 1 / found.base)
    said = f"{names[better]} has the lower {found.metric.label}: {names[worse]} has {gap:.4f} times as much"
    lines = [said]
    for each in found.influences:
        if each.flip is not None:
            sign = ">=" if each.flip > each.factor.value else "<="
            turn = f"{each.factor.path} {sign} {each.factor.text(each.flip)}"
            lines.append(f"this turns when {turn} (the script has {each.factor.text(each.factor.value)})")
    if found.holds:
        lines.append("this holds over the whole range of every number alone")
    if found.corner is not None:
        together = "it still holds" if found.holds_together else "it does not hold"
        lines.append(f"with all numbers at their worst ends together {together} (figure {found.corner:.4f})")
    lines.append(f"figure: {figure_name(found)} = {found.base:.6f}")
    return lines


def figure_name(study: Sensitivity) -> str:
    """What the figure is: the metric, or the ratio of two machines."""
    if len(study.sides) == 1:
        return study.metric.label
    return f"{study.metric.label}: {study.sides[0].name} / {study.sides[1].name}"
