# SPDX-License-Identifier: BSD-3-Clause
"""What the stub needs of a machine whose guest it debugs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class StopKind(Enum):
    """Why the guest stands still."""

    STEP = "a step is done"
    BREAKPOINT = "a breakpoint"
    WATCHPOINT = "a watchpoint"
    INTERRUPT = "interrupted from outside"
    ENDED = "the run has ended"
    FAILED = "the guest cannot go on"


class WatchKind(Enum):
    """Which accesses a watchpoint stops at."""

    WRITE = "watch"
    READ = "rwatch"
    ACCESS = "awatch"


@dataclass(frozen=True, slots=True)
class Stop:
    """The guest stands still.

    Attributes:
        kind: why.
        address: of a watchpoint, the effective address of the data; else 0.
        watch: of a watchpoint, which kind it is.
        text: what a person should read about it; empty: nothing.
    """

    kind: StopKind
    address: int = 0
    watch: WatchKind = WatchKind.WRITE
    text: str = ""


class Target(Protocol):
    """A guest that can be looked into, changed and let run.

    Registers are named as in the manual, in lower case; values are unsigned and at most 32 bits wide. Addresses are
    effective ones, translated as the guest's present context translates; no look-up is counted.
    """

    def register_names(self) -> Sequence[str]:
        """r0 to r31, pc, msr, cr, lr, ctr, xer, then the special purpose registers."""
        ...

    def read_register(self, name: str) -> int:
        """The value of a register: 32 bits, whatever its name. ValueError when there is none of that name."""
        ...

    def write_register(self, name: str, value: int) -> None:
        """Set a register; ValueError when it cannot be written."""
        ...

    def read_memory(self, ea: int, count: int) -> bytes:
        """Bytes from `ea` on; ValueError where nothing is mapped."""
        ...

    def write_memory(self, ea: int, data: bytes) -> None:
        """Write bytes; ValueError where nothing is mapped."""
        ...

    def set_breakpoint(self, ea: int) -> None:
        """Stop before the instruction at `ea` is executed."""
        ...

    def clear_breakpoint(self, ea: int) -> None:
        """Do not stop there any more."""
        ...

    def set_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        """Stop before an access to one of `count` bytes from `ea` on; the next step or run lets that access pass.

        Args:
            ea: effective address of the first byte.
            count: bytes, from 1.
            kind: which accesses.

        Raises:
            ValueError: there are more than 64, or it is longer than 4096 bytes.
        """
        ...

    def clear_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        """Do not stop there any more."""
        ...

    def step(self, interrupted: Callable[[], bool]) -> Stop:
        """Execute one instruction, also one at which a breakpoint is set.

        Args:
            interrupted: as in `run`, should the instruction wait for an interrupt.

        Returns:
            STEP, or why the guest cannot go on.
        """
        ...

    def run(self, interrupted: Callable[[], bool]) -> Stop:
        """Run until something stops the guest.

        Args:
            interrupted: asked now and then whether a person wants it to stand still.

        Returns:
            Why it stands still; of a watchpoint also the address.
        """
        ...

    def command(self, line: str) -> str:
        """Carry out a `monitor` command of the machine's own; the text to show."""
        ...
