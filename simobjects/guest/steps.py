# SPDX-License-Identifier: BSD-3-Clause
"""The language of guest handlers: a script is a tuple of steps, each an instruction or a run of plain ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from simobjects.isa.arch import MSR, OP, SPR
from simobjects.isa.numbers import listed, numbered

TABLE = "guest/steps.def"


_STEP = listed("the steps", TABLE, "STEP")
_DATUM = listed("the data", TABLE, "DATUM")
_EVENT = listed("the events", TABLE, "EVENT")
_OPERAND = numbered("the operands", TABLE, "OPERAND")


class Kind(IntEnum):
    """What a step does."""

    RUN = _STEP.RUN
    LOAD = _STEP.LOAD
    STORE = _STEP.STORE
    PRIVILEGED = _STEP.PRIVILEGED
    CODE = _STEP.CODE
    RUN_WRAP = _STEP.RUN_WRAP
    SWEEP = _STEP.SWEEP
    UNLESS_FOUND = _STEP.UNLESS_FOUND
    ISYNC = _STEP.ISYNC


class Datum(IntEnum):
    """Which datum a load or store names."""

    ADDRESS = _DATUM.ADDRESS
    THREAD = _DATUM.THREAD
    NEXT_THREAD = _DATUM.NEXT_THREAD
    PGD = _DATUM.PGD
    PTE = _DATUM.PTE
    INDEX = _DATUM.INDEX
    STACK = _DATUM.STACK
    NEXT_STACK = _DATUM.NEXT_STACK


class Event(IntEnum):
    """What a guest kernel does as a whole; every era has a script for each."""

    DATA_USER = _EVENT.DATA_USER
    INST_USER = _EVENT.INST_USER
    DATA_KERNEL = _EVENT.DATA_KERNEL
    INST_KERNEL = _EVENT.INST_KERNEL
    SWITCH = _EVENT.SWITCH
    IO = _EVENT.IO
    SYSCALL = _EVENT.SYSCALL
    TIMER = _EVENT.TIMER
    FLUSH = _EVENT.FLUSH
    PAGE_FLUSH = _EVENT.PAGE_FLUSH
    IDLE = _EVENT.IDLE


class Step(NamedTuple):
    """One step of a script.

    Attributes:
        kind: what it does.
        a: of RUN, RUN_WRAP, SWEEP and UNLESS_FOUND a count, of LOAD and STORE the `Datum`, of PRIVILEGED the operation.
        b: the operand: an address (CODE, ADDRESS), bytes, the number of an SPR, a word of an entry.
    """

    kind: Kind
    a: int
    b: int = 0


Script = tuple[Step, ...]
"""In the order of execution. Every step is at most one instruction, but for runs and sweeps."""

PID, MMUCR, OTHER = SPR.PID, SPR.MMUCR, 0
SRR0, SRR1, DEAR, ESR = SPR.SRR0, SPR.SRR1, SPR.DEAR, SPR.ESR
SPRG0, SPRG1, SPRG2, SPRG3 = SPR.SPRG0, SPR.SPRG1, SPR.SPRG2, SPR.SPRG3
CLOSED = _OPERAND.PID_CLOSED & ~PID
"""With PID: the value written is 0, so that the kernel cannot reach user pages; else the process's."""
TO_KERNEL, TO_USER, BACK = 0, 1, _OPERAND.RFI_BACK
"""Where an rfi goes; BACK: to what was interrupted."""
INVALIDATE = _OPERAND.WORD_INVALIDATE
"""A tlbwe of word 0 with V clear, to the entry that the last tlbsx found."""
MSR_WE = MSR.WE


@dataclass(frozen=True)
class Addresses:
    """Where the code and the data of a guest's scripts lie: effective addresses. Of code only the page counts.

    Attributes:
        handler_code: the TLB miss handlers.
        entry_code: exception entry and return.
        interrupt_code: system call and timer, flushes and idling.
        scheduler_code: the scheduler.
        driver_code: the device driver.
        run_queue: the scheduler's data.
        device: what the driver writes to.
        user_buffer: what the driver of 6.1 reads before, in a page of the user's.
    """

    handler_code: int = 0xC000_0000
    entry_code: int = 0xC000_1000
    interrupt_code: int = 0xC000_A000
    scheduler_code: int = 0xC003_0000
    driver_code: int = 0xC004_0000
    run_queue: int = 0xC030_2000
    device: int = 0xD100_0000
    user_buffer: int = 0xBFFF_0000


