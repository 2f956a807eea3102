# SPDX-License-Identifier: BSD-3-Clause
"""The executing core, slow and plain: one instruction after the other, everything written out.

Twin of the compiled core. Written from the PowerPC 440 user's manual as the project's notes restate it; where the
hardware leaves something open, the choice is named where it is made and the event is counted in `diagnostics`.
Time: an instruction takes one tick of the time base, entering an interrupt `interrupt_ticks`.
"""

from __future__ import annotations

from collections import Counter

from tests.reference.ppc440 import interrupts, sprs, timers
from tests.reference.ppc440.interrupts import MACHINE_CHECK, PROGRAM, SYSTEM_CALL, Interrupt, Lines
from tests.reference.ppc440.mmu import FETCH, LITTLE, Entry, Mmu
from tests.reference.ppc440.state import (
    ESR_MCI,
    ESR_PIL,
    ESR_PPR,
    MCSR_DRB,
    MCSR_DWB,
    MCSR_IB,
    MCSR_MCS,
    MSR_IMPLEMENTED,
    MSR_ME,
    MSR_PR,
    MSR_WE,
    PVR_440_XILINX,
    SO,
    Registers,
)
from tests.reference.ppc440.table import PRIVILEGED, operation
from tests.reference.ppc440.words import Fields, signed, u32


class Checkstop(Exception):
    """The core cannot go on: a machine check on the instruction side while machine checks are disabled."""


