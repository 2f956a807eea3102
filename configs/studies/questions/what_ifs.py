# SPDX-License-Identifier: BSD-3-Clause
"""What would other designs have gained?

    simobjects trace suite -o debian
    simobjects guest build
    python configs/studies/questions/what_ifs.py --suite traces --suite debian/suite.json --linux guest

The parent, the commit, E6, and six schemes that never were, on every workload and on two processes of the first one.
"""

from __future__ import annotations

from collections.abc import Mapping

from answers import Found  # these are beside this script
from guests import Workloads, is_linux, streams
from question import Question, main

from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.figures import Bar, Page, stacks
from simobjects.study.space import Space

COMMIT = "e4"
DESIGNS: Mapping[str, Mapping[str, str]] = {
    "e3b": {"scheme": "e3b"},
    COMMIT: {"scheme": COMMIT},
    "e6": {"scheme": "e6"},
    "flush_once": {"scheme": "flush_once"},
    "tagged": {"scheme": "tagged"},
    "large_pages": {"scheme": "large_pages"},
    "spare_host": {"scheme": "spare_host"},
    "wide_guest": {"scheme": "wide_guest", "guest_entries": "256"},
    "magic_page": {"scheme": "magic_page"},
}
DRAWN = ("e3b", COMMIT, "e6", "large_pages", "wide_guest", "magic_page")
"""Those that differ from the commit for the better somewhere: the table has the others."""
OTHER_GUEST = ("wide_guest", "magic_page")
"""Designs for which the guest's kernel would have to be another one."""


def space(chosen: Workloads) -> Space:
    """Every design on every workload; a Linux is what it is."""
    first = next(iter(streams(chosen)), "")
    every: Workloads = dict(chosen)
    if first:
        every[f"{first}, two processes"] = {**chosen[first], "processes": "2"}
    points = grid({"workload": every, "design": DESIGNS})
    return points.where(lambda at: not (is_linux(at) and at["design"] in OTHER_GUEST))


def gain(found: Found, workload: str, design: str) -> float | None:
    """How many times faster than the commit."""
    point = found.get(workload=workload, design=design)
    return None if point is None else found.at(workload=workload, design=COMMIT).time / point.time


def gains(found: Found) -> str:
    """How many times faster each design is than the commit."""
    rows = []
    for name in found.axis("workload"):
        values = [gain(found, name, design) for design in DESIGNS]
        rows.append((name, *("-" if value is None else f"{value:.2f}" for value in values)))
    return markdown(("workload", *DESIGNS), rows)


def counted(found: Found) -> str:
    """Exits and virt misses of a thousand instructions."""
    rows = []
    for name in found.axis("workload"):
        points = [found.get(workload=name, design=design) for design in DESIGNS]
        for what in ("exits", "virt misses"):
            counts = [point and point.rate(point.exits if what == "exits" else point.virt) for point in points]
            rows.append((name, what, *("-" if count is None else f"{count:.2f}" for count in counts)))
    return markdown(("workload", "of a thousand instructions", *DESIGNS), rows, left=(0, 1))


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {"gains": gains(found), "counted": counted(found)}


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    groups = []
    for name in found.axis("workload"):
        whole = found.at(workload=name, design=COMMIT).time
        bars = []
        for design in DRAWN:
            point = found.get(workload=name, design=design)
            if point is not None:
                bars.append(Bar(design, point.spent(whole)))
        groups.append((name, bars))
    heading = "Other designs, by what the time goes to"
    return {"study-what-ifs.svg": stacks(groups, Page(), heading, "design", "% of the commit's cycles")}


def answer(found: Found) -> str:
    """In a sentence: the best design by workload."""
    best: dict[str, list[str]] = {}
    most: dict[str, float] = {}
    for name in found.axis("workload"):
        values = {design: gain(found, name, design) or 0.0 for design in DESIGNS}
        design = max(values, key=values.__getitem__)
        best.setdefault(design, []).append(f"{name} ({values[design]:.2f})")
        most[design] = max(most.get(design, 0.0), values[design])
    order = sorted(best, key=lambda design: -len(best[design]))
    return "Times as fast as the commit, the best design of each workload: " + "; ".join(
        f"{design} on {', '.join(best[design])}" for design in order
    ) + "."  # fmt: skip


QUESTION = Question(
    name="what-ifs",
    asks="What would other designs have gained?",
    space=space,
    keep=(
        "core.vcpu_time",
        "core.instructions",
        "core.cycles",
        "host.exits_by_kind",
        "host.exit_cycles",
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