def run(count: int) -> Step:
    """`count` plain instructions on the present page of code."""
    return Step(Kind.RUN, count)


def run_wrap(count: int) -> Step:
    """`count` plain instructions, one more when the round-robin index wraps."""
    return Step(Kind.RUN_WRAP, count)


def code(address: int) -> Step:
    """The instructions that follow lie here; no instruction itself."""
    return Step(Kind.CODE, 0, address)


def load(datum: Datum, operand: int = 0) -> Step:
    """A load of the kernel's. `operand`: the effective address (ADDRESS), or bytes from the entry's begin (PTE)."""
    return Step(Kind.LOAD, datum, operand)


def store(datum: Datum, operand: int = 0) -> Step:
    """A store, operands as `load`. A store to INDEX moves the round robin on by one slot."""
    return Step(Kind.STORE, datum, operand)


def mtspr(register: int = OTHER) -> Step:
    """A write of an SPR by number. PID gets the process that runs afterwards (0 with CLOSED), MMUCR the present one."""
    return Step(Kind.PRIVILEGED, OP.MTSPR, register)


def mfspr(register: int = OTHER) -> Step:
    """A read that traps: not of SPRG4 to 7, which are plain instructions."""
    return Step(Kind.PRIVILEGED, OP.MFSPR, register)


def tlbwe(word: int) -> Step:
    """Word 0, 1 or 2 of the refill's entry into the next slot of the round robin, or INVALIDATE."""
    return Step(Kind.PRIVILEGED, OP.TLBWE, word)


def tlbsx() -> Step:
    """Search for the event's address, in the space of the process."""
    return Step(Kind.PRIVILEGED, OP.TLBSX)


def rfi(to: int = TO_USER) -> Step:
    """Return TO_USER, TO_KERNEL or BACK to what was interrupted."""
    return Step(Kind.PRIVILEGED, OP.RFI, to)


def mtmsr(value: int = 0) -> Step:
    """With MSR_WE the processor waits until the idle time is over."""
    return Step(Kind.PRIVILEGED, OP.MTMSR, value)


def mfmsr() -> Step:
    """A read of MSR: privileged, so an exit under KVM."""
    return Step(Kind.PRIVILEGED, OP.MFMSR)


def wrtee() -> Step:
    """wrtee or wrteei: privileged, so an exit under KVM."""
    return Step(Kind.PRIVILEGED, OP.WRTEE)


def isync() -> Step:
    """Context synchronisation: empties the micro-TLBs, costs `isync_latency`, and is no exit."""
    return Step(Kind.ISYNC, 0)


def sweep(count: int) -> Step:
    """For every replaceable slot: a tlbwe of word 0 with V clear, then `count` plain instructions."""
    return Step(Kind.SWEEP, count)


def unless_found(steps: int) -> Step:
    """Pass over the next `steps` steps when the last tlbsx found nothing; no instruction itself."""
    return Step(Kind.UNLESS_FOUND, steps)


_SILENT = (Kind.CODE, Kind.UNLESS_FOUND)


def instructions(script: Script, slots: int = 63) -> int:
    """Instructions of a script when the index does not wrap and a search hits.

    Args:
        script: steps; CODE and UNLESS_FOUND are none.
        slots: replaceable slots of the guest's TLB, for a sweep: 64 less the pinned ones.
    """
    return sum(_instructions(step, slots) for step in script)


def _instructions(step: Step, slots: int) -> int:
    if step.kind in (Kind.RUN, Kind.RUN_WRAP):
        return step.a
    if step.kind is Kind.SWEEP:
        return (1 + step.a) * slots
    return int(step.kind not in _SILENT)


def privileged(script: Script, slots: int = 63) -> int:
    """Privileged instructions of a script when a search hits: its exits under trap-and-emulate.

    Args:
        script: steps, of which PRIVILEGED count one each.
        slots: replaceable slots; a sweep writes an entry for each.
    """
    return sum(slots if s.kind is Kind.SWEEP else s.kind is Kind.PRIVILEGED for s in script)
