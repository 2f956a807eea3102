# SPDX-License-Identifier: BSD-3-Clause
"""The claims of Linux commit 7924bd4109 (KVM on the 440, December 2008), tested on a real program with a live host.

Nine runs on the shipped trace: the bare machine, the commit's parent (scheme e3b) and the commit (e4), each on the
440's 64-entry TLB, on a TLB of 256 entries, and with a flush that costs one instruction. What each claim is measured
by, and when it counts as held, is the table CLAIMS below. `make demo` runs this; `--references N` shortens it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from pathlib import Path

from simobjects import Simulation
from simobjects.base.files import write_whole
from simobjects.boards import NATIVE, busy_host
from simobjects.cli.arguments.shared import count
from simobjects.draw import to_svg
from simobjects.stats import Number

MACHINES = {"64 entries": (64, "walk"), "256 entries": (256, "walk"), "64, O(1) flush": (64, "once")}


system = busy_host("e4")  # what `simobjects graph` and `run` take


@dataclass(frozen=True)
class Run:
    """A finished simulation and the bare machine's time for the same references."""

    sim: Simulation
    table: str
    native: float

    def __getitem__(self, stat: str) -> float:
        """A statistic as number; nan when there was nothing to measure, as in a very short run."""
        value = self.sim.stats["system." + stat]
        return float(value) if isinstance(value, Real) else math.nan

    def vector(self, stat: str) -> dict[str, Number]:
        return self.sim.stats.by_label("system." + stat)

    @property
    def slowdown(self) -> float:
        return self["core.vcpu_time"] / self.native

    def table_bytes(self) -> float:
        return self[f"{self.table}.bytes"]

    def per_exit(self) -> dict[str, float]:
        counts, instructions = self.vector("host.exits_by_kind"), self.vector("host.exit_instructions")
        return {kind: instructions[kind] / counts[kind] for kind in counts if counts[kind]}

    def mean_exit(self) -> float:
        return sum(self.vector("host.exit_instructions").values()) / self["host.all_exits"]

    def virt_rate(self) -> float:
        return self["host.virt_misses"] * 1e6 / self["core.instructions"]

    def alive(self) -> float:
        return self["host.alive_per_put"]

    def host_misses_per_turn(self) -> float:
        misses = self.vector("host.host_misses")
        return ratio(misses["vmm"] + misses["task"], self["host.puts"])

    def interrupt_misses(self) -> float:
        return ratio(self.vector("host.host_misses")["interrupt"], self["host.ticks"])


def ratio(count: Number | Fraction, of: float) -> float:
    return float(count / of) if of else math.nan


Pair = tuple[Run, Run]
"""(the parent, the commit)."""


@dataclass(frozen=True)
class Claim:
    """What the commit message says, what it is measured by, and when that counts as held."""

    says: str
    metric: str
    measure: Callable[[Run], float]
    held: Callable[[dict[str, Pair]], bool]
    shown: str = "64 entries"


def saved(pair: Pair) -> float:
    """Host instructions that the commit saves per exit."""
    return pair[0].mean_exit() - pair[1].mean_exit()


def gain(pair: Pair) -> float:
    """How many times faster the commit runs the same references."""
    return pair[0]["core.vcpu_time"] / pair[1]["core.vcpu_time"]


def on_440(test: Callable[[Run, Run], bool]) -> Callable[[dict[str, Pair]], bool]:
    return lambda runs: test(*runs["64 entries"])


CLAIMS = [
    Claim("less than half the memory", "shadow tables, bytes per vcpu", Run.table_bytes,
          on_440(lambda old, new: new.table_bytes() < old.table_bytes() / 2)),
    Claim("shorter handling of every exit", "host instructions per exit, mean", Run.mean_exit,
          on_440(lambda old, new: all(new.per_exit()[k] < old.per_exit()[k] for k in new.per_exit()))),
    Claim("more TLB misses", "virt misses per million guest instructions", Run.virt_rate,
          on_440(lambda old, new: new.virt_rate() > old.virt_rate())),
    Claim("host mappings outlive the guest's slice", "host entries alive when the vcpu is put", Run.alive,
          on_440(lambda old, new: new.alive() > old.alive())),
    Claim("... so host processes miss less after it", "host misses per turn of VMM and tasks", Run.host_misses_per_turn,
          on_440(lambda old, new: new.host_misses_per_turn() < 0.99 * old.host_misses_per_turn())),
    Claim("... and interrupt handlers within it", "host misses per timer interrupt", Run.interrupt_misses,
          on_440(lambda old, new: new.interrupt_misses() < 0.99 * old.interrupt_misses())),
    Claim("faster on the whole", "slowdown against the bare machine", lambda run: run.slowdown,
          on_440(lambda old, new: gain((old, new)) > 1)),
    Claim("more gain with a larger TLB: each exit", "256 entries: host instructions per exit, mean", Run.mean_exit,
          lambda runs: saved(runs["256 entries"]) > saved(runs["64 entries"]), "256 entries"),
    Claim("... and on the whole", "256 entries: slowdown", lambda run: run.slowdown,
          lambda runs: gain(runs["256 entries"]) > gain(runs["64 entries"]), "256 entries"),
    Claim("more gain with a flush like tlbivax", "O(1) flush: slowdown", lambda run: run.slowdown,
          lambda runs: gain(runs["64, O(1) flush"]) > gain(runs["64 entries"]), "64, O(1) flush"),
]  # fmt: skip


