# SPDX-License-Identifier: BSD-3-Clause
"""Random machines and random instructions, executed by the twin and by the compiled core in step."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simobjects.isa.arch import W0, W2, entry
from simobjects.isa.assemble import split_ten
from simobjects.isa.disassemble import disassemble
from simobjects.isa.table import decode, instructions
from tests.helpers.encodings import encode
from tests.helpers.machines440 import NOT_IN_BOTH, REGISTERS, Machine440, make
from tests.reference.ppc440.sprs import KNOWN

RAM = 1 << 17
CODE, VECTORS, DATA = 0x00004000, 0x00008000, 0x00010000
"""Physical addresses: two pages of code, one of interrupt handlers (nops), 64 KiB of data."""
CODE_EA, VECTOR_EA, DATA_EA = 0x10000000, 0x20000000, 0x40000000
NOP = 0x60000000
WAIT = 0x00040000
COMPARED = tuple(name for name in REGISTERS if name not in NOT_IN_BOTH)
ODD = (0, 1, 2, 31, 32, 33, 0x7F, 0x80, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF8000)
MSR_BITS = (0x8000, 0x20000, 0x4000, 0x1000, 0x200, 0x20, 0x10)
RESETTING = (308,)
"""DBCR0 ends the run; it has tests of its own."""
SPRS = [split_ten(number) for number in sorted(KNOWN - set(RESETTING))] + [split_ten(n) for n in (3, 20, 100, 528, 944)]
UNCOUNTED = {"invalid_form", "string_overwrites_base"}
"""Diagnostics that the core gives for some cases only."""
DCRS = [split_ten(number) for number in (0, 1, 0x10, 0x80, 0x3FF)]
"""Where nothing answers; the interrupt controller has tests of its own."""
WEIGHTS = {
    "tlbwe": 4,
    "mtspr": 4,
    "isync": 4,
    "bc": 3,
    "stwcx_rec": 3,
    "lwarx": 3,
    **dict.fromkeys(("tlbre", "tlbsx", "mfspr", "bclr"), 2),
}
"""How often an instruction is chosen, where not once."""


class Difference(AssertionError):
    """The two machines are not in the same state."""


@dataclass
class Scenario:
    """One random machine, all of it from the seed."""

    seed: int
    rng: random.Random = field(init=False)
    twin: Machine440 = field(init=False)
    core: Machine440 = field(init=False)
    log: list[str] = field(default_factory=list)
    completed: Counter[str] = field(default_factory=Counter)
    """Instructions executed without an interrupt, by their id in the table."""

    def __post_init__(self) -> None:
        self.rng = rng = random.Random(self.seed)
        self.entries = rng.choice((8, 16, 64))
        micro = rng.choice(((0, 0, False), (4, 8, False), (4, 8, True), (1, 2, True), (0, 3, True)))
        options: dict[str, Any] = {"ram": RAM, "entries": self.entries, "micro_inst": micro[0], "micro_data": micro[1]}
        ticks = rng.choice((0, 0, 3))
        self.twin = make("twin", **options, faithful=micro[2], interrupt_ticks=ticks)
        self.core = make("compiled", **options, faithful=micro[2], interrupt_ticks=ticks)
        self.rows = [row for row in instructions() for _ in range(WEIGHTS.get(row.id, 1))]
        self.build()

    @property
    def machines(self) -> tuple[Machine440, Machine440]:
        return self.twin, self.core

    # -- the machine

    def build(self) -> None:
        rng = self.rng
        data = rng.randbytes(RAM - DATA)
        for machine in self.machines:
            machine.store(VECTORS, NOP.to_bytes(4, "big") * 1024)
            machine.store(DATA, data)
        self.code_slots = rng.sample(range(self.entries), 3)
        for slot in range(self.entries):
            if rng.random() < 0.6:
                self.map_data(slot)
        for name, value in (("ivpr", VECTOR_EA), *((f"ivor{n}", 0x40 * n) for n in range(16))):
            self.write(name, value)
        for number in range(32):
            self.write(f"r{number}", self.value())
        for name in ("cr", "xer", "lr", "ctr", "mmucr", "pid", "dec", "decar", "tcr", "srr0", "csrr0", "esr", "dear"):
            self.write(name, rng.getrandbits(32) & (0xCFFFFFFF if name == "tcr" else 0xFFFFFFFF))
        self.write("tbl", rng.choice((0, 0xFF8, 0xFFFF8, 0xFFFFFFF8)))
        self.restart()

    def map_data(self, slot: int) -> None:
        rng = self.rng
        size = rng.choice((0, 1, 1, 2, 3))
        span = 1024 << 2 * size
        ea = DATA_EA + rng.randrange(0, 0x20000, 1024)
        physical = DATA + rng.randrange(0, 0x10000, span)
        attributes = rng.choice((0x3F, 0x3F, 0x1B, rng.getrandbits(6))) | rng.choice((0, 0, 0, 0x80, 0x400, 0x800))
        w0 = ea | size << 4 | (W0.VALID if rng.random() < 0.95 else 0) | (W0.TS if rng.random() < 0.3 else 0)
        self.set_entry(slot, w0, physical, attributes, rng.choice((0, 0, 1, 2)))

    def map_code(self) -> None:
        """The pages that must be there to go on: code in both address spaces, and the handlers."""
        space0, space1, vectors = self.code_slots
        self.set_entry(space0, *entry(CODE_EA, CODE, 16 << 10, W2.UX | W2.SX), 0)
        self.set_entry(space1, *entry(CODE_EA, CODE, 16 << 10, W2.UX | W2.SX, space=1), 0)
        self.set_entry(vectors, *entry(VECTOR_EA, VECTORS, 4096, W2.SX), 0)

    def set_entry(self, slot: int, w0: int, w1: int, w2: int, tid: int) -> None:
        for machine in self.machines:
            if machine.entry(slot) != (w0, w1, w2, tid):
                machine.set_entry(slot, w0, w1, w2, tid)

    def write(self, name: str, value: int) -> None:
        for machine in self.machines:
            machine.write(name, value)

    def value(self) -> int:
        """A register's value: an address near the end or the beginning of something, a special number, or noise."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.5:
            edge = DATA_EA + 1024 * rng.randrange(0, 0x80)
            return edge + rng.choice((0, 0, 4, 8, 16, rng.randrange(-9, 9), rng.randrange(1024)))
        if kind < 0.75:
            return rng.choice(ODD)
        if kind < 0.85:
            return rng.randrange(self.entries)
        return rng.getrandbits(32)

    # -- execution

    def restart(self) -> None:
        """Back to the code page, in a random context, with some new registers."""
        rng = self.rng
        self.map_code()
        self.write("msr", sum(bit for bit in MSR_BITS if rng.random() < 0.35))
        self.write("pc", CODE_EA + 4 * rng.randrange(1024))
        self.write("pid", rng.choice((0, 1, 2)))
        for number in rng.sample(range(32), 6):
            self.write(f"r{number}", self.value())
        if rng.random() < 0.3:
            self.write("xer", rng.choice((0, 1, 4, 7, 9, 12, 17, 32)) | rng.choice((0, 0xE0000000)))
        if rng.random() < 0.1:
            self.write("dec", rng.randrange(1, 6))
        if rng.random() < 0.05:
            self.write("ccr0", rng.choice((0, 0, 0x100)))
        if rng.random() < 0.3:
            self.write("tsr", 0)
        if rng.random() < 0.3:
            self.map_data(rng.choice([slot for slot in range(self.entries) if slot not in self.code_slots]))
        lines = {"external": rng.random() < 0.02, "critical": rng.random() < 0.02}
        for machine in self.machines:
            machine.lines(**lines)

    def word(self) -> int:
        """Mostly a valid instruction, sometimes an invalid form, sometimes any word at all."""
        rng = self.rng
        if rng.random() < 0.03:
            return rng.getrandbits(32)
        near = [rng.randrange(32) << 16 | rng.choice((0, 4, 8, rng.randrange(-16, 16))) & 0xFFFF for _ in range(4)]
        given = {"spr": SPRS, "d(ra)": [value for value in near if value >> 16] or near, "tbr": SPRS, "dcr": DCRS}
        return encode(rng.choice(self.rows), rng, given, valid=rng.random() < 0.9)

    def place(self) -> None:
        """Put a new instruction where the PC is, when that is in the code pages."""
        offset = (self.twin.read("pc") - CODE_EA) & 0xFFFFFFFF
        if offset >= 0x2000:
            self.restart()
            offset = (self.twin.read("pc") - CODE_EA) & 0xFFFFFFFF
        word = self.word()
        self.instruction = decode(word)
        for machine in self.machines:
            machine.store(CODE + offset, word.to_bytes(4, "big"))
        where = f"{self.twin.read('pc'):08x} msr {self.twin.read('msr'):05x}"
        self.log.append(f"{where}: {disassemble(word, CODE_EA + offset)}")

    def step(self) -> bool:
        """One instruction on both; False when that was the last one."""
        self.place()
        before = self.twin.vectors()
        ends = [machine.step(1) for machine in self.machines]
        if ends[0] != ends[1]:
            raise Difference("\n".join([f"seed {self.seed}, after", *self.log[-6:], f"twin, core: {ends}"]))
        if ends[0] == "failed":
            return False
        self.compare()
        if self.instruction is not None and before == self.twin.vectors():
            self.completed[self.instruction.id] += 1
        if ends[0]:
            return False
        if self.twin.read("msr") & WAIT:
            self.write("msr", self.twin.read("msr") & ~WAIT)
        if self.rng.random() < 0.15:
            self.restart()
        return True

    def run(self, steps: int) -> int:
        """The number of instructions executed."""
        return next((number + 1 for number in range(steps) if not self.step()), steps)

    # -- comparison

    def compare(self) -> None:
        twin, core = self.machines
        different = {
            name: (twin.read(name), core.read(name)) for name in COMPARED if twin.read(name) != core.read(name)
        }
        found = [f"{name}: twin {a:08x}, core {b:08x}" for name, (a, b) in different.items()]
        for what, a, b in (
            ("hidden", twin.hidden(), core.hidden()),
            ("interrupts", twin.vectors(), core.vectors()),
            ("micro-TLB misses", twin.micro_misses(), core.micro_misses()),
            ("diagnostics", set(twin.diagnostics()) - UNCOUNTED, set(core.diagnostics()) - UNCOUNTED),
        ):
            if a != b:
                found.append(f"{what}: twin {a}, core {b}")
        for slot in range(self.entries):
            if twin.entry(slot) != core.entry(slot):
                found.append(f"TLB {slot}: twin {twin.entry(slot)}, core {core.entry(slot)}")
        if twin.load(0, RAM) != core.load(0, RAM):
            found.append("memory differs")
        if found:
            raise Difference("\n".join([f"seed {self.seed}, after", *self.log[-6:], *found]))
