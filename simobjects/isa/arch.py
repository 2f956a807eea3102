# SPDX-License-Identifier: BSD-3-Clause
"""The architecture's numbers: interrupts, special purpose registers, bits, TLB words, what an exit reports."""

from __future__ import annotations

from dataclasses import dataclass

from simobjects.isa.numbers import Numbers, bits, listed, numbered, rows

VECTOR = numbered("the interrupts", "arch/vectors440.def", "VECTOR")
"""IVOR numbers."""
VECTOR_NAMES = tuple(row[2] for row in rows("arch/vectors440.def", "VECTOR"))
OP = listed("the privileged operations", "arch/operations.def", "OPERATION")
OPERATION_NAMES = tuple(row[1] for row in rows("arch/operations.def", "OPERATION"))
ADDRESS = numbered("the fixed addresses", "arch/addresses.def", "ADDRESS")

MSR, ESR, TSR, TCR, MMUCR = bits("MSR"), bits("ESR"), bits("TSR"), bits("TCR"), bits("MMUCR")
W0, W1, W2 = bits("W0"), bits("W1"), bits("W2")
USER = W2.UX | W2.UW | W2.UR
SUPERVISOR = W2.SX | W2.SW | W2.SR


@dataclass(frozen=True)
class Register:
    """A special purpose register.

    Attributes:
        name: as in the manual, in small letters.
        number: as mtspr has it, its halves put right.
        readable: by mfspr.
        writable: by mtspr.
        user: whether user mode may do that too.
        shown: whether debuggers are shown it.
        named: whether binutils has a mnemonic of its own for it, such as mtsrr0.
    """

    name: str
    number: int
    readable: bool
    writable: bool
    user: bool
    shown: bool
    named: bool


def _registers() -> tuple[Register, ...]:
    found = []
    for row in (*rows("arch/spr440.def", "PLAIN"), *rows("arch/spr440.def", "SPECIAL")):
        access = {flag.strip().removeprefix("SPR_") for flag in row[2].split("|")}
        found.append(
            Register(
                row[0].lower(),
                int(row[1]),
                bool(access & {"RW", "RO"}),
                bool(access & {"RW", "WO"}),
                "USER" in access,
                "SHOWN" in access,
                "NAMED" in access,
            )
        )
    return tuple(found)


REGISTERS = _registers()
SPR = Numbers("the special purpose registers", {row.name.upper(): row.number for row in REGISTERS})


PAGE_SIZES = {1024 << 2 * int(row[0]): int(row[0]) for row in rows("arch/sizes440.def", "PAGE_SIZE")}
"""The 440's page sizes in bytes, and the code of each in the SIZE field of word 0."""


def entry(ea: int, pa: int, size: int, flags: int, space: int = 0) -> tuple[int, int, int]:
    """The three words of a valid TLB entry.

    `size`: bytes, KeyError when it is not one of `PAGE_SIZES`; `flags`: attributes and permissions (W2); `space`: TS.
    """
    word0 = ea & W0.EPN | W0.VALID | PAGE_SIZES[size] << 4 | (W0.TS if space else 0)
    return word0, pa & W1.RPN | pa >> 32, flags
