# SPDX-License-Identifier: BSD-3-Clause
"""A guest of 4 KiB of memory and three instructions (addi, stw, b), for tests of what debugs a guest."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from simobjects.gdb import Stop, StopKind, WatchKind
from simobjects.gdb.description import CORE

LIMIT = 1 << 32


def addi(target: int, source: int, value: int) -> int:
    return 14 << 26 | target << 21 | source << 16 | value & 0xFFFF


def stw(source: int, offset: int, base: int) -> int:
    return 36 << 26 | source << 21 | base << 16 | offset & 0xFFFF


def branch(offset: int) -> int:
    return 18 << 26 | offset & 0x03FFFFFC


class FakeGuest:
    """Implements what the stub asks of a target; a branch to itself ends the run, any other word is a failure."""

    def __init__(self, program: Sequence[int], at: int = 0x100) -> None:
        self.memory = bytearray(4096)
        struct.pack_into(f">{len(program)}I", self.memory, at, *program)
        self.registers = dict.fromkeys((*CORE, "pid", "ivor13"), 0)
        self.registers["pc"] = at
        self.breakpoints: set[int] = set()
        self.watchpoints: set[tuple[int, int, WatchKind]] = set()
        self.stepped = 0
        self.passing: int | None = None

    def register_names(self) -> Sequence[str]:
        return tuple(self.registers)

    def read_register(self, name: str) -> int:
        return self.registers[name]

    def write_register(self, name: str, value: int) -> None:
        if name == "pid" and value > 255:
            raise ValueError("pid has eight bits")
        self.registers[name] = value

    def read_memory(self, ea: int, count: int) -> bytes:
        if ea + count > len(self.memory):
            raise ValueError(f"{ea:#x}: nothing is mapped")
        return bytes(self.memory[ea : ea + count])

    def write_memory(self, ea: int, data: bytes) -> None:
        self.read_memory(ea, len(data))
        self.memory[ea : ea + len(data)] = data

    def set_breakpoint(self, ea: int) -> None:
        self.breakpoints.add(ea)

    def clear_breakpoint(self, ea: int) -> None:
        self.breakpoints.discard(ea)

    def set_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        self.watchpoints.add((ea, count, kind))

    def clear_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        self.watchpoints.discard((ea, count, kind))

    def step(self, interrupted: Callable[[], bool] = lambda: False) -> Stop:
        self.stepped += 1
        pc = self.registers["pc"]
        word = int.from_bytes(self.read_memory(pc, 4), "big")
        self.registers["pc"] = pc + 4
        opcode, target, source, value = word >> 26, word >> 21 & 31, word >> 16 & 31, (word & 0x7FFF) - (word & 0x8000)
        base = self.registers[f"r{source}"] if source else 0
        if opcode == 14:
            self.registers[f"r{target}"] = (base + value) % LIMIT
        elif opcode == 36:
            ea = (base + value) % LIMIT
            for start, count, kind in self.watchpoints:
                if kind is not WatchKind.READ and start < ea + 4 and ea < start + count and self.passing != pc:
                    self.registers["pc"] = self.passing = pc
                    return Stop(StopKind.WATCHPOINT, address=start, watch=kind)
            self.passing = None
            self.write_memory(ea, self.registers[f"r{target}"].to_bytes(4, "big"))
        elif opcode == 18:
            offset = (word & 0x01FFFFFC) - (word & 0x02000000)
            if offset == 0:
                return Stop(StopKind.ENDED, text="the guest branches to itself")
            self.registers["pc"] = (pc + offset) % LIMIT
        else:
            self.registers["pc"] = pc
            return Stop(StopKind.FAILED, text=f"no instruction: {word:#010x}")
        return Stop(StopKind.STEP)

    def run(self, interrupted: Callable[[], bool]) -> Stop:
        while True:
            stop = self.step()
            if stop.kind is not StopKind.STEP:
                return stop
            if self.registers["pc"] in self.breakpoints:
                return Stop(StopKind.BREAKPOINT)
            if self.stepped % 64 == 0 and interrupted():
                return Stop(StopKind.INTERRUPT)

    def command(self, line: str) -> str:
        return f"you said {line}\n" if line != "nothing" else ""
