# SPDX-License-Identifier: BSD-3-Clause
"""The computer on which real Linux kernels were hosts of a Linux guest: a model of it counts what they counted."""

from __future__ import annotations

from dataclasses import dataclass

from simobjects import VMM, CostModel, SyntheticWorkload, System, VMMWork
from simobjects.kvm.releases import find_release
from simobjects.programs.program import Program

from .bamboo_machine import bamboo

CYCLES_OF_AN_INSTRUCTION = 2
TICK = 5
"""Cycles of the timebase's tick, at 400 MHz: an instruction takes 0.4 ticks, whatever it is."""
WINDOW_WITH_TICKS = 18
"""The window in which the guest sleeps: without its ticks it would never wake."""


@dataclass(frozen=True)
class AtMark:
    """What the small VMM does when the guest begins or ends a window: it reads all counters of debugfs.

    Attributes:
        code_pages: that it touches.
        data_pages: that it touches.
        instructions: of it and of the host's kernel that reads the counters out.
    """

    code_pages: int
    data_pages: int
    instructions: int


AT_MARK = AtMark(5, 3, 66_000)
AT_MARK_OF_3_14 = AtMark(8, 5, 98_000)
"""That VMM also reads and writes the guest's TCR, and the kernel's files take longer ways."""


def measured_host(program: Program, kernel: str, *, hold_ticks: bool = False) -> System:
    """A guest of `kernel` on a Bamboo that counts instructions: each takes the same time, and nothing else takes any.

    The host has 128 MiB, 4 KiB pages and ticks at 250 Hz, and nothing to do but the guest and its VMM: 16550, interrupt
    controller, markers.

    Args:
        program: what the guest executes.
        kernel: a release of Linux, `parent` or `commit`.
        hold_ticks: the VMM holds the guest's timer interrupt in every window but the one that sleeps.
    """
    release = find_release(kernel)
    later = release is not None and release.emulation == "3.14"
    host = {"interrupt_pages": 0, "vmm": small_vmm(AT_MARK_OF_3_14 if later else AT_MARK)}
    system = bamboo(program, kernel, clock=f"{400 * TICK}MHz", timebase_ratio=TICK, memory="128MiB", host=host)
    system.costs = CostModel(
        guest_cpi=CYCLES_OF_AN_INSTRUCTION,
        host_cpi=CYCLES_OF_AN_INSTRUCTION,
        interrupt_latency=0,
        rfi_latency=0,
        tlbwe_latency=0,
        isync_latency=0,
        iccci_refill=0,
    )
    if hold_ticks:
        system.host.vmm.hold_ticks, system.host.vmm.ticks_in = True, WINDOW_WITH_TICKS
    return system


def small_vmm(at_mark: AtMark) -> VMM:
    """It touches four pages of code and three of data at an exit, more at a mark, and is never signalled.

    1,500 instructions at an exit: with 1,000 to 1,500 the guest's first ticks fall into the same windows as in reality.
    """
    usual = SyntheticWorkload(code_pages=4, data_pages=3, records=12, instructions=125, accesses=50)
    pages = at_mark.code_pages * at_mark.data_pages
    reads = SyntheticWorkload(
        code_pages=at_mark.code_pages,
        data_pages=at_mark.data_pages,
        records=pages,
        instructions=at_mark.instructions // pages,
        accesses=50,
    )
    marks = VMMWork(workload=reads, instructions=at_mark.instructions // pages * pages)
    return VMM(workload=usual, instructions=1_500, at_mark=marks, signal_every=0)
