# SPDX-License-Identifier: BSD-3-Clause
"""What do several processes of a guest cost, and how long should each of them run?

    simobjects trace suite -o debian
    python configs/studies/questions/processes.py --suite traces --suite debian/suite.json

One, two and four processes that do the same work, switched after 50,000 to 1,600,000 references; under 2.6.28 (E3), the
parent, the commit, and a scheme that never was and gives each process a hardware PID (`tagged`).
"""

from __future__ import annotations

from collections.abc import Mapping

from answers import Found, Point, curves, span  # these are beside this script
from guests import Workloads, streams
from question import Question, main

from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.known import Known
from simobjects.study.space import Space

SCHEMES = ("e3", "e3b", "e4", "tagged")
NUMBERS = ("1", "2", "4")
QUANTA = ("50000", "200000", "400000", "1600000")
ONE = ("1", "400000")
"""A single process is never switched: one quantum stands for all."""


def space(chosen: Workloads) -> Space:
    """All combinations."""
    axes = {"workload": streams(chosen), "scheme": SCHEMES, "processes": NUMBERS, "quantum": QUANTA}
    return grid(axes).where(lambda at: at["processes"] != ONE[0] or at["quantum"] == ONE[1])


def at(found: Found, workload: str, scheme: str, number: str, quantum: str) -> Point:
    return found.at(workload=workload, scheme=scheme, processes=number, quantum=quantum)


def cost(found: Found, workload: str, scheme: str, number: str, quantum: str) -> float:
    """Cycles of an instruction beside those of the process alone."""
    alone, several = at(found, workload, scheme, *ONE), at(found, workload, scheme, number, quantum)
    return float((several.time / several["core.instructions"]) / (alone.time / alone["core.instructions"]))


def cases(found: Found) -> list[tuple[str, str]]:
    """Numbers of processes with quanta."""
    return [(number, quantum) for number in NUMBERS[1:] for quantum in found.axis("quantum")]


def costs(found: Found) -> str:
    """What several processes cost, by scheme."""
    rows = []
    for name in found.axis("workload"):
        for number, quantum in cases(found):
            cells = [f"{cost(found, name, scheme, number, quantum):.2f}" for scheme in SCHEMES]
            rows.append((name, number, f"{int(quantum):,}", *cells))
    return markdown(("workload", "processes", "quantum", *SCHEMES), rows)


def gains(found: Found) -> str:
    """How many times faster the commit is than its parent, and hardware PIDs than the commit."""
    rows = []
    for name in found.axis("workload"):
        for number, quantum in (ONE, *cases(found)):
            old, new, tagged = (at(found, name, scheme, number, quantum).time for scheme in ("e3b", "e4", "tagged"))
            shown = "-" if number == ONE[0] else f"{int(quantum):,}"
            rows.append((name, number, shown, f"{old / new:.2f}", f"{new / tagged:.2f}"))
    return markdown(("workload", "processes", "quantum", "E3b / E4", "E4 / tagged"), rows)


def misses(found: Found) -> str:
    """Virt misses that a new PID made, and all, for each switch."""
    rows = []
    for name in found.axis("workload"):
        for number, quantum in cases(found):
            cells = []
            for scheme in SCHEMES:
                point = at(found, name, scheme, number, quantum)
                switches = point["guest.switches"]
                caused = point.vector("host.virt_miss_causes").get("pid_change", 0.0)
                cells.append(f"{caused / switches:.1f}" if switches else "-")
            rows.append((name, number, f"{int(quantum):,}", *cells))
    return markdown(("workload", "processes", "quantum", *SCHEMES), rows)


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {"costs": costs(found), "gains": gains(found), "misses": misses(found)}


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    name, quanta = found.axis("workload")[0], found.axis("quantum")
    number = NUMBERS[-1]
    points = [
        ((quantum, scheme), cost(found, name, scheme, number, quantum)) for scheme in SCHEMES for quantum in quanta
    ]
    axes = [("references between two switches", quanta), ("scheme", SCHEMES)]
    title = f"What {number} processes of {name} cost"
    what = Known("", "cycles of an instruction, of those of one process alone")
    return {"study-processes.svg": curves("processes", what, axes, points, title=title)}


def answer(found: Found) -> str:
    """In a sentence: what four processes cost with the shortest and the longest quantum."""
    names, quanta, most = found.axis("workload"), found.axis("quantum"), NUMBERS[-1]
    short, long = (
        span(cost(found, name, "e4", most, quantum) for name in names) for quantum in (quanta[0], quanta[-1])
    )
    tagged = span(
        at(found, name, "e4", most, quanta[0]).time / at(found, name, "tagged", most, quanta[0]).time for name in names
    )
    return (
        f"Under the commit four processes that are switched every {int(quanta[0]):,} references take {short} times the "
        f"cycles of one, every {int(quanta[-1]):,} references {long}; hardware PIDs would make the former {tagged} "
        "times as fast."
    )


QUESTION = Question(
    name="processes",
    asks="What do several processes of a guest cost, and how long should each of them run?",
    space=space,
    keep=tuple(
        f"system.{name}" for name in ("core.vcpu_time", "core.instructions", "host.virt_miss_causes", "guest.switches")
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
