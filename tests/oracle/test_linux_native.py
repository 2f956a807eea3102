# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux 6.1 on the bare machine: what it prints, and how often it misses, is what QEMU's 440 showed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simobjects import EventKind
from simobjects.isa.arch import VECTOR
from tests.helpers.small_programs import console, machine, run

LINUX = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "linux"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not LINUX.is_dir(), reason="no Linux kernel beside the project (../shared/oracle/linux)"),
]
ARGUMENTS = "console=ttyS0,115200 norandmaps panic=-1"


def boot(arguments: str) -> tuple[object, str, tuple[int, ...]]:
    """Boot to the restart: the last event, the console, the interrupts by vector."""
    system = machine(
        LINUX / "vmlinux-soft",
        memory="128MiB",
        device_tree="made",
        bootargs=arguments,
        initrd=str(LINUX / "initramfs-soft.cpio"),
    )
    sim, events = run(system)
    counts = tuple(sim.stats.counts("system.core.interrupts").values())
    assert sum(sim.stats.by_label("system.core.diagnostics").values()) == 0
    assert events[-1].kind is EventKind.END_OF_WORKLOAD
    return events[-1].payload["reason"], console(sim), counts


def test_it_boots_and_restarts() -> None:
    reason, text, counts = boot(f"{ARGUMENTS} WL=none")
    assert reason == "reset"
    assert "GUEST-DONE bad=0" in text
    assert counts[VECTOR.SYSCALL] == 5, "system calls"
    assert (counts[VECTOR.DTLB], counts[VECTOR.ITLB]) == (11, 4), "data and instruction TLB misses"


@pytest.mark.slow
def test_all_workloads_give_their_results_with_as_many_misses() -> None:
    reason, text, counts = boot(ARGUMENTS)
    results = re.compile(r"^RESULT .*?$", re.MULTILINE)
    expected = (LINUX / "console-init.txt").read_bytes().decode("latin-1").replace("\r", "")
    assert results.findall(text.replace("\r", "")) == results.findall(expected) != []
    assert reason == "reset"
    assert (counts[VECTOR.DTLB], counts[VECTOR.DSI], counts[VECTOR.SYSCALL]) == (948_191, 3_205, 2_346), (
        "data misses, DSI, system calls"
    )
    # Timer interrupts come at other places than in QEMU, and some of them cost an instruction miss.
    assert abs(counts[VECTOR.ITLB] - 15_223) <= 20