def measure(references: int | None, out: Path) -> dict[str, Pair]:
    """Run everything; statistics, configuration and graph of each run go below `out`."""
    print("Linux commit 7924bd4109 and its parent, the sqlite trace, host at 250 Hz with a VMM and one other task")
    runs: dict[str, Pair] = {}
    for name, (entries, flush) in MACHINES.items():
        sims = {scheme: Simulation(busy_host(scheme, entries, flush)) for scheme in (NATIVE, "e3b", "e4")}
        for scheme, sim in sims.items():
            sim.run_all(references=references)
            sim.write(out / f"{scheme}-{entries}-{flush}")
            print(f"  {name:<15} {scheme:<7} {sim.cycle:>15,} cycles  {sim.reference:>12,} references", flush=True)
        native = Run(sims[NATIVE], "", 1.0)["core.vcpu_time"]
        runs[name] = (Run(sims["e3b"], "shadow_tlb", native), Run(sims["e4"], "shadow_refs", native))
    return runs


def shown(value: float) -> str:
    if math.isnan(value):  # nothing of the kind happened in so short a run
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def report(runs: dict[str, Pair]) -> str:
    """Claim by claim, then exit by exit."""
    lines = [f"{'claim of the commit':<41} {'measured':<47} {'parent':>9} {'commit':>9}  held"]
    for claim in CLAIMS:
        values = [claim.measure(run) for run in runs[claim.shown]]
        before, after = map(shown, values)
        held = "not measured" if any(map(math.isnan, values)) else "yes" if claim.held(runs) else "no"
        lines.append(f"{claim.says:<41} {claim.metric:<47} {before:>9} {after:>9}  {held}")
    gains = ", ".join(f"{gain(pair):.3f} ({name})" for name, pair in runs.items())
    lines += ["", *memory(*runs["64 entries"])]
    lines += ["", f"gain, time of the parent / time of the commit: {gains}", "", *exits(*runs["64 entries"])]
    return "\n".join(lines)


def memory(old: Run, new: Run) -> list[str]:
    """How the bytes of the two tables come about: what the commit's message counts, and what it does not."""
    table, slots = old.sim.system.shadow_tlb, old.sim.system.tlb.entries
    flags = table.row_parts()["modified flag"]
    parts = " + ".join(f"{size} ({name})" for name, size in table.row_parts().items())
    counted = slots * (table.row_bytes() - flags)
    return [
        f"memory, parent: {slots} slots of {parts}: the message's {counted:,} bytes and {slots * flags} flags",
        f"memory, commit: {slots} slots of {new.sim.system.shadow_refs.row_bytes()} (reference) = "
        f"{new.table_bytes():,.0f} bytes, {100 * new.table_bytes() / counted:.0f} % of the {counted:,}, "
        f"{100 * new.table_bytes() / old.table_bytes():.0f} % of all {old.table_bytes():,.0f}",
    ]


def exits(old: Run, new: Run) -> list[str]:
    """Instructions and cycles of each exit kind, and the misses."""
    lines = [f"{'exit':<9}" + f"{'exits':>12} {'instr/exit':>10} {'cycles/exit':>11}" * 2 + "   (parent, commit)"]
    for kind in new.per_exit():
        cells = []
        for run in (old, new):
            count = run.vector("host.exits_by_kind")[kind]
            cycles = run.vector("host.exit_cycles")[kind] / count
            cells.append(f"{count:>12,} {run.per_exit()[kind]:>10,.0f} {cycles:>11,.0f}")
        lines.append(f"{kind:<9}" + "".join(cells))
    for name, stat in (("real misses", "host.real_misses"), ("virt misses", "host.virt_misses")):
        lines.append(f"{name}: {old[stat]:,.0f} -> {new[stat]:,.0f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=count, help="references of each run, as 5M (default: the whole trace)")
    parser.add_argument("--out", type=Path, default=Path("runs", "commit_claims"), help="where everything is written")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = report(measure(arguments.references, arguments.out))
    print("\n" + text)
    write_whole(arguments.out / "report.txt", text.encode() + b"\n")
    write_whole(arguments.out / "graph.svg", to_svg(system).encode())
    print(f"\nwritten to {arguments.out}: report.txt, graph.svg, and config, statistics and graph of each run")


if __name__ == "__main__":
    main()
