# SPDX-License-Identifier: BSD-3-Clause
"""Why a run came back, and what it tells on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any


class StopReason(IntEnum):
    """Why an engine's `advance` returned."""

    PAUSED = 0
    """The references of this call are consumed."""
    END_OF_WORKLOAD = 1
    LIMIT = 2
    """The cycle limit is reached."""
    ROI_BEGIN = 3
    ROI_END = 4
    WATCHDOG = 5
    TRACE_FULL = 6
    """The debug trace must be drained; the run goes on."""
    BREAKPOINT = 7
    """An executing core is at a breakpoint or watchpoint."""
    FAILED = 8
    """The guest cannot go on; the payload has a `message` and, of an executing core, its `registers`."""
    MARKER = 9
    """The guest marked a place: a window begins or ends."""


class EventKind(Enum):
    """What a run reports to the script."""

    END_OF_WORKLOAD = "end of workload"
    REFERENCE_LIMIT = "reference limit"
    CYCLE_LIMIT = "cycle limit"
    ROI_BEGIN = "region of interest begins"
    ROI_END = "region of interest ends"
    USER_STOP = "stopped by the user"
    WATCHDOG = "watchdog"
    BREAKPOINT = "breakpoint"
    FAILED = "the guest cannot go on"
    MARKER = "marker"

    @property
    def final(self) -> bool:
        """Whether this call of `run` ends with it. After a breakpoint another call goes on."""
        return self not in (EventKind.ROI_BEGIN, EventKind.ROI_END, EventKind.MARKER)


FINAL = {
    StopReason.END_OF_WORKLOAD: EventKind.END_OF_WORKLOAD,
    StopReason.LIMIT: EventKind.CYCLE_LIMIT,
    StopReason.WATCHDOG: EventKind.WATCHDOG,
    StopReason.BREAKPOINT: EventKind.BREAKPOINT,
    StopReason.FAILED: EventKind.FAILED,
}
"""What an engine's reason to stop is to the script, of those that end a run."""
REGION = {StopReason.ROI_BEGIN: EventKind.ROI_BEGIN, StopReason.ROI_END: EventKind.ROI_END}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a cycle (a whole number) and after some references, with details in `payload`."""

    kind: EventKind
    cycle: int
    reference: int
    payload: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        hidden = ("message", "registers", "access", *(("pc",) if "message" in self.payload else ()))
        details = "".join(f", {key}={_shown(key, value)}" for key, value in self.payload.items() if key not in hidden)
        text = f"{self.kind.value} at cycle {self.cycle}, reference {self.reference}{details}"
        if "message" in self.payload:
            text += f"\n{self.payload['message']}"
        registers = self.payload.get("registers")
        return f"{text}\n{register_lines(registers)}" if registers else text


def _shown(key: str, value: object) -> str:
    """Addresses as hexadecimal numbers."""
    return f"{value:#010x}" if key in ("pc", "address") and isinstance(value, int) else str(value)


GENERAL = 38
"""So many registers are always shown: r0 to r31, pc, msr, cr, lr, ctr, xer of a 440; of the others those that hold
something."""


def register_lines(registers: Mapping[str, int]) -> str:
    """Registers of 32 bits as hexadecimal text, six to a line, in their order."""
    shown = [(name, value) for number, (name, value) in enumerate(registers.items()) if value or number < GENERAL]
    cells = [f"{name:<6} {value:08x}" for name, value in shown]
    return "\n".join("  " + "   ".join(cells[row : row + 6]).rstrip() for row in range(0, len(cells), 6))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call of `run` is. Counts are of this simulation, `seconds` of this call.

    `total_references` is None when the workload does not know its length.
    """

    references: int
    cycles: int
    seconds: float
    total_references: int | None
    instructions: int
