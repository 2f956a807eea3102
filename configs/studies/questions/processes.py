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


def quanta(found: Found) -> list[str]:
    """Those that ran, the shortest first."""
    return sorted(found.axis("quantum"), key=int)


def cost(found: Found, workload: str, scheme: str, number: str, quantum: str) -> float:
    """Cycles of an instruction beside those with the longest quantum: the same work, switched less often."""
    rarely, often = (at(found, workload, scheme, number, each) for each in (quanta(found)[-1], quantum))
    return float((often.time / often["core.instructions"]) / (rarely.time / rarely["core.instructions"]))


def cases(found: Found) -> list[tuple[str, str]]:
    """Numbers of processes with quanta."""
    return [(number, quantum) for number in NUMBERS[1:] for quantum in quanta(found)]


def costs(found: Found) -> str:
    """What switching costs, by scheme."""
    rows = []
    for name in found.axis("workload"):
        for number, quantum in cases(found):
            if quantum != quanta(found)[-1]:
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
    name, number = found.axis("workload")[-1], NUMBERS[-1]
    points = [((each, scheme), cost(found, name, scheme, number, each)) for scheme in SCHEMES for each in quanta(found)]
    axes = [("references between two switches", quanta(found)), ("scheme", SCHEMES)]
    title = f"What switching {number} processes of {name} costs"
    what = Known("", "cycles of an instruction relative to the longest quantum")
    return {"study-processes.svg": curves("processes", what, axes, points, title=title)}


def answer(found: Found) -> str:
    """In a sentence: what a switch costs, whether the scheme matters, what hardware PIDs would give."""
    names, most, short = found.axis("workload"), NUMBERS[-1], quanta(found)[0]
    ratios = [
        at(found, name, "e3b", *case).time / at(found, name, "e4", *case).time
        for name in names
        for case in cases(found)
    ]
    tagged = [at(found, name, "e4", most, short).time / at(found, name, "tagged", most, short).time for name in names]
    return (
        f"Under the commit {most} processes that are switched every {int(short):,} references take "
        f"{span(cost(found, name, 'e4', most, short) for name in names)} times the cycles that they take when switched "
        f"every {int(quanta(found)[-1]):,}; hardware PIDs would make that {span(tagged)} times as fast. The commit is "
        f"{span(ratios)} times as fast as its parent, however many processes there are and however they are switched."
    )


QUESTION = Question(
    name="processes",
    asks="What do several processes of a guest cost, and how long should each of them run?",
    space=space,
    keep=(
        "core.vcpu_time",
        "core.instructions",
        "host.virt_miss_causes",
        "guest.switches",
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
