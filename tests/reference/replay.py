# SPDX-License-Identifier: BSD-3-Clause
"""The replay of a recording under KVM (docs/recordings.md), if nothing interrupts its guest: plain and slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from simobjects.isa.arch import ESR, OP, VECTOR
from tests.reference.program_host import DATA_MISS, FETCH_MISS, NOTHING, PROGRAM_EXIT, ProgramHost
from tests.reference.tlb import NOWHERE

Record = tuple[int, int, int, int, int]
LOAD, STORE, FETCH = 0, 1, 2
COUNTED, REFERENCES = 4, 6
CONTEXT, PRIVILEGED, REGISTER, FAULT, DEVICE, TRY, MARK, END = 16, 17, 18, 19, 20, 21, 25, 26
SYSTEM_CALL = VECTOR.SYSCALL


@dataclass
class Instruction:
    """A fetch and what is looked up with it: (page, kind)."""

    page: int
    pieces: list[tuple[int, int]] = field(default_factory=list)


def instructions(records: Sequence[Record]) -> Iterator[Instruction | Record]:
    """The references one instruction after the other; other records as they are."""
    waiting: Instruction | None = None
    for fetch, data, kind, n, m in records:
        if kind >= REFERENCES:
            if waiting:
                yield waiting
            waiting = None
            yield fetch, data, kind, n, m
            continue
        before = 0
        for i in range(max(n, 1)):
            until = (i + 1) * m // n if n else m
            for _ in range(until - before):
                if waiting:
                    yield waiting
                waiting = Instruction(fetch)
            before = until
            if n:
                assert waiting is not None
                waiting.pieces.append((data, kind))
    if waiting:
        yield waiting


class Starved(Exception):
    """The watchdog's end."""


class ReplayTwin:
    """`host` and the core that it has are played; what the core itself counts is here."""

    def __init__(self, host: ProgramHost, watchdog: int) -> None:
        """`watchdog`: exits in a row without an instruction that end the replay."""
        self.host = host
        self.core = host.core
        self.watchdog, self.row, self.row_mark = watchdog, 0, 0
        self.instructions, self.loads, self.stores, self.lookups = 0, 0, 0, 0
        self.missed = [0, 0, 0]
        self.told: dict[str, Any] = {}

    def play(self, records: Sequence[Record]) -> None:
        """To the end, or until the host's entries leave the guest no room to execute an instruction."""
        with suppress(Starved):
            self._play(records)

    def _play(self, records: Sequence[Record]) -> None:
        for step in instructions(records):
            if isinstance(step, Instruction):
                while not self._instruction(step):
                    pass
            elif step[2] == END:
                return
            elif step[2] in (CONTEXT, MARK):
                continue
            else:
                while not self._event(*step):
                    pass

    def _exit(self, kind: int, **fields: Any) -> dict[str, Any]:
        self.row = self.row + 1 if self.instructions == self.row_mark else 1
        self.row_mark = self.instructions
        if self.row > self.watchdog:
            raise Starved
        return self.host.exception(kind, **fields)

    def _boundary(self, pc: int) -> None:
        while self.host.tick_due():
            self.host.interrupt_host(pc)

    def _look(self, reference: int, ea: int, pc: int, insn: int = 0) -> bool:
        """Whether it hits; else the host has had its exit."""
        index = self.core.tlb.find(self.core.space, self.core.pid, ea)
        if index != NOWHERE:
            allowed = {LOAD: 0x08, STORE: 0x10, FETCH: 0x20}[reference]
            assert self.core.tlb.slots[index].w2 & allowed, "only guests that nothing interrupts"
            return True
        self.lookups += 1
        self.missed[reference] += 1
        kind, esr = (FETCH_MISS, 0) if reference == FETCH else (DATA_MISS, ESR.ST if reference == STORE else 0)
        self.told = self._exit(kind, pc=pc, ea=ea, esr=esr, insn=insn, reference=reference)
        return False

    def _complete(self) -> None:
        mode = "guest_user" if self.host.virtual_user else "guest_kernel"
        self.core.charge(mode, self.core.costs.guest_cpi_milli)
        self.instructions += 1
        self.lookups += 1

    def _instruction(self, step: Instruction) -> bool:
        """Whether it is complete; else it is begun anew."""
        pc = step.page << 12
        self._boundary(pc)
        if not self._look(FETCH, pc, pc):
            return False
        for page, kind in step.pieces:
            if not self._look(kind & 1, page << 12, pc):
                return False
        self._complete()
        for _, kind in step.pieces:
            self.loads += kind == LOAD
            self.stores += kind == STORE
            self.lookups += kind < COUNTED
        return True

    def _event(self, pc: int, data: int, kind: int, small: int, value: int) -> bool:
        raised = small & 31
        if kind == FAULT and raised == SYSTEM_CALL:
            self._exit(SYSTEM_CALL, pc=pc)
            return True
        self._boundary(pc)
        if not (kind == FAULT and raised == FETCH_MISS) and not self._look(FETCH, pc, pc):
            return False
        if kind == PRIVILEGED:
            self._complete()
            self._privileged(pc, data, small >> 12, small & 4095, value)
            return True
        if kind == REGISTER:
            self._complete()
            self.core.charge(
                "guest_user" if self.host.virtual_user else "guest_kernel", 1000 * self.core.costs.spr_latency
            )
            return True
        assert kind in (FAULT, DEVICE), f"a record of kind {kind}"
        assert not self._look(small & 1 if kind == DEVICE else small >> 10, data, pc, value)
        if kind == FAULT:
            return bool(self.told["vector"] != NOTHING)
        assert self.told["completed"]
        self._complete()
        self.loads += small & 1 == LOAD
        self.stores += small & 1 == STORE
        self.host.resume_guest(self.told["next_pc"])
        return True

    def _privileged(self, pc: int, insn: int, op: int, operand: int, value: int) -> None:
        self._exit(
            PROGRAM_EXIT, pc=pc, insn=insn, op=op, spr=insn >> 16 & 31 | (insn >> 11 & 31) << 5, word=insn >> 11 & 31,
            slot=operand, value=value, ea=value if op == OP.TLBSX else 0,
        )  # fmt: skip
