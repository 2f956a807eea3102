# SPDX-License-Identifier: BSD-3-Clause
"""Exits as they are put together from their moments, each with the real miss that it is a consequence of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from simobjects.cext.kvm.timeline import (
    AT_BEGIN,
    AT_CAUSE,
    AT_COUNT,
    AT_DELIVERED,
    AT_END,
    AT_LOST,
    AT_OPERATION,
    AT_RETURNED,
    AT_SPAN,
)
from simobjects.kvm.names import EXIT_NAMES
from simobjects.ppc440.core import CYCLE_KINDS

Moment = tuple[int, int, int, int, int, int]
"""(time, since, what, a, b, c), as the kernel tells it."""

KVM = CYCLE_KINDS.index("exits")
"""The kind of cycles that is KVM's own."""

SIGNAL = EXIT_NAMES.index("sig")
WAKEUP = EXIT_NAMES.index("halt_wakeup")
_DEEPEST = 64  # interrupts within interrupts that the kernels keep, too


class Origin(NamedTuple):
    """A real miss that others follow from."""

    number: int
    begin: int


class Span(NamedTuple):
    """Time outside the guest: `kind` of cycles, and `whose`: the exit kind of KVM's own time, a task's number."""

    start: int
    end: int
    kind: int
    whose: int


@dataclass(slots=True)
class WatchedExit:
    """One exit, all times in 1/1000 cycle, kinds and the like as numbers (-1: there is none).

    The guest ran from `since` to `begin`, with PID `pid`, in user mode or not. `follows`: the real miss in whose
    handler it happened; `later_of`: the real miss whose handling took away what this virt miss brings back. `shadows`
    and `host`: live entries of the guest and of the host in the replaceable slots at the `end`.
    """

    number: int
    since: int
    begin: int
    pid: int
    user: bool
    follows: Origin | None = None
    later_of: Origin | None = None
    kind: int = -1
    address: int = 0
    pc: int = 0
    operation: int = -1
    cause: int = -1
    guest_entry: int = -1
    spans: list[Span] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)
    wakeups: list[int] = field(default_factory=list)
    end: int = -1
    shadows: int = -1
    host: int = -1

    def own(self, kind: int) -> int:
        """KVM's own time of an exit kind within it."""
        return sum(span.end - span.start for span in self.spans if span.kind == KVM and span.whose == kind)


class ExitReader:
    """Puts moments together; keeps what an exit needs to know of those before it."""

    def __init__(self) -> None:
        self.open: WatchedExit | None = None
        """The exit that has begun and not ended."""
        self._number = 0
        self._handlers: list[Origin | None] = []  # taken by the guest and not returned from; None: of no real miss
        self._lost: dict[tuple[int, int], Origin | None] = {}  # who took a page of a guest entry away

    def read(self, moments: Iterable[Moment]) -> Iterator[WatchedExit]:
        """The exits that end among further moments."""
        for time, since, what, a, b, c in moments:
            if what == AT_BEGIN:
                self._number += 1
                self.open = WatchedExit(self._number, since, time, a, bool(b))
                self.open.follows = self._handlers[-1] if c and self._handlers else None
                continue
            found = self.open
            assert found is not None
            if what == AT_SPAN:
                found.spans.append(Span(since, time, a, b))
            elif what == AT_COUNT:
                _count(found, time, a, b, c)
            elif what == AT_OPERATION:
                found.operation = a
            elif what == AT_DELIVERED:
                self._handlers.append(Origin(found.number, found.begin) if a else None)
                del self._handlers[:-_DEEPEST]
            elif what == AT_RETURNED:
                self._handlers = self._handlers[:-1]
            elif what == AT_LOST:
                self._lost[b, c] = self._handlers[-1] if self._handlers else None
            elif what == AT_CAUSE:
                found.cause, found.guest_entry = a, c
                origin = self._lost.pop((b, c), None)
                found.later_of = origin if since else None
            elif what == AT_END:
                found.end, found.shadows, found.host = time, a, b
                self.open = None
                yield found


def _count(found: WatchedExit, time: int, kind: int, address: int, pc: int) -> None:
    if kind == WAKEUP:
        found.wakeups.append(time)
    elif kind == SIGNAL:
        found.signals.append(time)
    else:
        found.kind, found.address, found.pc = kind, address, pc
