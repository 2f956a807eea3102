# SPDX-License-Identifier: BSD-3-Clause
"""Two tables of the KVM dossier, complete: what an entry and a light exit cost (2.6), what each scheme keeps (1.5)."""

from __future__ import annotations

import pytest

from simobjects import Simulation
from simobjects.kvm.schemes import historical, what_ifs
from simobjects.kvm.tables import ShadowTable
from tests.helpers.played_machine import FREE_C, LOAD, Played, virtual_system

SCHEMES = historical()
WHAT_IFS = what_ifs()

MEMORY = {62: "256MiB", 61: "512MiB", 60: "768MiB"}
KERNELS = ("2.6.26", "2.6.27", "e1", "e2", "2.6.28", "parent", "commit", "2.6.29", "2.6.30", "3.14")
ENTRY = {
    62: (1237, 1240, 743, 410, 410, 410, 50, 50, 50, 50),
    61: (1218, 1221, 732, 405, 405, 405, 50, 50, 50, 50),
    60: (1199, 1202, 721, 400, 400, 400, 50, 50, 50, 50),
}
PER_SLOT = dict.fromkeys(("e2", "2.6.28", "parent"), 10)
CASES = [(kernel, hwater, cost) for hwater, costs in ENTRY.items() for kernel, cost in zip(KERNELS, costs, strict=True)]
LIGHT_EXITS = {"commit": (109, 139, 139, 154), "parent": (469, 499, 509, 514)}
"""Assembly at H = 62: system call, real data miss, virt data miss, emulated instruction."""


def machine(kernel: str, hwater: int = 62) -> Played:
    named = {"kernel": kernel} if kernel not in SCHEMES and kernel not in WHAT_IFS else {}
    made = Played(None if named else kernel, memory=MEMORY[hwater], costs=FREE_C, **named)
    assert made.hwater == hwater
    made.probe.enter()
    return made


@pytest.mark.parametrize(("kernel", "hwater", "cost"), CASES)
def test_entry(kernel: str, hwater: int, cost: int) -> None:
    """`e1` and `e2` were never released; the others by the name of their kernel."""
    made = machine(kernel, hwater)
    assert made.change(lambda: made.exit_instructions("dec"), made.probe.enter) == cost


@pytest.mark.parametrize("modified", [1, 5, 40])
@pytest.mark.parametrize(("kernel", "hwater", "cost"), CASES)
def test_entry_with_modified_slots(kernel: str, hwater: int, cost: int, modified: int) -> None:
    made = machine(kernel, hwater)
    for page in range(modified):
        made.guest_entry(page, 0x1000_0000 + page * 4096, 0x0200_0000 + page * 4096)
    before = made.exit_instructions("dtlb_v")
    for page in range(modified):
        made.touch(0x1000_0000 + page * 4096, LOAD)
    each = 11 + 42 + 26 + 2 + 2 + 6 + cost + PER_SLOT.get(kernel, 0)
    assert made.exit_instructions("dtlb_v") - before == modified * each


@pytest.mark.parametrize("kernel", LIGHT_EXITS)
def test_assembly_of_a_light_exit(kernel: str) -> None:
    made = machine(kernel)
    made.guest_entry(0, 0x1000_0000, 0x0200_0000)
    call = made.change(lambda: made.exit_instructions("sysc"), made.core.system_call)
    made.user_mode()
    made.touch(0x1000_0000)
    emulated = made.change(lambda: made.exit_instructions("inst_emu"), made.light_exit)
    virt = made.exit_instructions("dtlb_v")
    made.touch(0x3000_0000)
    real = made.exit_instructions("dtlb_r")
    assert (call, real, virt, emulated) == LIGHT_EXITS[kernel]


BYTES = {
    "e0": 2304, "e1": 1280, "e2": 1344, "e3": 1344, "e3b": 1344, "e4": 512, "e5": 1600, "e6": 1600,
    "flush_once": 512, "tagged": 512 + 1024, "large_pages": 512, "spare_host": 512, "wide_guest": 512,
    "magic_page": 512 + 4096,
}  # fmt: skip


@pytest.mark.parametrize("scheme", [*SCHEMES, *WHAT_IFS])
@pytest.mark.parametrize("entries", [16, 64, 256])
def test_bytes_and_cache_lines(scheme: str, entries: int) -> None:
    """Beside the guest's TLB; all but the table of hardware PIDs grows with the slots."""
    system = virtual_system(scheme, entries=entries, guest_entries=None if scheme == "wide_guest" else 64)
    sim = Simulation(system)
    names = ("shadow_tlb", "shadow_refs", "hardware_pids", "magic_page")
    tables = [vars(system)[name] for name in names if name in vars(system)]
    assert all(isinstance(table, ShadowTable) for table in tables)
    fixed = {"tagged": 1024, "magic_page": 4096}.get(scheme, 0)
    found = [sim.stats[f"{table.path}.bytes"] for table in tables]
    lines = [sim.stats[f"{table.path}.cache_lines"] for table in tables]
    assert sum(found) == (BYTES[scheme] - fixed) * entries // 64 + fixed  # type: ignore[arg-type]
    assert lines == [-(-int(size) // 32) for size in found]  # type: ignore[arg-type]
    assert sim.stats["system.guest_tlb.bytes"] == 16 * (4 * entries if scheme == "wide_guest" else 64)
    if entries == 64 and scheme in SCHEMES:
        totals = {"e0": 3328, "e1": 2304, "e2": 2368, "e3": 2368, "e3b": 2368, "e4": 1536, "e5": 2624, "e6": 2624}
        assert sum(found) + 1024 == totals[scheme], "section 1.5"  # type: ignore[arg-type]
