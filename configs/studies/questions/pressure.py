# SPDX-License-Identifier: BSD-3-Clause
"""What does a busier host do to the parent, to the commit, and to E6?

    simobjects trace suite -o debian
    simobjects guest build
    python configs/studies/questions/pressure.py --suite traces --suite debian/suite.json --linux guest

The host ticks 100 to 4,000 times a second, its other task runs never, at every tenth tick or at each; and, apart from
that, the VMM is signalled never to at each tick, which makes the guest leave the processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from answers import Found, Point, curves, span  # these are beside this script
from guests import Workloads
from question import Question, main

from simobjects.base.names import listed
from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.known import Known
from simobjects.study.space import Space

SCHEMES = ("e3b", "e4", "e6")
RATES = ("100Hz", "250Hz", "1000Hz", "4000Hz")
TASKS = {"no task": "0", "each 10th tick": "10", "each tick": "1"}
SIGNALS = {"never": "0", "each 25th tick": "25", "each 5th tick": "5", "each tick": "1"}
USUAL = ("250Hz", "each 10th tick", "each 5th tick")


def space(chosen: Workloads) -> Space:
    """Rates and tasks in all combinations, signals by themselves."""
    every = grid(
        {
            "workload": chosen,
            "scheme": SCHEMES,
            "system.host.hz": RATES,
            "task": {name: {"system.host.tasks[0].every": value} for name, value in TASKS.items()},
            "signal": {name: {"system.host.vmm.signal_every": value} for name, value in SIGNALS.items()},
        }
    )
    return every.where(lambda at: at["signal"] == USUAL[2] or (at["system.host.hz"], at["task"]) == USUAL[:2])


def at(found: Found, workload: str, scheme: str, host: Sequence[str]) -> Point:
    """A point by rate, task and signal."""
    names = ("system.host.hz", "task", "signal")
    return found.at(workload=workload, scheme=scheme, **dict(zip(names, host, strict=True)))


def hosts(found: Found) -> list[tuple[str, str, str]]:
    """All that ran, the busier ones later."""
    seen = dict.fromkeys((p.values["system.host.hz"], p.values["task"], p.values["signal"]) for p in found.points)
    return sorted(seen, key=lambda host: (host[2] != USUAL[2], list(SIGNALS).index(host[2])))


def gain(found: Found, workload: str, host: Sequence[str], old: str = "e3b", new: str = "e4") -> float:
    return float(at(found, workload, old, host).time / at(found, workload, new, host).time)


def by_host(found: Found) -> str:
    """How many times faster the commit is than its parent, and E6 than the commit."""
    names = found.axis("workload")
    rows = [
        (
            *host,
            *(f"{gain(found, name, host):.2f}" for name in names),
            *(f"{gain(found, name, host, 'e4', 'e6'):.2f}" for name in names),
        )
        for host in hosts(found)
    ]
    heads = ("HZ", "the task runs", "the VMM is signalled", *(f"E3b / E4: {name}" for name in names))
    return markdown((*heads, *(f"E4 / E6: {name}" for name in names)), rows, left=(0, 1, 2))


def longer(found: Found) -> str:
    """How much longer the same work takes than on the usual host, by scheme."""
    rows = []
    for host in hosts(found):
        cells = [
            span(at(found, name, scheme, host).time / at(found, name, scheme, USUAL).time
                 for name in found.axis("workload"))
            for scheme in SCHEMES
        ]  # fmt: skip
        rows.append((*host, *cells))
    heads = ("HZ", "the task runs", "the VMM is signalled", *SCHEMES)
    return markdown(heads, rows, left=(0, 1, 2))


def alive(found: Found) -> str:
    """Host entries alive at a put, and misses of VMM and tasks at a put, over all workloads."""
    rows = []
    for host in hosts(found):
        cells: list[str] = []
        for what in ("alive", "missed"):
            for scheme in SCHEMES:
                points = [at(found, name, scheme, host) for name in found.axis("workload")]
                counts = [point["host.host_alive"] if what == "alive" else point.turn_misses for point in points]
                puts = [point["host.puts"] for point in points]
                values = [count / times for count, times in zip(counts, puts, strict=True) if times]
                cells.append(span(values) if values else "-")
        rows.append((*host, *cells))
    heads = [f"{what}: {scheme}" for what in ("alive at a put", "misses at a turn") for scheme in SCHEMES]
    return markdown(("HZ", "the task runs", "the VMM is signalled", *heads), rows, left=(0, 1, 2))


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {"gains": by_host(found), "longer": longer(found), "alive": alive(found)}


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    rates, names = found.axis("system.host.hz"), found.axis("workload")
    busiest = list(TASKS)[-1]
    points = [((rate, name), gain(found, name, (rate, busiest, USUAL[2]))) for name in names for rate in rates]
    what = Known("", "time of the parent / time of the commit")
    return {
        "study-pressure-gain.svg": curves(
            "pressure", what, [("HZ of the host, its task running at each tick", rates), ("workload", names)], points,
            title="What the commit gains on an ever busier host",
        )
    }  # fmt: skip


def answer(found: Found) -> str:
    """In a sentence: from the quietest to the busiest host."""
    names = found.axis("workload")
    rates = found.axis("system.host.hz")
    quiet, busy = (rates[0], list(TASKS)[0], USUAL[2]), (rates[-1], list(TASKS)[-1], USUAL[2])
    lost = [name for name in names if gain(found, name, quiet) > 1 > gain(found, name, busy)]
    turned = f"so that it is a loss on {listed(lost)}" if lost else "nowhere into a loss that was a gain"
    return (
        f"A host that ticks {rates[-1]} with a task at each tick takes the commit's gain from "
        f"{span(gain(found, name, quiet) for name in names)} ({rates[0]}, no task) to "
        f"{span(gain(found, name, busy) for name in names)}, {turned}; E6, which keeps the guest's entries, is then "
        f"{span(gain(found, name, busy, 'e4', 'e6') for name in names)} times as fast as the commit."
    )


QUESTION = Question(
    name="pressure",
    asks="What does a busier host do to the parent, to the commit, and to E6?",
    space=space,
    keep=(
        "core.vcpu_time",
        "core.instructions",
        "host.host_alive",
        "host.host_misses",
        "host.puts",
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
