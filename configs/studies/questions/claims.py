# SPDX-License-Identifier: BSD-3-Clause
"""Do the claims of Linux commit 7924bd4109 hold on other programs, and where does each turn?

    simobjects trace suite -o debian
    simobjects guest build
    python configs/studies/questions/claims.py --suite traces --suite debian/suite.json --linux guest

Parent and commit run each workload on TLBs of 64 and 256 entries, and with a flush in one instruction; as they are, and
with one thing changed at a time: the host (how often it ticks, signals the VMM, runs its task), the guest (how often
it goes to a device), and each estimated cost at both ends of its range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from answers import Found, curves  # these are beside this script
from claim_list import BASE, CLAIMS, LARGE, ONCE, Claim, Pairs, gain
from guests import Workloads, is_linux, machine
from question import Question, main

from simobjects.base.names import listed
from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.figures import Bar, Page, stacks
from simobjects.study.known import Known
from simobjects.study.sensitivity import factors
from simobjects.study.space import Space

AS_IT_IS = "as it is"
SCHEMES = ("e3b", "e4")
_BISECTIONS = 40
CONDITIONS = {BASE: {"entries": "64"}, LARGE: {"entries": "256"}, ONCE: {"flush": "once"}}


@dataclass(frozen=True)
class Knob:
    """Something that is varied: its path, its value as it is, and others in order. `streams`: no Linux has it."""

    name: str
    path: str
    usual: str
    others: tuple[str, ...]
    streams: bool = False

    def setting(self, value: str) -> str:
        """How an axis calls it."""
        return f"{self.name} {value}"


KNOBS = (
    Knob(
        "device every", "system.guest.io_every", "1000000", ("1000", "3000", "10000", "30000", "100000", "300000"), True
    ),
    Knob("HZ", "system.host.hz", "250Hz", ("100Hz", "1000Hz", "4000Hz", "16000Hz")),
    Knob("signal every", "system.host.vmm.signal_every", "5", ("1", "25")),
    Knob("task every", "system.host.tasks[0].every", "10", ("1", "3", "100")),
    Knob("interrupt pages", "system.host.interrupt_pages", "2", ("0", "8", "32")),
)


@dataclass(frozen=True)
class Cost:
    """An estimated cost: its value and its range."""

    name: str
    value: float
    low: float
    high: float

    @property
    def far(self) -> float:
        """The end that is run: statistics go straight along a cost, so it says what lies on the other side too."""
        return self.low if self.value - self.low > self.high - self.value else self.high

    @property
    def setting(self) -> str:
        """How an axis calls it."""
        return f"{self.name} {self.far:g}"


IDLE = ("spr_latency", "tlbsx_latency", "device_latency", "e6_visit", "e6_save", "host_fault", "c_page_fault")
"""Costs of the bare machine, of other schemes, of tasks with page faults: they change nothing here."""


def costs() -> list[Cost]:
    """Every estimate of the cost model that changes anything here, in its order."""
    found = []
    for factor in factors(machine(), {}):
        if factor.path.startswith("system.costs."):
            name = factor.path.rpartition(".")[2]
            if name not in IDLE:
                found.append(Cost(name, float(factor.value), float(factor.low), float(factor.high)))
    return found


def space(chosen: Workloads) -> Space:
    """Every workload under both schemes and all conditions, with one thing changed at a time."""
    changes: dict[str, dict[str, str]] = {AS_IT_IS: {}}
    changes |= {knob.setting(value): {knob.path: value} for knob in KNOBS for value in knob.others}
    dear = {cost.setting: {f"system.costs.{cost.name}": f"{cost.far:g}"} for cost in costs()}
    of_streams = {knob.setting(value) for knob in KNOBS if knob.streams for value in knob.others}
    every = grid({"workload": chosen, "scheme": SCHEMES, "condition": CONDITIONS, "change": changes | dear})
    return every.where(
        lambda at: (
            not (is_linux(at) and at["change"] in of_streams) and not (at["condition"] == ONCE and at["change"] in dear)
        )
    )


def pairs(found: Found, workload: str, change: str = AS_IT_IS) -> Pairs:
    """Parent and commit under each condition that ran."""
    return {
        condition: (old, new)
        for condition in CONDITIONS
        for old, new in [[found.get(workload=workload, scheme=s, condition=condition, change=change) for s in SCHEMES]]
        if old is not None and new is not None
    }


def moved(usual: Pairs, far: Pairs, share: float) -> Pairs:
    """What lies at a share of the way from one to the other."""
    return {
        condition: (usual[condition][0].moved(pair[0], share), usual[condition][1].moved(pair[1], share))
        for condition, pair in far.items()
    }


# ---- where a claim turns ----


def turns_by_knob(found: Found, claim: Claim, workload: str) -> Iterator[str]:
    """Between which values of something the claim turns, going away from its usual value."""
    usual = claim.held(pairs(found, workload))
    if usual is None:
        return
    for knob in KNOBS:
        values = sorted((*knob.others, knob.usual), key=_number)
        ran = {value: pairs(found, workload, knob.setting(value)) for value in knob.others}
        values = [value for value in values if value == knob.usual or ran[value]]
        place = values.index(knob.usual)
        for way in (values[place::-1], values[place:]):
            for near, far in zip(way, way[1:], strict=False):
                if claim.turned(ran[far], usual):
                    yield f"{knob.name} {near} to {far}"
                    break


def turns_by_cost(found: Found, claim: Claim, workload: str) -> Iterator[str]:
    """Which cost turns the claim within its range, and about where."""
    base = pairs(found, workload)
    usual = claim.held(base)
    for cost in costs():
        far = pairs(found, workload, cost.setting)
        if usual is None or not claim.needs <= set(far):
            continue
        for end in (cost.low, cost.high):
            share = (end - cost.value) / (cost.far - cost.value)
            if share and claim.turned(moved(base, far, share), usual):
                same, turned = 0.0, share
                for _ in range(_BISECTIONS):
                    middle = (same + turned) / 2
                    if claim.held(moved(base, far, middle)) == usual:
                        same = middle
                    else:
                        turned = middle
                at = cost.value + turned * (cost.far - cost.value)
                yield f"{cost.name} {'above' if end > cost.value else 'below'} {_short(at)}"


def _number(text: str) -> float:
    return float(text.removesuffix("Hz"))


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"


# ---- the page ----


def held(found: Found) -> str:
    """Each claim on each workload: whether it holds."""
    names = found.axis("workload")
    words = {True: "yes", False: "no", None: "-"}
    rows = [(claim.says, *(words[claim.held(pairs(found, name))] for name in names)) for claim in CLAIMS]
    return markdown(("claim of the commit", *names), rows, left=range(len(names) + 1))


def numbers(found: Found) -> str:
    """The two numbers of each."""
    names = found.axis("workload")
    rows = [(claim.says, claim.unit, *(claim.shown(pairs(found, name)) for name in names)) for claim in CLAIMS]
    return markdown(("claim of the commit", "parent to commit", *names), rows, left=(0, 1))


def turns(found: Found) -> str:
    """Where each claim turns, on each workload on which anything turns it."""
    rows = []
    for claim in CLAIMS:
        for name in found.axis("workload"):
            by_knob, by_cost = list(turns_by_knob(found, claim, name)), list(turns_by_cost(found, claim, name))
            if by_knob or by_cost:
                now = "yes" if claim.held(pairs(found, name)) else "no"
                rows.append((claim.says, name, now, "; ".join(by_knob) or "-", "; ".join(by_cost) or "-"))
    heads = ("claim of the commit", "workload", "holds", "turns at", "turns with the cost")
    return markdown(heads, rows, left=range(5))


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {"held": held(found), "numbers": numbers(found), "turns": turns(found)}


def spent(found: Found, name: str, scheme: str) -> dict[str, float]:
    """What the vcpu's cycles went to, of the parent's cycles per cent."""
    old, point = (found.at(workload=name, scheme=s, condition=BASE, change=AS_IT_IS) for s in (SCHEMES[0], scheme))
    return dict(point.spent(old.time))


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    names = found.axis("workload")
    groups = [(name, [Bar(scheme, spent(found, name, scheme)) for scheme in SCHEMES]) for name in names]
    heading = "Where the time of parent and commit goes, by workload"
    made = {"study-claims-times.svg": stacks(groups, Page(), heading, "scheme", "% of the parent's cycles")}
    knob = KNOBS[0]
    values = sorted((*knob.others, knob.usual), key=_number)
    streams = [name for name in names if not is_linux({"workload": name})]
    if streams:
        changes = {value: AS_IT_IS if value == knob.usual else knob.setting(value) for value in values}
        points = [
            ((value, name), gain(pairs(found, name, change)[BASE]))
            for name in streams
            for value, change in changes.items()
            if pairs(found, name, change)
        ]
        what = Known("", "time of the parent / time of the commit")
        axes = [("user instructions between device accesses", values), ("workload", streams)]
        heading = "What the commit gains, by how often the guest leaves for a device"
        made["study-claims-devices.svg"] = curves("claims", what, axes, points, title=heading)
    return made


def answer(found: Found) -> str:
    """In a sentence: which claims hold on how many workloads."""
    names = found.axis("workload")
    counts = {claim.says: sum(claim.held(pairs(found, name)) is True for name in names) for claim in CLAIMS}
    always = [_plain(says) for says, count in counts.items() if count == len(names)]
    never = [_plain(says) for says, count in counts.items() if not count]
    some = [f"{_plain(says)} ({count})" for says, count in counts.items() if 0 < count < len(names)]
    gains = {name: gain(pairs(found, name)[BASE]) for name in names}
    least, most = min(gains, key=gains.__getitem__), max(gains, key=gains.__getitem__)
    said = [
        f"{title}: {listed(those)}"
        for title, those in ((f"On all {len(names)} workloads", always), ("on none", never), ("on some", some))
        if those
    ]
    return (
        f"{'; '.join(said)}. The commit is {gains[least]:.2f} ({least}) to {gains[most]:.2f} ({most}) times as fast "
        "as its parent."
    )


def _plain(says: str) -> str:
    return says.strip("().").removeprefix(" so").removeprefix(" and").strip()


QUESTION = Question(
    name="claims",
    asks="Do the commit's claims hold on other programs, and where does each turn?",
    space=space,
    keep=(
        "core.vcpu_time",
        "core.instructions",
        "core.cycles",
        "host.exits_by_kind",
        "host.exit_instructions",
        "host.exit_cycles",
        "host.host_misses",
        "host.host_alive",
        "host.puts",
        "host.ticks",
        "shadow_tlb.bytes",
        "shadow_refs.bytes",
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