class Machine:
    """A core with RAM at physical 0. `micro_inst`, `micro_data`: entries of the micro-TLBs, 0 for none."""

    def __init__(
        self,
        ram: int = 1 << 20,
        *,
        entries: int = 64,
        micro_inst: int = 0,
        micro_data: int = 0,
        faithful: bool = False,
        pvr: int = PVR_440_XILINX,
        machine_check_critical: bool = False,
        interrupt_ticks: int = 0,
    ) -> None:
        self.r = Registers(pvr=pvr)
        self.ram = bytearray(ram)
        self.diagnostics = Counter[str]()
        self.mmu = Mmu(entries, {"inst": micro_inst, "data": micro_data}, faithful, self.diagnostics)
        self.lines = Lines()
        self.dcr: dict[int, int] = {}
        self.vectors = Counter[int]()
        self.machine_check_critical = machine_check_critical
        self.interrupt_ticks = interrupt_ticks
        self.reset = 0
        """The kind of the reset that ended the run (DBCR0[RST] or TCR[WRC]), 0 while it goes on."""
        self.next_pc = 0
        self.instructions = 0
        self.ticks = 0
        self.external_at = -1
        """When the external input rises by itself, in ticks since the start."""
        self.unanswered = 0
        """Physical address of the last access that nothing answered."""

    # -- execution

    def step(self, count: int = 1) -> None:
        """So many instructions or interrupts: each step executes one instruction or enters one interrupt."""
        for _ in range(count):
            if self.reset:
                return
            waiting = interrupts.pending(self.r, self.lines)
            if waiting is not None:
                self.interrupt(waiting, self.r.pc)
            elif self.r.msr & MSR_WE:
                self.tick()
            else:
                self.attempt()

    def attempt(self) -> None:
        """Execute the instruction at PC, or enter the interrupt that it causes."""
        try:
            self.next_pc = u32(self.r.pc + 4)
            self.execute(Fields(self.fetch()))
        except Interrupt as caused:
            if caused.esr is not None:
                self.r.esr = caused.esr
            if caused.dear is not None:
                self.r.dear = caused.dear
            if caused.vector == SYSTEM_CALL:
                self.finish()
            self.interrupt(caused.vector, self.r.pc)
            return
        self.finish()

    def finish(self) -> None:
        self.r.pc = self.next_pc
        self.instructions += 1
        self.tick()

    def tick(self) -> None:
        """Time passes: the timers count, and the external input rises when its time has come."""
        self.reset_by(timers.tick(self.r))
        self.ticks += 1
        if self.ticks == self.external_at:
            self.lines.external = True

    def fetch(self) -> int:
        physical, entry = self.mmu.translate(self.r, self.r.pc, FETCH)
        if physical + 4 > len(self.ram):
            self.r.mcsr |= MCSR_MCS | MCSR_IB
            if not self.r.msr & MSR_ME:
                raise Checkstop(f"fetch from physical {physical:09x}, where no memory is")
            raise Interrupt(MACHINE_CHECK, esr=ESR_MCI)
        return int.from_bytes(self.ram[physical : physical + 4], "little" if entry.w2 & LITTLE else "big")

    def execute(self, f: Fields) -> None:
        function = operation(f)
        if function is None:
            raise Interrupt(PROGRAM, esr=ESR_PIL)
        if self.r.msr & MSR_PR and function in PRIVILEGED:
            raise Interrupt(PROGRAM, esr=ESR_PPR)
        function(self, f)

    def system_call(self) -> None:
        raise Interrupt(SYSTEM_CALL)

    def interrupt(self, vector: int, back: int) -> None:
        if vector == MACHINE_CHECK:
            self.lines.machine_check = False
        self.vectors[vector] += 1
        interrupts.enter(self.r, vector, back, machine_check_critical=self.machine_check_critical)
        self.mmu.synchronise()
        for _ in range(self.interrupt_ticks):
            self.tick()

    def reset_by(self, kind: int) -> None:
        self.reset = self.reset or kind

    # -- what instructions use

    def base(self, register: int) -> int:
        """(RA|0): the value 0 where the field is 0."""
        return self.r.gpr[register] if register else 0

    def record(self, result: int) -> None:
        """CR0 from the sign of the 32-bit result, and SO."""
        value = signed(result)
        self.r.set_cr_field(0, (8 if value < 0 else 4 if value > 0 else 2) | (1 if self.r.xer & SO else 0))

    def bus_error(self, kind: int, address: int) -> None:
        """Nothing answered. The machine check comes after the instruction, and is lost where it is not enabled."""
        self.diagnostics["unanswered_access"] += 1
        self.unanswered = address
        self.r.mcsr |= MCSR_MCS | kind
        if self.r.msr & MSR_ME:
            self.lines.machine_check = True
        else:
            self.diagnostics["machine_check_lost"] += 1

    def load_bytes(self, physical: list[int]) -> bytes:
        """One access, or where it is not aligned one for each byte."""
        self._answers(MCSR_DRB, physical)
        return bytes(self.ram[address] if address < len(self.ram) else 0 for address in physical)

    def store_bytes(self, physical: list[int], data: bytes) -> None:
        """One access, or where it is not aligned one for each byte."""
        self._answers(MCSR_DWB, physical)
        for address, byte in zip(physical, data, strict=True):
            if address < len(self.ram):
                self.ram[address] = byte

    def _answers(self, kind: int, physical: list[int]) -> None:
        whole = physical[0] % len(physical) == 0
        for address in physical[:1] if whole else physical:
            if address >= len(self.ram):
                self.bus_error(kind, address)

    def read_dcr(self, number: int) -> int:
        if number not in self.dcr:
            self.diagnostics["unanswered_dcr"] += 1
        return self.dcr.get(number, 0)

    def write_dcr(self, number: int, value: int) -> None:
        if number in self.dcr:
            self.dcr[number] = value
        else:
            self.diagnostics["unanswered_dcr"] += 1

    # -- tools

    def read_register(self, name: str) -> int:
        if name[0] == "r" and name[1:].isdigit():
            return self.r.gpr[int(name[1:])]
        if name in ("pc", "msr", "cr"):
            return int(getattr(self.r, name))
        return sprs.peek(self, number_of(name))

    def write_register(self, name: str, value: int) -> None:
        """As a debugger does: the value is put there; nothing is cleared by ones and nothing is reset."""
        if name[0] == "r" and name[1:].isdigit():
            self.r.gpr[int(name[1:])] = value
        elif name == "msr":
            self.r.msr = value & MSR_IMPLEMENTED
        elif name in ("pc", "cr", "dbsr", "tsr", "mcsr", "decar", "pvr"):
            setattr(self.r, name, value)
        elif name == "tcr":
            self.r.tcr = value & 0xFFC00000
        elif name == "dbcr0":
            self.r.dbcr[0] = value
        else:
            sprs.poke(self, number_of(name), value)

    def registers(self) -> dict[str, int]:
        names = [*(f"r{n}" for n in range(32)), "pc", "msr", "cr", *sprs.NUMBERS]
        return {name: self.read_register(name) for name in names}

    def read_physical(self, address: int, count: int) -> bytes:
        return bytes(self.ram[address : address + count])

    def write_physical(self, address: int, data: bytes) -> None:
        self.ram[address : address + len(data)] = data

    def write_entry(self, index: int, w0: int, w1: int, w2: int, tid: int = 0) -> None:
        """A whole TLB entry."""
        for word, value in enumerate((w0, w1, w2)):
            self.mmu.write(index, word, value, tid)

    def read_entry(self, index: int) -> tuple[int, int, int, int]:
        entry: Entry = self.mmu.entries[index]
        return entry.w0, entry.w1, entry.w2, entry.tid


def number_of(name: str) -> int:
    if name not in sprs.NUMBERS:
        raise ValueError(f"no register {name!r}; names are r0 to r31, pc, msr, cr and those of the SPRs")
    return sprs.NUMBERS[name]
