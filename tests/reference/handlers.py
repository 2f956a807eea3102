# SPDX-License-Identifier: BSD-3-Clause
"""What the handlers of every guest kernel have in common: where their code and data lie, and what a step looks like."""

from __future__ import annotations

from dataclasses import dataclass

HANDLER_CODE = 0xC0000000
ENTRY_CODE = 0xC0001000
INTERRUPT_CODE = 0xC000A000
SCHEDULER_CODE = 0xC0030000
INDEX_VARIABLE = 0xC0300000
RUN_QUEUE = 0xC0302000
THREAD_BASE = 0xC0400000
STACK_BASE = 0xC0600000
DEVICE_EA = 0xD1000000
USER_BUFFER = 0xBFFF0000

Step = tuple[str | int, ...]
"""A step of a handler: its name, then what it needs."""


def thread(process: int) -> int:
    """Address of a process's thread struct."""
    return THREAD_BASE + process * 0x2000


def stack(process: int) -> int:
    """Address of a process's kernel stack."""
    return STACK_BASE + process * 0x2000


@dataclass(frozen=True)
class Refill:
    """A miss to be serviced: what kind, and what to write where."""

    fetch: bool
    kernel: bool
    process: int
    pgd: int
    pte: int
    slot: int
    wraps: bool
    words: tuple[int, int, int]

    @property
    def where(self) -> str:
        """The register with the missing address."""
        return "SRR0" if self.fetch else "DEAR"
