# SPDX-License-Identifier: BSD-3-Clause
"""Why a run came back, and what it tells on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any


class StopReason(IntEnum):
    """Why an engine's `advance` returned: the code, which comes with a payload of details."""

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
    """An engine that executes instructions is at a breakpoint or watchpoint."""
    FAILED = 8
    """The guest cannot go on; the payload has a `message`."""
    MARKER = 9
    """The guest marked a place: a window begins or ends."""
    STEP = 10
    """A session that is played at a console has come to a step."""
    UNMET = 11
    """What it waits for did not come; the payload has a `message`."""
    IDLE = 12
    """The guest waits, and somebody outside may end that: the payload has the `cycles` until it wakes by itself, or
    None. The engine's `idle` says how much of that may pass."""


REASONS: Mapping[int, StopReason] = {int(reason): reason for reason in StopReason}


class EventKind(Enum):
    """What a run reports to the script. `final` ones end the call of `run`, and `bad` ones a run that was to go on."""

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
    STEP = "console step"
    UNMET = "the console's script waits in vain"

    @property
    def final(self) -> bool:
        """Whether this call of `run` ends with it. After a breakpoint another call goes on."""
        return self not in (EventKind.ROI_BEGIN, EventKind.ROI_END, EventKind.MARKER, EventKind.STEP)

    @property
    def bad(self) -> bool:
        """Whether the run ended as it was not meant to."""
        return self in (EventKind.WATCHDOG, EventKind.FAILED, EventKind.UNMET)


FINAL = {
    StopReason.END_OF_WORKLOAD: EventKind.END_OF_WORKLOAD,
    StopReason.LIMIT: EventKind.CYCLE_LIMIT,
    StopReason.WATCHDOG: EventKind.WATCHDOG,
    StopReason.BREAKPOINT: EventKind.BREAKPOINT,
    StopReason.FAILED: EventKind.FAILED,
    StopReason.UNMET: EventKind.UNMET,
}
"""What an engine's reason to stop is to the script, of those that end a run."""
REGION = {StopReason.ROI_BEGIN: EventKind.ROI_BEGIN, StopReason.ROI_END: EventKind.ROI_END}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a cycle and after some references, with details in `payload`.

    Attributes:
        kind: what.
        cycle: of the core's clock since time zero, rounded down.
        reference: how many references of the workload were completed.
        payload: depends on the kind: `message` when a guest cannot go on, the `number` of a marker, the place of a
            breakpoint, the step of a console's script.
    """

    kind: EventKind
    cycle: int
    reference: int
    payload: Mapping[str, Any] = field(default_factory=dict)

    words: str | None = field(default=None, compare=False)
    """The details as the object that drives the machine words them; None: `details` of the payload."""

    def __str__(self) -> str:
        words = details(self.payload) if self.words is None else self.words
        return f"{self.kind.value} at cycle {self.cycle}, reference {self.reference}{words}"


class Events(list[Event]):
    """The events of a run. There are no more than `MOST` before the last one, because a guest may mark places for ever;
    `left_out` says how many there would be besides.
    """

    MOST = 100_000

    def __init__(self) -> None:
        super().__init__()
        self.left_out = 0

    def append(self, event: Event) -> None:
        """Keep an event if there is room; a final one is kept always. Others are counted in `left_out`."""
        if len(self) < self.MOST or event.kind.final:
            super().append(event)
        else:
            self.left_out += 1


def details(payload: Mapping[str, object]) -> str:
    """`, key value` of all but the message, which follows on lines of its own."""
    words = "".join(f", {key.replace('_', ' ')} {value}" for key, value in payload.items() if key != "message")
    return f"{words}\n{payload['message']}" if "message" in payload else words


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call of `run` is. Counts are of this simulation, `seconds` of this call.

    Attributes:
        references: consumed since the machine was made.
        cycles: of the core's clock.
        seconds: of this computer's time.
        total_references: how many the workload has; None when it does not know.
        instructions: executed; 0 where the engine counts none.
    """

    references: int
    cycles: int
    seconds: float
    total_references: int | None
    instructions: int
