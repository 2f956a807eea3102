# SPDX-License-Identifier: BSD-3-Clause
"""The claims of Linux commit 7924bd4109: what each is measured by, and by how much it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from answers import Point  # beside this script

Pair = tuple[Point, Point]
"""(the parent, the commit), all else alike."""
Pairs = Mapping[str, Pair]
"""By condition: `64`, `256`, ... entries of the hardware's TLB; `once`: 64, flushed by one instruction."""
BASE, LARGE, ONCE = "64", "256", "once"
CLEARLY = 0.01
"""A difference below this share is none, and does not turn a claim."""
FEW = 10
"""Of puts and ticks there must be as many, else what is counted at them says nothing."""
FEW_MISSES = 1000


@dataclass(frozen=True)
class Claim:
    """What the commit says. `values`: what is measured, of parent and commit, or of two gains; `margin`: above 0 it
    holds, and nan where there is nothing to measure. `unit` is what the values are."""

    says: str
    unit: str
    values: Callable[[Pairs], tuple[float, float]]
    margin: Callable[[Pairs], float]
    form: str = ",.0f"
    needs: frozenset[str] = frozenset({BASE})
    """The conditions that it is about."""
    slack: float = 0.0
    """Of a margin that hangs on when a tick came: what is not clear."""

    def held(self, pairs: Pairs) -> bool | None:
        """Whether it holds; None where there is nothing to measure."""
        margin = self.margin(pairs)
        return None if math.isnan(margin) else margin > 0

    def turned(self, pairs: Pairs, usual: bool) -> bool:
        """Whether it is clearly the other way than usual."""
        margin = self.margin(pairs)
        return margin < -self.slack if usual else margin > self.slack

    def shown(self, pairs: Pairs) -> str:
        """The two numbers."""
        return " to ".join("-" if math.isnan(value) else format(value, self.form) for value in self.values(pairs))


def ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def gain(pair: Pair) -> float:
    """How many times faster the commit is."""
    return ratio(pair[0].time, pair[1].time)


def saved(pair: Pair) -> float:
    """Host instructions that the commit saves at an exit."""
    return float(pair[0].mean_exit - pair[1].mean_exit)


def by_kind(point: Point) -> dict[str, float]:
    """Host instructions of an exit of each kind that there was."""
    counts, spent = point.vector("host.exits_by_kind"), point.vector("host.exit_instructions")
    return {kind: spent[kind] / count for kind, count in counts.items() if count}


def table_bytes(point: Point) -> float:
    return float(point["shadow_tlb.bytes"] + point["shadow_refs.bytes"])


def virt_rate(point: Point) -> float:
    """Virt misses per million instructions of the workload."""
    return ratio(1e6 * point.virt, point["core.instructions"])


def alive(point: Point) -> float:
    return ratio(point["host.host_alive"], point["host.puts"])


def measured(pairs: Pairs, count: Callable[[Point], float], least: int) -> bool:
    """Whether parent and commit have that many of what the claim is about."""
    return min(map(count, pairs[BASE])) >= least


def puts(point: Point) -> float:
    return float(point["host.puts"])


def ticks(point: Point) -> float:
    return float(point["host.ticks"])


def turn_misses(point: Point) -> float:
    """Misses of VMM and tasks at a turn of one of them."""
    return ratio(point.turn_misses, point["host.puts"])


def tick_misses(point: Point) -> float:
    return ratio(point.vector("host.host_misses").get("interrupt", 0.0), point["host.ticks"])


def on_base(measure: Callable[[Point], float]) -> Callable[[Pairs], tuple[float, float]]:
    return lambda pairs: (measure(pairs[BASE][0]), measure(pairs[BASE][1]))


def more(measure: Callable[[Point], float], count: Callable[[Point], float], least: int) -> Callable[[Pairs], float]:
    """By which share the commit has more, where there is enough of what is counted."""

    def margin(pairs: Pairs) -> float:
        old, new = on_base(measure)(pairs)
        return math.nan if not measured(pairs, count, least) else new if not old else new / old - 1

    return margin


def fewer(measure: Callable[[Point], float], count: Callable[[Point], float]) -> Callable[[Pairs], float]:
    """By which share the commit has less, if clearly, where there is enough of what is counted."""

    def margin(pairs: Pairs) -> float:
        old, new = on_base(measure)(pairs)
        return ratio(old - new, old) - CLEARLY if measured(pairs, count, FEW) else math.nan

    return margin


def shorter(pairs: Pairs) -> float:
    """What is saved at an exit, in the mean; or what one of that kind is longer which is longer by most."""
    old, new = map(by_kind, pairs[BASE])
    least = min((old[kind] - new[kind] for kind in new if kind in old), default=math.nan)
    return min(least, saved(pairs[BASE])) if least < 0 else saved(pairs[BASE])


def two_gains(condition: str) -> Callable[[Pairs], tuple[float, float]]:
    return lambda pairs: (gain(pairs[BASE]), gain(pairs[condition]))


def larger_gain(condition: str, least: int = 0) -> Callable[[Pairs], float]:
    """By which share the gain is clearly larger than on the 440's TLB, where there are enough ticks."""
    return lambda pairs: (
        gain(pairs[condition]) / gain(pairs[BASE]) - 1 - CLEARLY if measured(pairs, ticks, least) else math.nan
    )


MISSES = more(virt_rate, lambda point: point.virt, FEW_MISSES)
CLAIMS = (
    Claim(
        "less than half the memory",
        "bytes of a vcpu",
        on_base(table_bytes),
        lambda pairs: table_bytes(pairs[BASE][0]) / 2 - table_bytes(pairs[BASE][1]),
    ),
    Claim("every exit shorter", "host instructions of an exit, mean", on_base(lambda point: point.mean_exit), shorter),
    Claim("more TLB misses", "virt misses per million instructions", on_base(virt_rate), MISSES, slack=CLEARLY),
    Claim(
        "host mappings stay alive",
        "host entries alive at a put",
        on_base(alive),
        more(alive, puts, FEW),
        ".2f",
        slack=CLEARLY,
    ),
    Claim(
        "... so processes miss less",
        "misses of VMM and tasks at a turn",
        on_base(turn_misses),
        fewer(turn_misses, puts),
        ".2f",
        slack=CLEARLY,
    ),
    Claim(
        "... and interrupts miss less",
        "misses of a timer interrupt",
        on_base(tick_misses),
        fewer(tick_misses, ticks),
        ".2f",
        slack=CLEARLY,
    ),
    Claim(
        "(faster on the whole)",
        "million cycles",
        on_base(lambda point: point.time / 1e6),
        lambda pairs: gain(pairs[BASE]) - 1,
        ",.1f",
    ),
    Claim(
        "larger TLB: more saved at an exit",
        "instructions saved, 64 and 256 entries",
        lambda pairs: (saved(pairs[BASE]), saved(pairs[LARGE])),
        lambda pairs: saved(pairs[LARGE]) - saved(pairs[BASE]),
        needs=frozenset({BASE, LARGE}),
    ),
    Claim(
        "larger TLB: more gain",
        "gain, 64 and 256 entries",
        two_gains(LARGE),
        larger_gain(LARGE),
        ".3f",
        frozenset({BASE, LARGE}),
    ),
    Claim(
        "tlbivax: more gain",
        "gain, sweep and one instruction",
        two_gains(ONCE),
        larger_gain(ONCE, FEW),
        ".3f",
        frozenset({BASE, ONCE}),
        CLEARLY,
    ),
)
"""In the order of the message. The one in brackets it does not make, and everybody wants to know."""
