# SPDX-License-Identifier: BSD-3-Clause
"""The computer on which real Linux kernels were hosts of a Linux guest: a model of it counts what they counted."""

from __future__ import annotations

from simobjects import VMM, CostModel, SyntheticWorkload, System
from simobjects.programs.program import Program

from .bamboo import bamboo

CYCLES_OF_AN_INSTRUCTION = 2
TICK = 5
"""Cycles of the timebase's tick, at 400 MHz: an instruction takes 0.4 ticks, whatever it is."""
WINDOW_WITH_TICKS = 18
"""The window in which the guest sleeps: without its ticks it would never wake."""


def measured_host(program: Program, kernel: str, *, hold_ticks: bool = False) -> System:
    """A guest of `kernel` on a Bamboo that counts instructions: each takes the same time, and nothing else takes any.

    The host has 128 MiB, 4 KiB pages and ticks at 250 Hz, and nothing to do but the guest and its VMM: 16550, interrupt
    controller, markers. `hold_ticks`: the VMM holds the guest's timer interrupt in every window but the one that
    sleeps.
    """
    host = {"interrupt_pages": 0, "vmm": small_vmm()}
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


def small_vmm() -> VMM:
    """It touches four pages of code and three of data at an exit, and is never signalled."""
    references = SyntheticWorkload(code_pages=4, data_pages=3, records=12, instructions=250, accesses=50)
    return VMM(workload=references, instructions=3_000, signal_every=0)
