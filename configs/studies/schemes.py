# SPDX-License-Identifier: BSD-3-Clause
"""All shadow schemes that KVM on the 440 had, side by side: one trace, one busy host, eight kernels.

The bare machine and the schemes E0 to E6 run the shipped sqlite trace with a VMM that gets signals, I/O, and one other
task on the host.  The first table has misses, exits, cycles, slowdown against the bare machine and memory; the second
what each commit saves, beside the gain that its message names.  Both are markdown.
`--references N` shortens every run to its first N references; `--out` keeps configuration and statistics of each;
`--page docs/schemes.md` writes the tables of that page anew.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from pathlib import Path

from simobjects import Simulation
from simobjects.base.text import markdown, replace_marked
from simobjects.boards import NATIVE, busy_host
from simobjects.framework.tree import walk
from simobjects.kvm.schemes import historical

SCHEMES = historical()
TABLES = ("guest_tlb", "shadow_tlb", "shadow_refs")


system = busy_host("e6")  # what `simobjects graph` and `run` take


@dataclass(frozen=True)
class Row:
    """What one scheme comes to."""

    scheme: str
    real_misses: int
    virt_misses: int
    host_misses: int
    exits: int
    cycles: float
    """The vcpu's time."""
    slowdown: float
    """Against the bare machine."""
    instructions_per_exit: float
    memory: int
    """Bytes of TLB state for one vcpu."""

    def cells(self) -> tuple[str, ...]:
        return (
            name(self.scheme),
            SCHEMES[self.scheme].releases,
            f"{self.real_misses:,}",
            f"{self.virt_misses:,}",
            f"{self.host_misses:,}",
            f"{self.exits:,}",
            f"{self.instructions_per_exit:,.0f}",
            f"{self.cycles / 1e6:,.1f}",
            f"{self.slowdown:.2f}",
            f"{self.memory:,}",
        )


HEADINGS = (
    "scheme",
    "Linux release",
    "real misses",
    "virt misses",
    "host misses",
    "exits",
    "instructions / exit",
    "vcpu time, Mcycles",
    "slowdown",
    "bytes",
)


def name(scheme: str) -> str:
    """As the pages write it: E3b."""
    return "E" + scheme[1:]


def number(sim: Simulation, stat: str) -> float:
    """A scalar statistic."""
    value = sim.stats["system." + stat]
    assert isinstance(value, Real)
    return float(value)


def finish(scheme: str, references: int | None, out: Path | None) -> Simulation:
    """Run a machine to its end, or for so many references."""
    sim = Simulation(busy_host(scheme))
    sim.run_all(references=references)
    if out is not None:
        sim.write(out / scheme)
    return sim


def row(scheme: str, sim: Simulation, native: float) -> Row:
    """The figures of a finished run; `native`: the bare machine's cycles for the same references."""
    exits = number(sim, "host.all_exits")
    parts = {obj.path for obj in walk(sim.system)}
    time = number(sim, "core.vcpu_time")
    return Row(
        scheme=scheme,
        real_misses=int(number(sim, "host.real_misses")),
        virt_misses=int(number(sim, "host.virt_misses")),
        host_misses=int(sum(sim.stats.by_label("system.host.host_misses").values())),
        exits=int(exits),
        cycles=time,
        slowdown=time / native,
        instructions_per_exit=sum(sim.stats.by_label("system.host.exit_instructions").values()) / exits,
        memory=sum(int(number(sim, f"{each}.bytes")) for each in TABLES if f"system.{each}" in parts),
    )


def measure(references: int | None = None, out: Path | None = None) -> list[Row]:
    """All schemes, oldest first."""
    native = number(finish(NATIVE, references, out), "core.vcpu_time")
    return [row(scheme, finish(scheme, references, out), native) for scheme in SCHEMES]


def comparison(rows: list[Row]) -> str:
    return markdown(HEADINGS, (each.cells() for each in rows), left=(0, 1))


def steps(rows: list[Row]) -> str:
    """What the vcpu's time loses from each scheme to the next."""
    time = {each.scheme: each.cycles for each in rows}
    lines = [
        (
            f"{name(old)} to {name(new)}",
            SCHEMES[new].commits,
            SCHEMES[new].claimed,
            f"{round(100 * (1 - time[new] / time[old]), 1) + 0.0} %",
        )
        for old, new in pairwise(SCHEMES)
    ]
    return markdown(("step", "commits", "gain that the message names", "this trace"), lines, left=(0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, help="references of each run (default: the whole trace)")
    parser.add_argument("--out", type=Path, help="where configuration, statistics and graph of each run go")
    parser.add_argument("--page", type=Path, help="a page whose tables are to be replaced")
    arguments = parser.parse_args()
    rows = measure(arguments.references, arguments.out)
    print(comparison(rows) + "\n\n" + steps(rows))
    if arguments.page is not None:
        replace_marked(arguments.page, {"table": comparison(rows), "steps": steps(rows)})


if __name__ == "__main__":
    main()
