# SPDX-License-Identifier: BSD-3-Clause
"""A small set-up for tests of single accesses: a page of code, a page of interrupt handlers, entries on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simobjects.isa import arch
from tests.helpers.assembler import asm
from tests.helpers.machines440 import Machine440, make

UX, UW, UR, SX, SW, SR = arch.W2.UX, arch.W2.UW, arch.W2.UR, arch.W2.SX, arch.W2.SW, arch.W2.SR
NOP = 0x60000000
CODE, CODE_SLOT = 0x00010000, 62
VECTORS, VECTOR_SLOT = 0x00020000, 63
"""Effective and physical address of the pages; 64 KiB each."""
ADDRESS, VALUE, RESULT = 4, 5, 6
"""Registers that single accesses use."""
MSR_DS, MSR_IS, MSR_PR = arch.MSR.DS, arch.MSR.IS, arch.MSR.PR


@dataclass(frozen=True)
class Outcome:
    """What one instruction led to. `vector`: the IVOR number of the interrupt that was entered, or None."""

    vector: int | None
    result: int


class Bench:
    def __init__(
        self, kind: str, *, faithful: bool = False, machine_check_critical: bool = False, **options: int
    ) -> None:
        self.machine: Machine440 = make(
            kind, ram=1 << 21, faithful=faithful, machine_check_critical=machine_check_critical, **options
        )
        self.map(CODE_SLOT, epn=CODE, size=3, rpn=CODE, attributes=SX | UX | SR | UR)
        self.map(VECTOR_SLOT, epn=VECTORS, size=3, rpn=VECTORS, attributes=SX | SR)
        for page in (CODE, VECTORS):
            self.machine.store(page, NOP.to_bytes(4, "big") * 0x4000)
        self.machine.write("ivpr", VECTORS)
        for number in range(16):
            self.machine.write(f"ivor{number}", 0x100 * number)

    def map(
        self,
        slot: int,
        *,
        epn: int,
        size: int = 1,
        rpn: int = 0x00100000,
        erpn: int = 0,
        attributes: int = 0,
        tid: int = 0,
        ts: int = 0,
        valid: bool = True,
    ) -> None:
        """An entry, as E{slot}(TID, TS, EPN, SIZE, RPN, ERPN, attributes)."""
        self.machine.set_entry(slot, epn | valid << 9 | ts << 8 | size << 4, rpn | erpn, attributes, tid)

    def set(self, **registers: int) -> None:
        for name, value in registers.items():
            self.machine.write(name, value)

    def __getitem__(self, name: str) -> int:
        return self.machine.read(name)

    def put(self, words: list[int], at: int = CODE) -> None:
        """A program, at a physical address."""
        self.machine.store(at, b"".join(word.to_bytes(4, "big") for word in words))

    def run(self, *words: int, msr: int = 0, **registers: int) -> Outcome:
        """The words from the beginning of the code page on, as many instructions as there are words.

        An instruction that interrupts is followed by the first of the handler, which is a nop, and the rest by more.
        """
        self.put(list(words))
        before = self.machine.vectors()
        self.set(msr=msr, pc=CODE, **registers)
        self.machine.step(len(words))
        after = self.machine.vectors()
        taken = [number for number, count in enumerate(after) if count > before[number]]
        return Outcome(taken[0] if taken else None, self.machine.read(f"r{RESULT}"))

    def access(self, name: str, ea: int, *, msr: int = 0, **registers: int) -> Outcome:
        """One instruction (by its id in the table) with `ea` in RA (D form, displacement 0) or RB."""
        operands: dict[str, Any] = {**OPERANDS.get(name, {"ra": 0, "rb": ADDRESS})}
        return self.run(asm(name, record=False, **operands), msr=msr, **{f"r{ADDRESS}": ea, **registers})

    def load(self, ea: int, **options: int) -> Outcome:
        return self.access("lwz", ea, **options)

    def store(self, ea: int, value: int = 0, **options: int) -> Outcome:
        return self.access("stw", ea, **{f"r{VALUE}": value, **options})

    def jump(self, ea: int, *, msr: int = 0) -> Outcome:
        """Branch to `ea`; the instruction there (or the handler's first) is executed too."""
        return self.run(asm("bcctr", bo=20), NOP, msr=msr, ctr=ea)

    def tlbwe(self, word: int, slot: int, value: int, **options: int) -> Outcome:
        registers = {f"r{VALUE}": value, f"r{ADDRESS}": slot}
        return self.run(asm("tlbwe", rs=VALUE, ra=ADDRESS, ws=word), **{**registers, **options})


OPERANDS: dict[str, dict[str, int]] = {
    **dict.fromkeys(("lwz", "lbz", "lhz", "lha"), {"rt": RESULT, "ra": ADDRESS}),
    **dict.fromkeys(("stw", "sth", "stb"), {"rs": VALUE, "ra": ADDRESS}),
    **dict.fromkeys(("lwarx", "lwbrx"), {"rt": RESULT, "ra": 0, "rb": ADDRESS}),
    "stwcx_rec": {"rs": VALUE, "ra": 0, "rb": ADDRESS},
    "tlbsx": {"rt": RESULT, "ra": 0, "rb": ADDRESS},
}
