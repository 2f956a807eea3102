# SPDX-License-Identifier: BSD-3-Clause
"""The language of guest handlers: a script is a tuple of steps, each an instruction or a run of plain ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a step does; the values are those of `cext/guest/guest.pxd`."""

    RUN = 0
    LOAD = 1
    STORE = 2
    PRIVILEGED = 3
    CODE = 4
    RUN_WRAP = 5
    SWEEP = 6
    UNLESS_FOUND = 7
    ISYNC = 8


class Datum(IntEnum):
    """Which datum a load or store names."""

    ADDRESS = 0
    THREAD = 1
    NEXT_THREAD = 2
    PGD = 3
    PTE = 4
    INDEX = 5
    STACK = 6
    NEXT_STACK = 7


class Op(IntEnum):
    """Privileged operations, as an exit reports them."""

    MTSPR = 0
    MFSPR = 1
    TLBWE = 2
    RFI = 3
    MTMSR = 4
    MFMSR = 5
    WRTEE = 6
    TLBSX = 7


class Event(IntEnum):
    """What a guest kernel does as a whole; every era has a script for each."""

    DATA_USER = 0
    INST_USER = 1
    DATA_KERNEL = 2
    INST_KERNEL = 3
    SWITCH = 4
    IO = 5
    SYSCALL = 6
    TIMER = 7
    FLUSH = 8
    PAGE_FLUSH = 9
    IDLE = 10


class Step(NamedTuple):
    """One step: `a` is a count, datum, operation or code address as `kind` says; `b` its operand."""

    kind: Kind
    a: int
    b: int = 0


Script = tuple[Step, ...]

PID, MMUCR, OTHER = 0x30, 0x3B2, 0
SRR0, SRR1, DEAR, ESR = 0x1A, 0x1B, 0x3D, 0x3E
SPRG0, SPRG1, SPRG2, SPRG3 = 0x110, 0x111, 0x112, 0x113
CLOSED = 1 << 16
"""With PID: the value written is 0, so that the kernel cannot reach user pages; else the process's."""
TO_KERNEL, TO_USER, BACK = 0, 1, 2
"""Where an rfi goes; BACK: to what was interrupted."""
INVALIDATE = 3
"""A tlbwe of word 0 with V clear, to the entry that the last tlbsx found."""
MSR_WE = 0x40000


@dataclass(frozen=True)
class Addresses:
    """Where the code and the data of a guest's scripts lie (effective addresses)."""

    handler_code: int = 0xC000_0000
    entry_code: int = 0xC000_1000
    interrupt_code: int = 0xC000_A000
    scheduler_code: int = 0xC003_0000
    driver_code: int = 0xC004_0000
    run_queue: int = 0xC030_2000
    device: int = 0xD100_0000
    user_buffer: int = 0xBFFF_0000


def run(count: int) -> Step:
    """Plain instructions."""
    return Step(Kind.RUN, count)


def run_wrap(count: int) -> Step:
    """Plain instructions, one more when the index wraps."""
    return Step(Kind.RUN_WRAP, count)


def code(address: int) -> Step:
    """The instructions that follow lie here; no instruction itself."""
    return Step(Kind.CODE, 0, address)


def load(datum: Datum, operand: int = 0) -> Step:
    return Step(Kind.LOAD, datum, operand)


def store(datum: Datum, operand: int = 0) -> Step:
    return Step(Kind.STORE, datum, operand)


def mtspr(register: int = OTHER) -> Step:
    return Step(Kind.PRIVILEGED, Op.MTSPR, register)


def mfspr(register: int = OTHER) -> Step:
    """A read that traps: not of SPRG4 to 7, which are plain instructions."""
    return Step(Kind.PRIVILEGED, Op.MFSPR, register)


def tlbwe(word: int) -> Step:
    return Step(Kind.PRIVILEGED, Op.TLBWE, word)


def tlbsx() -> Step:
    """Search for the event's address, in the space of the process."""
    return Step(Kind.PRIVILEGED, Op.TLBSX)


def rfi(to: int = TO_USER) -> Step:
    return Step(Kind.PRIVILEGED, Op.RFI, to)


def mtmsr(value: int = 0) -> Step:
    """With MSR_WE the processor waits until the idle time is over."""
    return Step(Kind.PRIVILEGED, Op.MTMSR, value)


def mfmsr() -> Step:
    return Step(Kind.PRIVILEGED, Op.MFMSR)


def wrtee() -> Step:
    """wrtee or wrteei."""
    return Step(Kind.PRIVILEGED, Op.WRTEE)


def isync() -> Step:
    return Step(Kind.ISYNC, 0)


def sweep(count: int) -> Step:
    """For every replaceable slot: a tlbwe of word 0 with V clear, then `count` plain instructions."""
    return Step(Kind.SWEEP, count)


def unless_found(steps: int) -> Step:
    """Pass over the next `steps` steps when the last tlbsx found nothing; no instruction itself."""
    return Step(Kind.UNLESS_FOUND, steps)


_SILENT = (Kind.CODE, Kind.UNLESS_FOUND)


def instructions(script: Script, slots: int = 63) -> int:
    """Instructions of a script when the index does not wrap and a search hits; `slots` are replaceable."""
    return sum(_instructions(step, slots) for step in script)


def _instructions(step: Step, slots: int) -> int:
    if step.kind in (Kind.RUN, Kind.RUN_WRAP):
        return step.a
    if step.kind is Kind.SWEEP:
        return (1 + step.a) * slots
    return int(step.kind not in _SILENT)


def privileged(script: Script, slots: int = 63) -> int:
    """Privileged instructions of a script when a search hits: its exits under trap-and-emulate."""
    return sum(slots if s.kind is Kind.SWEEP else s.kind is Kind.PRIVILEGED for s in script)
