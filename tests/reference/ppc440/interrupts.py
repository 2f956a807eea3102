# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts: which save registers, what the MSR becomes, which of several pending ones comes first (section 2)."""

from __future__ import annotations

from tests.reference.ppc440.state import (
    MSR_CE,
    MSR_DE,
    MSR_EE,
    MSR_ME,
    TCR_DIE,
    TCR_FIE,
    TCR_WIE,
    TSR_DIS,
    TSR_FIS,
    TSR_WIS,
    Registers,
)

CRITICAL, MACHINE_CHECK, DSI, ISI, EXTERNAL, ALIGNMENT, PROGRAM, FP_UNAVAILABLE = range(8)
SYSTEM_CALL, APU_UNAVAILABLE, DECREMENTER, FIT, WATCHDOG, DATA_MISS, INSTRUCTION_MISS, DEBUG = range(8, 16)


class Interrupt(Exception):
    """The instruction is not executed (but for sc): this happens instead."""

    def __init__(self, vector: int, *, esr: int | None = None, dear: int | None = None) -> None:
        super().__init__(f"IVOR{vector}")
        self.vector = vector
        self.esr = esr
        self.dear = dear


class Lines:
    """The inputs of the core from outside: levels."""

    external = False
    critical = False
    machine_check = False


def enter(r: Registers, vector: int, back: int, *, machine_check_critical: bool = False) -> None:
    """Save and change the MSR, and go to the vector; `back` is where the handler would return to."""
    if vector == MACHINE_CHECK and not machine_check_critical:
        r.mcsrr0, r.mcsrr1 = back, r.msr
        r.msr = 0
    elif vector == MACHINE_CHECK:
        r.csrr0, r.csrr1 = back, r.msr
        r.msr = 0
    elif vector in (CRITICAL, WATCHDOG, DEBUG):
        r.csrr0, r.csrr1 = back, r.msr
        r.msr &= MSR_ME
    else:
        r.srr0, r.srr1 = back, r.msr
        r.msr &= MSR_CE | MSR_ME | MSR_DE
    r.pc = (r.ivpr & 0xFFFF0000) | (r.ivor[vector] & 0xFFF0)


def pending(r: Registers, lines: Lines) -> int | None:
    """The highest of the asynchronous interrupts that are there and enabled."""
    if lines.machine_check and r.msr & MSR_ME:
        return MACHINE_CHECK
    if r.msr & MSR_CE:
        if lines.critical:
            return CRITICAL
        if r.tsr & TSR_WIS and r.tcr & TCR_WIE:
            return WATCHDOG
    if r.msr & MSR_EE:
        if lines.external:
            return EXTERNAL
        if r.tsr & TSR_FIS and r.tcr & TCR_FIE:
            return FIT
        if r.tsr & TSR_DIS and r.tcr & TCR_DIE:
            return DECREMENTER
    return None
