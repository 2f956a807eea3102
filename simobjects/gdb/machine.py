# SPDX-License-Identifier: BSD-3-Clause
"""A simulation whose core executes a program, as the stub sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simobjects.framework import Event, EventKind, Progress, SimObjectsError, Simulation
from simobjects.framework.roles import Debugged

from .target import Stop, StopKind, WatchKind
from .watches import Watch, Watches

SLICE = 300_000
"""References between two looks at the connection."""
_CORE_KINDS = {WatchKind.WRITE: "write", WatchKind.READ: "read", WatchKind.ACCESS: "access"}
_STOPS = {
    EventKind.USER_STOP: StopKind.INTERRUPT,
    EventKind.FAILED: StopKind.FAILED,
    EventKind.WATCHDOG: StopKind.FAILED,
    EventKind.UNMET: StopKind.FAILED,
}


class NotDebuggable(SimObjectsError):
    """A machine without a program: a reference stream has no registers."""


class SimulatedGuest:
    """The target of a debugging session: `Target`, carried out by the running core.

    Args:
        simulation: a machine whose engine executes a program; it stands still between two commands of gdb.

    Raises:
        NotDebuggable: its engine has no registers.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        engine = simulation.engine
        if not isinstance(engine, Debugged):
            raise NotDebuggable(
                "needs a core that executes a program, and this one is fed with references",
                where="--gdb",
                fix="try configs/examples/bare_metal.py",
            )
        self._core = engine
        self._watches = Watches(self._bytes)

    def register_names(self) -> Sequence[str]:
        return self._core.register_names()

    def read_register(self, name: str) -> int:
        return int(self._core.read_register(name))

    def write_register(self, name: str, value: int) -> None:
        self._core.write_register(name, value)

    def read_memory(self, ea: int, count: int) -> bytes:
        return self._core.read_memory(ea, count)

    def write_memory(self, ea: int, data: bytes) -> None:
        self._core.write_memory(ea, data)

    def set_breakpoint(self, ea: int) -> None:
        self._core.set_breakpoint(ea)

    def clear_breakpoint(self, ea: int) -> None:
        self._core.clear_breakpoint(ea)

    def set_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        self._core.set_watchpoint(ea, count, _CORE_KINDS[kind], before=True)
        self._watches.set(Watch(ea, count, kind))

    def clear_watchpoint(self, ea: int, count: int, kind: WatchKind) -> None:
        self._core.clear_watchpoint(ea, count, _CORE_KINDS[kind], before=True)
        self._watches.clear(Watch(ea, count, kind))

    def _bytes(self, ea: int, count: int) -> bytes | None:
        try:
            return self.read_memory(ea, count)
        except ValueError:
            return None

    def step(self, interrupted: Callable[[], bool] = lambda: False) -> Stop:
        if late := self._watches.late():
            return late
        event = self._simulation.step(progress=self._looking(interrupted))
        if event is not None and event.kind.final:
            return self._stop(event)
        self._watches.passed()
        return Stop(StopKind.STEP)

    def run(self, interrupted: Callable[[], bool]) -> Stop:
        if late := self._watches.late():
            return late
        self._watches.forget()
        last: Event | None = None
        for event in self._simulation.run(slice=SLICE, progress=self._looking(interrupted)):
            last = event
        assert last is not None
        return self._stop(last)

    def _looking(self, interrupted: Callable[[], bool]) -> Callable[[Progress], None]:
        def look(_: Progress) -> None:
            if interrupted():
                self._simulation.stop()

        return look

    def _stop(self, event: Event) -> Stop:
        if event.kind is EventKind.BREAKPOINT:
            if not event.payload.get("watch"):
                return Stop(StopKind.BREAKPOINT)
            return self._watches.hit(*event.payload["access"])
        text = str(event.payload.get("message", "")) or str(event)
        if event.kind is EventKind.USER_STOP:
            text = ""
        return Stop(_STOPS.get(event.kind, StopKind.ENDED), text=text)

    def command(self, line: str) -> str:
        """`monitor stats [PATH]`: the statistics so far; `monitor where`: cycle, reference, instruction."""
        word, _, rest = line.partition(" ")
        if word == "stats":
            return self._simulation.stats.table(rest.strip())
        if word == "where":
            return (
                f"cycle {self._simulation.cycle}, reference {self._simulation.reference}, "
                f"instruction {self._core.instructions()}\n"
            )
        return "monitor stats [PATH]: statistics so far\nmonitor where: cycle, reference and instruction\n"
