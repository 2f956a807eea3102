# SPDX-License-Identifier: BSD-3-Clause
"""What Linux 2.6.29's handlers on the 440 do, step by step.

The TLB refill paths follow the opcodes of arch/powerpc/kernel/head_44x.S (55, 53 and 54 instructions; 18, 17 and 16 of
them privileged). In the process switch and the I/O the number of privileged instructions of exception entry (9),
transfer to the handler (4) and return (4) is counted from entry_32.S; which ones they are and the plain instructions
between are estimates.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a step does; the values are those of `cext/guest.pxd`."""

    RUN = 0
    LOAD = 1
    STORE = 2
    PRIVILEGED = 3
    CODE = 4
    RUN_WRAP = 5


class Datum(IntEnum):
    """Which datum a load or store names."""

    ADDRESS = 0
    THREAD = 1
    NEXT_THREAD = 2
    PGD = 3
    PTE = 4
    INDEX = 5


class Op(IntEnum):
    """Privileged operations, as an exit reports them."""

    MTSPR = 0
    MFSPR = 1
    TLBWE = 2
    RFI = 3
    MTMSR = 4


class Step(NamedTuple):
    """One step: `a` is a count, datum, operation or code address as `kind` says; `b` its operand."""

    kind: Kind
    a: int
    b: int = 0


Script = tuple[Step, ...]

PID, MMUCR, OTHER = 0x30, 0x3B2, 0
TO_KERNEL, TO_USER = 0, 1


def run(count: int) -> Step:
    return Step(Kind.RUN, count)


def code(address: int) -> Step:
    return Step(Kind.CODE, 0, address)


def load(datum: Datum, operand: int = 0) -> Step:
    return Step(Kind.LOAD, datum, operand)


def store(datum: Datum, operand: int = 0) -> Step:
    return Step(Kind.STORE, datum, operand)


def mtspr(register: int = OTHER) -> Step:
    return Step(Kind.PRIVILEGED, Op.MTSPR, register)


def mfspr() -> Step:
    return Step(Kind.PRIVILEGED, Op.MFSPR)


def tlbwe(word: int) -> Step:
    return Step(Kind.PRIVILEGED, Op.TLBWE, word)


def rfi(to: int = TO_USER) -> Step:
    return Step(Kind.PRIVILEGED, Op.RFI, to)


def mtmsr() -> Step:
    return Step(Kind.PRIVILEGED, Op.MTMSR)


# SPRG0, SPRG1, SPRG4 and SPRG5 take the scratch registers, SPRG7 the condition register.
_SAVE: Script = (mtspr(), mtspr(), mtspr(), mtspr(), run(1), mtspr())
_WALK: Script = (load(Datum.PGD), run(3), load(Datum.PTE), load(Datum.PTE, 4), run(3))
# The slot is the incremented index; DEAR (or SRR0) is read a second time for the page's address.
_WRITE: Script = (
    load(Datum.INDEX), Step(Kind.RUN_WRAP, 3), store(Datum.INDEX), mfspr(),
    run(2), tlbwe(1), run(3), tlbwe(0), run(5), tlbwe(2),
)  # fmt: skip
# SPRG7, SPRG5 and SPRG4 are user-readable and do not trap; SPRG1 and SPRG0 do.
_RESTORE: Script = (run(4), mfspr(), mfspr())
# Thread struct, MMUCR and PID: the search ID for the entry is the process's.
_OWNER: Script = (mfspr(), load(Datum.THREAD), mfspr(), mfspr(), run(1), mtspr(MMUCR))

DATA_USER: Script = (*_SAVE, mfspr(), run(3), *_OWNER, mfspr(), run(3), *_WALK, *_WRITE, *_RESTORE, rfi())
INST_USER: Script = (*_SAVE, mfspr(), run(3), *_OWNER, run(2), *_WALK, *_WRITE, *_RESTORE, rfi())
DATA_KERNEL: Script = (
    *_SAVE, mfspr(), run(3), run(2), mfspr(), run(1), mtspr(MMUCR), mfspr(), run(3), *_WALK, *_WRITE, *_RESTORE,
    rfi(TO_KERNEL),
)  # fmt: skip

_PROLOGUE: Script = (mtspr(), mtspr(), mtspr(), mfspr(), mfspr(), mfspr(), mfspr(), mfspr(), mtmsr())
_TRANSFER: Script = (mfspr(), mtspr(), mtspr(), rfi(TO_KERNEL))
_RETURN: Script = (mtmsr(), mtspr(), mtspr(), rfi())


def entry(address: int) -> Script:
    """Exception entry through the transfer to the handler."""
    return (code(address), *_PROLOGUE, run(30), store(Datum.THREAD), *_TRANSFER, run(20))


def process_switch(entry_code: int, scheduler_code: int, run_queue: int) -> Script:
    """Decrementer interrupt, schedule(), return into the other process."""
    return (
        *entry(entry_code), mtspr(), mtspr(),
        code(scheduler_code), load(Datum.ADDRESS, run_queue), run(200), store(Datum.ADDRESS, run_queue),
        load(Datum.NEXT_THREAD), mtspr(), mtspr(PID), run(40),
        code(entry_code), load(Datum.NEXT_THREAD), *_RETURN,
    )  # fmt: skip


def device_io(entry_code: int, driver_code: int, device: int) -> Script:
    """System call, one store to a device register, return."""
    return (
        *entry(entry_code), code(driver_code), run(100), store(Datum.ADDRESS, device), run(20),
        code(entry_code), load(Datum.THREAD), *_RETURN,
    )  # fmt: skip


def instructions(script: Script) -> int:
    """Instructions of a script when the index does not wrap."""
    return sum(s.a if s.kind in (Kind.RUN, Kind.RUN_WRAP) else s.kind != Kind.CODE for s in script)


def privileged(script: Script) -> int:
    """Privileged instructions of a script: its exits under trap-and-emulate."""
    return sum(s.kind is Kind.PRIVILEGED for s in script)
