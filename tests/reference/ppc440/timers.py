# SPDX-License-Identifier: BSD-3-Clause
"""Time base, decrementer, fixed-interval timer and watchdog, one tick after the other (section 3.4)."""

from __future__ import annotations

from tests.reference.ppc440.state import (
    TCR_ARE,
    TCR_WRC,
    TSR_DIS,
    TSR_ENW,
    TSR_FIS,
    TSR_WIS,
    TSR_WRS,
    Registers,
)

TB_BITS = (1 << 64) - 1


def fit_bit(r: Registers) -> int:
    """The bit of the time base whose rise is the fixed interval: periods 2^13, 2^17, 2^21, 2^25."""
    return 1 << (12, 16, 20, 24)[r.tcr >> 24 & 3]


def watchdog_bit(r: Registers) -> int:
    """Periods 2^21, 2^25, 2^29, 2^33."""
    return 1 << (20, 24, 28, 32)[r.tcr >> 30 & 3]


def watchdog_time_out(r: Registers) -> int:
    """One time-out; returns the kind of reset that it causes, 0 for none."""
    if not r.tsr & TSR_ENW:
        r.tsr |= TSR_ENW
    elif not r.tsr & TSR_WIS:
        r.tsr |= TSR_WIS
    elif r.tcr & TCR_WRC:
        r.tsr = r.tsr & ~TSR_WRS | r.tcr & TCR_WRC
        return r.tcr >> 28 & 3
    return 0


def change_time_base(r: Registers, value: int) -> int:
    """The time base becomes `value`, by a tick or by a write; returns the kind of a reset, 0 for none."""
    rising = value & ~r.tb
    r.tb = value & TB_BITS
    if rising & fit_bit(r):
        r.tsr |= TSR_FIS
    return watchdog_time_out(r) if rising & watchdog_bit(r) else 0


def tick(r: Registers) -> int:
    """One tick of the timer clock; returns the kind of a reset, 0 for none."""
    if r.dec != 0:
        r.dec -= 1
        if r.dec == 0:
            r.tsr |= TSR_DIS
            if r.tcr & TCR_ARE:
                r.dec = r.decar
    return change_time_base(r, r.tb + 1)
