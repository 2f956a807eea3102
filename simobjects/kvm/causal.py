# SPDX-License-Identifier: BSD-3-Clause
"""What one real miss of the guest leads to: exits of its refill handler, and virt misses that it brings about."""

from __future__ import annotations

from dataclasses import dataclass

from simobjects.base.text import markdown
from simobjects.framework import Simulation
from simobjects.kvm.host import HostKernel
from simobjects.stats import Exact

REAL = ("itlb_r", "dtlb_r")
VIRT = ("itlb_v", "dtlb_v")


@dataclass(frozen=True)
class CausalView:
    """Everything per real miss; cycles are the host's for the exits in question.

    Attributes:
        scheme: short name, or that of its class.
        real_misses: TLB misses that the guest had to handle itself, of either side; what all else is divided by.
        real_cycles: of the exit that delivers it.
        emulated: instructions of the refill handler that KVM emulates.
        handler_virt: virt misses of the refill handler's own references.
        handler_other: other exits from it.
        handler_cycles: of all exits from the refill handler.
        later: virt misses outside the handler on pages whose last copy went inside it, by cause.
        later_cycles: these at the mean cost of a virt miss.
        unrelated: virt misses that no refill brought about.
    """

    scheme: str
    real_misses: int
    real_cycles: float
    emulated: float
    handler_virt: float
    handler_other: float
    handler_cycles: float
    later: dict[str, float]
    later_cycles: float
    unrelated: float

    @property
    def cycles(self) -> float:
        """Host cycles that one real miss costs, with all that it leads to."""
        return self.real_cycles + self.handler_cycles + self.later_cycles

    def rows(self) -> list[tuple[str, float, float]]:
        """One row a stage, in the order of cause and effect.

        Returns:
            (what, how many exits, host cycles) of each, per real miss; NaN where the cycles are part of the row above.
        """
        causes = ", ".join(f"{name} {count:.2f}" for name, count in self.later.items()) or "none"
        return [
            ("the real miss's own exit", 1.0, self.real_cycles),
            ("exits from its handler", self.emulated + self.handler_virt + self.handler_other, self.handler_cycles),
            ("  of these emulated instructions", self.emulated, float("nan")),
            ("  of these virt misses", self.handler_virt, float("nan")),
            (f"virt misses later ({causes})", sum(self.later.values()), self.later_cycles),
            (
                "together",
                1 + self.emulated + self.handler_virt + self.handler_other + sum(self.later.values()),
                self.cycles,
            ),
        ]

    def table(self) -> str:
        """The rows as markdown."""
        rows = [
            (what.strip(), f"{count:,.2f}", "" if cycles != cycles else f"{cycles:,.0f}")
            for what, count, cycles in self.rows()
        ]
        return markdown(("for each real miss", "exits", "host cycles"), rows)

    def stages(self) -> dict[str, float]:
        """The cycles of one real miss by what they went to, in the order of cause and effect."""
        return {
            "the real miss itself": self.real_cycles,
            "exits of its handler": self.handler_cycles,
            "virt misses later": self.later_cycles,
        }


def causal_view(sim: Simulation) -> CausalView:
    """The view of a run that is under way or over.

    Args:
        sim: of a machine with a HostKernel.

    Raises:
        ValueError: no guest is virtual, or none has had a real miss yet.
    """
    hosts = [obj for obj in vars(sim.system).values() if isinstance(obj, HostKernel)]
    if not hosts:
        raise ValueError("the machine has no HostKernel: on the bare machine a real miss causes no exits")
    path = hosts[0].path

    def by(name: str) -> dict[str, int]:
        return {label: int(value) for label, value in sim.stats.by_label(f"{path}.{name}").items()}

    exits, handler = by("exits_by_kind"), by("refill_exits")
    cycles = sim.stats.by_label(f"{path}.exit_cycles")
    real = sum(exits[kind] for kind in REAL)
    virt = sum(exits[kind] for kind in VIRT)
    if real == 0:
        raise ValueError("the guest has had no real miss yet")
    later = {name: count for name, count in by("refill_later_misses").items() if count}
    inside = sum(handler[kind] for kind in VIRT)
    virt_cost = sum(cycles[kind] for kind in VIRT) / virt if virt else 0.0
    refill_cycles = sim.stats[f"{path}.refill_cycles"]
    assert isinstance(refill_cycles, (int, Exact))
    return CausalView(
        scheme=hosts[0].scheme.short or type(hosts[0].scheme).__name__,
        real_misses=real,
        real_cycles=sum(cycles[kind] for kind in REAL) / real,
        emulated=handler["inst_emu"] / real,
        handler_virt=inside / real,
        handler_other=(sum(handler.values()) - inside - handler["inst_emu"]) / real,
        handler_cycles=refill_cycles / real,
        later={name: count / real for name, count in later.items()},
        later_cycles=sum(later.values()) * virt_cost / real,
        unrelated=(virt - inside - sum(later.values())) / real,
    )
