# SPDX-License-Identifier: BSD-3-Clause
"""Events of an executing core: marker windows, breakpoints that a further call goes on from, a guest that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from simobjects.framework import Event, EventKind, SimObject, Simulation, StopReason, System
from simobjects.ppc440.event_text import event_text
from simobjects.stats import counter

Script = dict[int, tuple[int, dict[str, Any]]]


class ScriptedPeer:
    """Comes back with what the script says at each count of steps; 10 cycles a step."""

    def __init__(self, script: Script) -> None:
        self.script, self.done = script, 0

    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]:
        for _ in range(references):
            self.done += 1
            if self.done in self.script:
                return self.script[self.done]
        return StopReason.PAUSED, {}

    def now(self) -> int:
        return self.done * 10

    def references(self) -> int:
        return self.done

    def read_stats(self) -> dict[str, int]:
        return {"steps": self.done}


class Scripted(SimObject):
    """An engine whose events are given."""

    is_engine: ClassVar[bool] = True
    script: ClassVar[Script] = {}
    steps = counter("steps", unit="step")

    def make_peer(self) -> ScriptedPeer:
        return ScriptedPeer(type(self).script)


def simulation(given: Script) -> Simulation:
    class Engine(Scripted):
        """With this test's script."""

        script: ClassVar[Script] = given

    system = System()
    system.core = Engine()
    return Simulation(system)


def test_marker_windows_are_windows_of_the_statistics() -> None:
    begin, end = {"window": "begin"}, {"window": "end"}
    script: Script = {
        5: (StopReason.MARKER, begin),
        12: (StopReason.MARKER, end),
        20: (StopReason.MARKER, begin),
        21: (StopReason.MARKER, end),
        30: (StopReason.END_OF_WORKLOAD, {"reason": "marker"}),
    }
    sim = simulation(script)
    events = list(sim.run())
    assert [(event.kind, event.reference) for event in events] == [
        (EventKind.MARKER, 5),
        (EventKind.MARKER, 12),
        (EventKind.MARKER, 20),
        (EventKind.MARKER, 21),
        (EventKind.END_OF_WORKLOAD, 30),
    ]
    assert str(events[-1]) == "end of workload at cycle 300, reference 30, reason marker"
    windows = {window.label: window for window in sim.stats.windows()}
    assert list(windows) == ["total", "marker", "marker.2"]
    assert (windows["marker"]["system.core.steps"], windows["marker"].cycles) == (7, 70)
    assert windows["marker.2"]["system.core.steps"] == 1


def test_a_marker_that_is_no_window_is_an_event_only() -> None:
    sim = simulation({3: (StopReason.MARKER, {"refused": "begin inside a window"}), 4: (1, {})})
    first, last = sim.run()
    assert str(first) == "marker at cycle 30, reference 3, refused begin inside a window"
    assert not last.payload and not sim.stats.snapshots


def test_a_breakpoint_ends_the_call_and_the_next_one_goes_on() -> None:
    sim = simulation({7: (StopReason.BREAKPOINT, {"pc": 0x100}), 9: (1, {})})
    assert [(event.kind, event.reference) for event in sim.run()] == [(EventKind.BREAKPOINT, 7)]
    assert [(event.kind, event.reference) for event in sim.run()] == [(EventKind.END_OF_WORKLOAD, 9)]


class Worded(Scripted):
    """Words its events itself."""

    script: ClassVar[Script] = {2: (StopReason.FAILED, {"message": "it leaks", "drops": 6})}

    def event_text(self, payload: Mapping[str, Any]) -> str:
        return f": {payload['message']} ({payload['drops']:#x})"


def test_the_object_that_drives_the_machine_words_its_events() -> None:
    (event,) = Simulation(System(core=Worded())).run()
    assert str(event) == "the guest cannot go on at cycle 20, reference 2: it leaks (0x6)"
    (event,) = simulation(Worded.script).run()
    assert event.kind is EventKind.FAILED
    assert str(event) == "the guest cannot go on at cycle 20, reference 2, drops 6\nit leaks"


def test_a_failed_guest_is_reported_with_its_registers() -> None:
    registers = {f"r{number}": number for number in range(7)} | {"pc": 0xC0001234}
    assert event_text({"message": "unknown opcode", "vector": 6, "registers": registers, "pc": 16}) == (
        ", vector 6\n"
        "unknown opcode\n"
        "  r0     00000000   r1     00000001   r2     00000002   r3     00000003   r4     00000004   r5     00000005\n"
        "  r6     00000006   pc     c0001234"
    )


def test_an_event_without_registers_is_one_line() -> None:
    assert "\n" not in str(Event(EventKind.MARKER, 1, 2, {"window": "begin"}))
