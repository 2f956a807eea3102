# SPDX-License-Identifier: BSD-3-Clause
"""A trace of instructions, one line each, made to be compared with `diff`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.isa.arch import VECTOR_NAMES
from simobjects.isa.disassemble import disassemble

Line = Callable[[str], object]
HEAD = "# number pc word instruction ; registers that it changed  (lines with !: exceptions)"
SYSTEM_CALL = 8
PARTS = {"so": "xer", "ov": "xer", "ca": "xer", "string_bytes": "xer", "cr": "cr"}
"""Fields that are parts of a register."""
HIDDEN = ("pc", "zero", "reservation", "tb_offset", "dec_zero", "ticks_seen")
"""Fields that no instruction shows, or every one."""
FROM_1 = ("iac", "dac", "dvc")
VICTIMS = [f"{kind}{number}" for kind in ("inv", "itv", "dnv", "dtv") for number in range(4)]


class InstructionTracer:
    """Steps a core through the instructions `first` to `last` (None: all that follow) and writes a line for each.

    Instructions are numbered from 1 in the order in which they complete. A line has the number, pc, word and
    disassembly, and every register that has another value than before, with that value. An exception has a line of its
    own with the pc that it interrupted, before the first instruction of the handler, which shows what entering it
    changed; that of a system call follows the instruction.
    """

    def __init__(self, core: ExecutingCore, first: int, last: int | None, write: Line) -> None:
        self.core, self.first, self.last, self.write = core, first, last, write
        self.fields = [field for field in core.layout() if field[0] not in HIDDEN]
        self.before = b""
        write(HEAD)

    @property
    def distance(self) -> int | None:
        """Instructions to go to the first one that is traced: 0 while tracing, None after the last."""
        number = self.core.instructions() + 1
        if self.last is not None and number > self.last:
            return None
        return max(0, self.first - number)

    def step(self, cycle_limit: int) -> tuple[int, Mapping[str, Any]]:
        """One instruction, if it begins before the limit; (reason, payload) as `advance` gives them."""
        before = self.core.state_bytes()
        reason, payload, place, log = self.core.traced_step(cycle_limit)
        last = log.pop() if place and log and log[-1][0] == SYSTEM_CALL else None
        for vector, pc, exit in log:
            self._exception(vector, pc, exit)
        if place is not None:
            pc, word = place
            text = f"{self.core.instructions()} {pc:08x} {word:08x} {disassemble(word, pc)}"
            changed = " ".join(self._changes(before, self.core.state_bytes()))
            self.write(f"{text} ; {changed}" if changed else text)
        if last is not None:
            self._exception(*last)
        return reason, payload

    def _exception(self, vector: int, pc: int, exit: bool) -> None:
        self.write(f"! {pc:08x} {VECTOR_NAMES[vector]}{' exit' if exit else ''}")

    def _changes(self, before: bytes, after: bytes) -> Iterator[str]:
        told = set()
        for name, offset, size, count in self.fields:
            end = offset + size * count
            if before[offset:end] == after[offset:end]:
                continue
            old, new = (struct.unpack_from(f"={count}I", state, offset) for state in (before, after))
            for number, value in enumerate(new):
                register = PARTS.get(name) or register_name(name, number, count)
                if value != old[number] and register not in told:
                    told.add(register)
                    shown = self.core.read_register(register) if name in PARTS else value
                    yield f"{register}={shown:08x}"


def register_name(field: str, number: int, count: int) -> str:
    """The register that a value of a field of the core's state is.

    Args:
        field: as the core's layout names it.
        number: of the value in the field.
        count: values that the field has.
    """
    if field == "victim":
        return VICTIMS[number]
    if count == 1:
        return field
    return f"{'r' if field == 'gpr' else field}{number + 1 if field in FROM_1 else number}"
