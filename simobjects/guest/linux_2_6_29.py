# SPDX-License-Identifier: BSD-3-Clause
"""What Linux 2.6.29's handlers on the 440 do, step by step.

The TLB refill paths follow the opcodes of arch/powerpc/kernel/head_44x.S (55, 53, 54 and 52 instructions; 18, 17, 16
and 15 of them privileged), the flushes those of arch/powerpc/mm/tlb_nohash_low.S. In system calls and interrupts the
number of privileged instructions of exception entry (9), transfer to the handler (4) and return (4) is counted from
entry_32.S; which ones they are and the plain instructions between are estimates.
"""

from __future__ import annotations

from simobjects.guest.eras import Era, Scripts, register_era
from simobjects.guest.parts import FLUSH_ALL, NULL_CALL, WAIT, RefillGaps, refills
from simobjects.guest.steps import (
    INVALIDATE,
    MMUCR,
    PID,
    SPRG0,
    SPRG1,
    SPRG3,
    SRR0,
    SRR1,
    TO_KERNEL,
    Addresses,
    Datum,
    Event,
    Script,
    code,
    isync,
    load,
    mfmsr,
    mfspr,
    mtmsr,
    mtspr,
    rfi,
    run,
    store,
    tlbsx,
    tlbwe,
    unless_found,
    wrtee,
)

GAPS = RefillGaps(owner=1, nobody=1, entry=3, slot=3, word1=3, user=5, kernel=5)

_PROLOGUE: Script = (
    mtspr(SPRG0), mtspr(SPRG1), mtspr(), mfspr(SPRG3), mfspr(SRR0), mfspr(SRR1), mfspr(SPRG0), mfspr(SPRG1), mtmsr(),
)  # fmt: skip
_TRANSFER: Script = (mfspr(SPRG3), mtspr(SRR0), mtspr(SRR1), rfi(TO_KERNEL))
_RETURN: Script = (mtmsr(), mtspr(SRR0), mtspr(SRR1), rfi())

# _tlbil_va: 12 instructions when the page is there, 9 when it is not; 7 and 6 of them privileged.
FLUSH_ONE: Script = (
    mfspr(), run(1), mfmsr(), wrtee(), mtspr(MMUCR), tlbsx(), wrtee(), run(1),
    unless_found(3), run(1), tlbwe(INVALIDATE), isync(), run(1),
)  # fmt: skip
TICK = 400
"""Instructions of a timer interrupt's work; estimate."""


def entry(at: Addresses) -> Script:
    """Exception entry through the transfer to the handler: 9 privileged instructions, and the transfer's 4."""
    return (code(at.entry_code), *_PROLOGUE, run(30), store(Datum.THREAD), *_TRANSFER, run(20))


def leave(at: Addresses, thread: Datum = Datum.THREAD) -> Script:
    """Return to the user: 4 privileged instructions.

    Args:
        at: where the entry code lies.
        thread: whose registers are loaded: of the process that was interrupted, or of the next one.
    """
    return (code(at.entry_code), load(thread), *_RETURN)


def call(at: Addresses, body: Script) -> Script:
    """A system call: entry, what `body` does, return to the same process."""
    return (*entry(at), *body, *leave(at))


def process_switch(at: Addresses) -> Script:
    """Decrementer interrupt, schedule(), return into the other process."""
    return (
        *entry(at), mtspr(), mtspr(),
        code(at.scheduler_code), load(Datum.ADDRESS, at.run_queue), run(200), store(Datum.ADDRESS, at.run_queue),
        load(Datum.NEXT_THREAD), mtspr(SPRG3), mtspr(PID), run(40),
        *leave(at, Datum.NEXT_THREAD),
    )  # fmt: skip


def scripts(at: Addresses, kuap: bool) -> Scripts:
    """Every event; this kernel has no KUAP."""
    kernel = code(at.interrupt_code)
    return {
        **refills(GAPS),
        Event.SWITCH: process_switch(at),
        Event.IO: call(at, (code(at.driver_code), run(100), store(Datum.ADDRESS, at.device), run(20))),
        Event.SYSCALL: call(at, (kernel, run(NULL_CALL))),
        Event.TIMER: (*entry(at), mtspr(), mtspr(), kernel, run(TICK), *leave(at)),
        Event.FLUSH: call(at, (kernel, run(60), *FLUSH_ALL)),
        Event.PAGE_FLUSH: call(at, (kernel, run(40), *FLUSH_ONE)),
        Event.IDLE: call(at, (kernel, run(60), *WAIT)),
    }


LINUX_2_6_29 = register_era(Era("2.6.29", "Linux 2.6.29, of the time of the commit", scripts))
