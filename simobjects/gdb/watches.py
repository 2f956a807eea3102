# SPDX-License-Identifier: BSD-3-Clause
"""Watchpoints as gdb must hear of them: one address at a stop, although one instruction may hit several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .target import Stop, StopKind, WatchKind

_HEARD = {WatchKind.WRITE: ("write",), WatchKind.READ: ("read",), WatchKind.ACCESS: ("read", "write")}


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched range.

    Attributes:
        ea: effective address of the first byte.
        count: bytes, from 1.
        kind: which accesses it waits for.
    """

    ea: int
    count: int
    kind: WatchKind

    def hears(self, ea: int, size: int, kind: str) -> bool:
        """Whether an access (kind: read, write) is one that it waits for."""
        return kind in _HEARD[self.kind] and ea < self.ea + self.count and self.ea < ea + size


class Watches:
    """The watchpoints that are set, and hits that have not been told yet.

    gdb takes a stop's address to find out which watchpoint was hit, lets that instruction pass and compares that one's
    value. What the instruction did to others is told when the guest is to go on: an instruction late, but not lost.
    `read`: the bytes of a range, or None where nothing can be read.
    """

    def __init__(self, read: Callable[[int, int], bytes | None]) -> None:
        self._read = read
        self._set: list[Watch] = []
        self._passing: list[tuple[Watch, bytes | None]] = []
        self._late: list[Watch] = []

    def set(self, watch: Watch) -> None:
        """Begin to watch a range, whose bytes are remembered: a write of the same bytes is no news to gdb."""
        self._set.append(watch)

    def clear(self, watch: Watch) -> None:
        """End that. ValueError when it is not watched."""
        self._set.remove(watch)

    def hit(self, ea: int, size: int, kind: str) -> Stop:
        """The stop before an access that was waited for, at an address that is in as many of the ranges as can be."""
        hits = [watch for watch in self._set if watch.hears(ea, size, kind)]
        address = max((max(ea, watch.ea) for watch in hits), key=lambda at: sum(map(_holding(at), hits)), default=ea)
        told = [watch for watch in hits if _holding(address)(watch)]
        others = [watch for watch in hits if watch not in told]
        self._passing = [(watch, self._read(watch.ea, watch.count)) for watch in others]
        return Stop(StopKind.WATCHPOINT, address=address, watch=told[0].kind if told else WatchKind.ACCESS)

    def passed(self) -> None:
        """The instruction at the stop has been executed. A written range whose bytes are the same has no news."""
        for watch, before in self._passing:
            if watch.kind is not WatchKind.WRITE or self._read(watch.ea, watch.count) != before:
                self._late.append(watch)
        self._passing = []

    def late(self) -> Stop | None:
        """A hit to be told before the guest goes on. While gdb lets an instruction pass, its watchpoints are away."""
        for watch in self._late:
            if watch in self._set:
                self._late.remove(watch)
                return Stop(StopKind.WATCHPOINT, address=watch.ea, watch=watch.kind)
        return None

    def forget(self) -> None:
        """The guest runs: what was not told concerns watchpoints that are no more."""
        self._passing = []
        self._late = []


def _holding(address: int) -> Callable[[Watch], bool]:
    return lambda watch: watch.ea <= address < watch.ea + watch.count
