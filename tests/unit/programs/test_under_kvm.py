# SPDX-License-Identifier: BSD-3-Clause
"""The example programs as guests of KVM: the same output under every scheme, and exits by function of the guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import ConfigError, EventKind, Simulation, StartEntry
from simobjects.isa.arch import VECTOR
from simobjects.study import config_script
from tests.helpers.small_programs import console, machine, run

EXAMPLE = Path(__file__).parents[3] / "configs" / "examples" / "program_guest.py"
MISSES = 8 + 24 + 30 + 1198 + 2560 + 128
"""Of the refill example, on the bare machine and as guest."""
SCHEMES = ["e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6"]


def guest(scheme: str, elf: str) -> Simulation:
    return Simulation(
        config_script.load(
            EXAMPLE,
            {
                "system.host.scheme": scheme,
                "system.core.workload.elf": elf,
                "system.board.uart0.console": "none",
            },
        )
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_output_under_every_scheme(scheme: str) -> None:
    sim = guest(scheme, "refill")
    events = list(sim.run())
    native, _ = run(machine("refill"))
    assert console(sim) == console(native)
    assert events[-1].kind is EventKind.END_OF_WORKLOAD
    assert events[-1].payload["reason"] == "spins for nothing", "KVM only stores DBCR0"
    exits = sim.stats.by_label("system.host.exits_by_kind")
    assert exits["dtlb_r"] == MISSES, "real misses are the guest's own"
    assert exits["mmio"] > sum(event.kind is EventKind.MARKER for event in events) == 10


def test_the_tlb_counts_the_guest_and_the_host() -> None:
    """Each of the guest's look-ups once, also of an access that the VMM does; and the host's own."""
    sim = guest("e4", "refill")
    list(sim.run())
    stats = sim.stats
    missed, looked_up = (stats.by_label(f"system.host.host_{name}") for name in ("misses", "lookups"))
    assert sum(missed.values()) > 0
    core_misses = sum(stats.by_label("system.core.misses").values())
    assert stats["system.tlb.misses"] == core_misses + sum(missed.values())
    assert stats.count("system.core.kernel_lookups") > 10_000, "this guest is a kernel throughout"
    assert stats["system.tlb.lookups"] == stats.count("system.core.kernel_lookups") + sum(looked_up.values())


def test_windows_hold_the_exits_of_a_part() -> None:
    sim = guest("e4", "refill")
    list(sim.run())
    windows = {window.label: window.by_label("system.host.exits_by_kind") for window in sim.stats.windows()}
    assert [windows[name]["dtlb_r"] for name in ("marker", "marker.2", "marker.3", "marker.4", "marker.5")] == [
        8,
        24,
        30,
        1198,
        2560,
    ]
    # Each miss of the guest executes 13 instructions that trap: SPRs, tlbwe and rfi.
    assert windows["marker.5"]["inst_emu"] == 13 * 2560


def test_exits_by_function() -> None:
    sim = guest("e4", "refill")
    sim.start_profile()
    list(sim.run())
    exits = sim.stats.by_label("system.host.exits_by_kind")
    rows = {row.function: row for row in sim.profile.rows}
    assert rows["data_miss"].interrupts[VECTOR.PROGRAM] == 13 * MISSES, "program exceptions: emulated instructions"
    data_misses = sum(row.interrupts[VECTOR.DTLB] for row in rows.values())
    assert data_misses == exits["dtlb_r"] + exits["dtlb_v"] + exits["mmio"]
    assert sum(row.interrupts[VECTOR.ITLB] for row in rows.values()) == exits["itlb_r"] + exits["itlb_v"]
    cycles = sim.stats.by_label("system.core.cycles")
    # Of an access to a device the instruction itself, one cycle, is in it too.
    spent = cycles["exits"] + cycles["tick"] + cycles["vmm"] + exits["mmio"]
    assert sum(row.exit_cycles for row in rows.values()) == spent


def test_entries_at_the_start_are_for_the_bare_machine() -> None:
    system = config_script.load(EXAMPLE, {})
    system._node.frozen = False
    system.core.workload.entries = [StartEntry(slot=0, ea=0, pa=0, size="16MiB")]
    with pytest.raises(ConfigError, match="no entries under a host kernel, which gives a guest its own"):
        Simulation(system)
