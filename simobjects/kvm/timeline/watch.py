# SPDX-License-Identifier: BSD-3-Clause
"""Watches the exits of a running simulation for whoever wants to know of them."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Protocol

from simobjects.base.errors import SimObjectsError
from simobjects.cext.kvm.timeline import Timeline
from simobjects.framework import Simulation
from simobjects.framework.tree import walk
from simobjects.kvm.host import HostKernel

from .exits import ExitReader, WatchedExit

Place = Callable[[int], str]


class Left(NamedTuple):
    """How things stand at the end: the exit that has not ended, or else the guest's last stretch; in 1/1000 cycle.

    `since`: when the guest went on last, -1 when it is out.
    """

    exit: WatchedExit | None
    since: int
    now: int
    user: bool
    pid: int


class Sink(Protocol):
    """Is told of exits."""

    def exit(self, found: WatchedExit) -> bool:
        """One more exit; False when it wants no more."""

    def left(self, left: Left) -> None:
        """The end, unless it wanted no more."""


class _Wants(NamedTuple):
    sink: Sink
    start: int
    stop: int | None

    def holds(self, begin: int) -> bool:
        """Whether it is told of an exit that begins then."""
        return self.start * 1000 <= begin and (self.stop is None or begin < self.stop * 1000)


class ExitWatch:
    """A context in which exits are watched: `add` says for whom, before it. What is counted does not change.

    Args:
        simulation: of a machine with KVM.

    Raises:
        SimObjectsError: a machine without KVM.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.host = watched_host(simulation)
        self._simulation = simulation
        self._peer = simulation.peers[self.host]
        self._watch: Timeline = self._peer.timeline()
        self._reader = ExitReader()
        self._wants: list[_Wants] = []

    def add(self, sink: Sink, start: int = 0, stop: int | None = None) -> None:
        """Tell `sink` of the exits that begin in some cycles.

        Args:
            sink: told of each in order, and once of the end.
            start: the first cycle.
            stop: the first that no longer counts; None: to the end.
        """
        self._wants.append(_Wants(sink, start, stop))

    def __enter__(self) -> ExitWatch:
        if self._wants:
            stops = [-1 if wants.stop is None else wants.stop * 1000 for wants in self._wants]
            self._watch.watch(min(wants.start for wants in self._wants) * 1000, -1 if -1 in stops else max(stops))
            self._simulation.watchers.append(self._drain)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._drain in self._simulation.watchers:
            self._drain()
            self._end()

    def _drain(self) -> None:
        """Tell of what has happened since the last call."""
        moments, lost = self._watch.drain()
        if lost:
            raise SimObjectsError(f"{self.host.path}: {lost} moments of one exit had no room", fix="report this")
        for found in self._reader.read(moments):
            over = [wants for wants in self._wants if wants.holds(found.begin) and not wants.sink.exit(found)]
            self._wants = [wants for wants in self._wants if wants not in over] if over else self._wants
        if not self._wants:
            self._leave()

    def _end(self) -> None:
        since, now = self._leave()
        vcpu = self._peer.vcpu()
        begun = self._reader.open
        for wants in self._wants:
            known = begun if begun is not None and begun.kind >= 0 and wants.holds(begun.begin) else None
            wants.sink.left(Left(known, since, now, bool(vcpu["user"]), vcpu["pid"]))

    def _leave(self) -> tuple[int, int]:
        if self._drain in self._simulation.watchers:
            self._simulation.watchers.remove(self._drain)
        return self._watch.leave()


def function_of(host: HostKernel) -> Place | None:
    """What names the guest's function at a pc, "" where there is none; None of a guest that is no program."""
    program = host.core.program
    if program is None:
        return None
    symbols = program.symbols()

    def function(pc: int) -> str:
        found = symbols.at(pc)
        return found.name if found else ""

    return function


def has_exits(simulation: Simulation) -> bool:
    """Whether a host takes the core's exceptions."""
    return _host(simulation) is not None


def watched_host(simulation: Simulation) -> HostKernel:
    """The host that takes the core's exceptions. SimObjectsError when there is none."""
    found = _host(simulation)
    if found is not None:
        return found
    raise SimObjectsError(
        "this machine has no KVM, so there are no exits to show", fix="connect core.exceptions to a HostKernel's exits"
    )


def _host(simulation: Simulation) -> HostKernel | None:
    hosts = (found for found in walk(simulation.system) if isinstance(found, HostKernel))
    return next((host for host in hosts if host.core.virtualized()), None)
