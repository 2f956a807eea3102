# SPDX-License-Identifier: BSD-3-Clause
"""What Linux 6.1's handlers on the 440 do, step by step.

Counted along the straight paths of a compiled 6.1.192 kernel (44x, 4 KiB pages, no KUAP): the four TLB refills, the
flushes, the idle loop, the null system call (getppid), the decrementer and the process switch that follows it. Not
counted but estimated: what the tick does beyond its one mtspr DEC, and the scheduler's choice of the next task.
KUAP's instructions are from arch/powerpc/include/asm/nohash/kup-booke.h: the PID register is 0 while the kernel
runs, the process's while it copies from or to the user, and put back by the return.
"""

from __future__ import annotations

from simobjects.guest.eras import Era, Scripts, register_era
from simobjects.guest.parts import FLUSH_ALL, NULL_CALL, WAIT, RefillGaps, refills
from simobjects.guest.steps import (
    CLOSED,
    INVALIDATE,
    MMUCR,
    PID,
    SPRG0,
    SPRG3,
    SRR0,
    SRR1,
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

FLUSH_ONE: Script = (
    mfspr(), mfmsr(), run(1), wrtee(), mtspr(MMUCR), tlbsx(), run(1),
    unless_found(3), run(1), tlbwe(INVALIDATE), isync(), wrtee(), run(1),
)  # fmt: skip

TICK: Script = (run(100), mtspr(), run(300))
"""The clock's event handler; estimate, but for the mtspr DEC."""
NEXT_TASK = 250
"""Instructions of pick_next_task_fair; estimate."""


def _if(condition: bool, *steps: object) -> Script:
    """The steps, or none of them."""
    return steps if condition else ()  # type: ignore[return-value]


def _gaps(kuap: bool) -> RefillGaps:
    """With KUAP a PID of 0 is a fault, for which it is compared: two instructions more."""
    return RefillGaps(owner=3 if kuap else 1, nobody=2, entry=2, slot=4, word1=2, user=7, kernel=5)


def _shut(kuap: bool) -> Script:
    """User pages are shut: the PID register becomes 0."""
    return _if(kuap, mtspr(PID | CLOSED), isync())


def _restored(kuap: bool) -> Script:
    """The return to the user: thread.pid is loaded and written; the rfi synchronises."""
    return _if(kuap, run(1), mtspr(PID))


def call(at: Addresses, kuap: bool, body: Script) -> Script:
    """A system call.

    Args:
        at: where code and data lie.
        kuap: whether user pages are shut on the way in and opened by the return.
        body: what the call does; the system call's own page of code is set before it and after it.
    """
    return (
        code(at.handler_code), mfspr(SPRG3), run(1), mfspr(SRR1), run(1), load(Datum.THREAD), run(2),
        store(Datum.STACK), mfspr(SRR0), run(2), code(at.entry_code), run(42), store(Datum.STACK),
        code(at.interrupt_code), *_shut(kuap), run(20), wrtee(), run(13),
        *body,
        code(at.interrupt_code), run(10), code(at.entry_code), run(3), code(at.interrupt_code), run(12), wrtee(),
        *_restored(kuap), run(7), wrtee(), run(7),
        code(at.entry_code), run(6), load(Datum.STACK), mtspr(SRR0), mtspr(SRR1), run(4), rfi(),
    )  # fmt: skip


def _interrupt(at: Addresses, kuap: bool) -> Script:
    """The decrementer, from its vector through timer_interrupt to the return's first look at the thread flags."""
    return (
        code(at.handler_code), mtspr(SPRG0), mfspr(SPRG3), run(3), mfspr(SRR1), run(3), mtmsr(),
        run(3), load(Datum.THREAD), run(3), store(Datum.STACK), mfspr(SPRG0), run(6), mfspr(SRR0), run(1), mfspr(SRR1),
        run(37), store(Datum.STACK), mfspr(SPRG3), run(7), mtspr(), run(1),
        code(at.interrupt_code), *_shut(kuap), run(42), *TICK, run(26),
        code(at.entry_code), run(5), code(at.interrupt_code), run(4), wrtee(),
    )  # fmt: skip


def _interrupt_return(at: Addresses, kuap: bool) -> Script:
    """The return to the user after an interrupt: into the process whose stack comes next, which may be the same one."""
    return (
        *_restored(kuap), run(7),
        code(at.entry_code), run(3), load(Datum.NEXT_STACK), mtspr(SRR0), mtspr(SRR1), run(25), rfi(),
    )  # fmt: skip


def timer(at: Addresses, kuap: bool) -> Script:
    """A tick after which the process goes on."""
    return (*_interrupt(at, kuap), run(8), wrtee(), *_interrupt_return(at, kuap))


def process_switch(at: Addresses, kuap: bool) -> Script:
    """A tick that ends the quantum: schedule() on the way back to the user. With KUAP the return writes the PID."""
    new_pid = _if(not kuap, mtspr(PID), isync())
    return (
        *_interrupt(at, kuap), run(12), wrtee(), run(7),
        code(at.scheduler_code), run(26), load(Datum.ADDRESS, at.run_queue), wrtee(), run(4), mfmsr(), wrtee(), run(9),
        wrtee(), run(99), run(NEXT_TASK), run(40), store(Datum.ADDRESS, at.run_queue), run(9), load(Datum.NEXT_THREAD),
        *new_pid, run(17), mfmsr(), run(10), wrtee(), run(8),
        code(at.entry_code), run(26), store(Datum.STACK), mtspr(SPRG3), load(Datum.NEXT_THREAD),
        load(Datum.NEXT_STACK), run(26),
        code(at.scheduler_code), run(15), wrtee(), run(29),
        code(at.interrupt_code), run(1), wrtee(), run(6), wrtee(),
        *_interrupt_return(at, kuap),
    )  # fmt: skip


def _io(at: Addresses, kuap: bool) -> Script:
    """A write to the device: user access is opened for the copy and shut again."""
    opened, shut = _if(kuap, run(1), mtspr(PID), isync()), _shut(kuap)
    return (
        code(at.driver_code), run(50), *opened, load(Datum.ADDRESS, at.user_buffer), *shut,
        run(50), store(Datum.ADDRESS, at.device), run(20),
    )  # fmt: skip


def scripts(at: Addresses, kuap: bool) -> Scripts:
    """Every event, with user pages shut to the kernel or not."""
    return {
        **refills(_gaps(kuap)),
        Event.SWITCH: process_switch(at, kuap),
        Event.IO: call(at, kuap, _io(at, kuap)),
        Event.SYSCALL: call(at, kuap, (run(NULL_CALL),)),
        Event.TIMER: timer(at, kuap),
        Event.FLUSH: call(at, kuap, (run(60), *FLUSH_ALL)),
        Event.PAGE_FLUSH: call(at, kuap, (run(40), *FLUSH_ONE)),
        Event.IDLE: call(at, kuap, (run(60), *WAIT)),
    }


LINUX_6_1 = register_era(Era("6.1", "Linux 6.1, the last series whose 44x code was looked at", scripts))
