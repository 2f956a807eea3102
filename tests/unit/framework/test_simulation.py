# SPDX-License-Identifier: BSD-3-Clause
"""The life of a simulation: build, run, stop, resume, fail."""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from simobjects.framework import (
    EngineError,
    Event,
    EventKind,
    Peers,
    Progress,
    SimObject,
    Simulation,
    StatsError,
    counter,
    param,
)
from simobjects.framework.running import Run
from tests.helpers.commands import environment

from .fakes import Pump, PumpPeer, Tank, machine

ROOT = Path(__file__).parents[3]


def kinds(events: list[Event]) -> list[EventKind]:
    return [event.kind for event in events]


def test_a_run_to_the_end() -> None:
    simulation = Simulation(machine(total=10))
    events = list(simulation.run())
    assert events == [Event(EventKind.END_OF_WORKLOAD, 20, 10, {"drops": 10})]
    assert str(events[0]) == "end of workload at cycle 20, reference 10, drops 10"
    assert simulation.stats["system.tank.drops"] == 10


def test_limits_count_from_each_call_and_runs_resume() -> None:
    simulation = Simulation(machine(total=10))
    assert kinds(list(simulation.run(references=4))) == [EventKind.REFERENCE_LIMIT]
    assert (simulation.reference, simulation.cycle) == (4, 8)
    assert kinds(list(simulation.run(cycles=6))) == [EventKind.CYCLE_LIMIT]
    assert (simulation.reference, simulation.cycle) == (7, 14)
    assert kinds(list(simulation.run(references=0))) == [EventKind.REFERENCE_LIMIT]
    assert kinds(list(simulation.run())) == [EventKind.END_OF_WORKLOAD]
    assert kinds(list(simulation.run())) == [EventKind.END_OF_WORKLOAD]
    assert [event.kind.name for event in simulation.events][:2] == ["REFERENCE_LIMIT", "CYCLE_LIMIT"]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_slice_changes_nothing(size: int) -> None:
    whole, sliced = Simulation(machine(total=50)), Simulation(machine(total=50))
    assert list(whole.run(references=33)) == list(sliced.run(references=33, slice=size))
    assert list(whole.run()) == list(sliced.run(slice=size))
    assert whole.stats.table() == sliced.stats.table()


def test_a_stopped_run_resumes_where_it_was() -> None:
    simulation = Simulation(machine(total=100))
    told: list[Progress] = []

    def progress(state: Progress) -> None:
        told.append(state)
        if state.references == 30:
            simulation.stop()

    events = list(simulation.run(slice=10, progress=progress))
    assert kinds(events) == [EventKind.USER_STOP]
    assert events[0].reference == 30
    assert [state.references for state in told] == [10, 20, 30]
    assert (told[0].total_references, told[0].instructions, told[0].cycles) == (100, 30, 20)
    assert kinds(list(simulation.run())) == [EventKind.END_OF_WORKLOAD]


def test_stop_from_another_thread() -> None:
    simulation = Simulation(machine(total=30_000_000))
    timer = threading.Timer(0.05, simulation.stop)
    timer.start()
    assert kinds(list(simulation.run(slice=1000))) == [EventKind.USER_STOP]
    timer.join()


def test_regions_yield_events_go_on_and_make_windows() -> None:
    system = machine(total=100)
    system.pump.regions = (10, 30, 50, 60)
    simulation = Simulation(system)
    events = list(simulation.run())
    assert kinds(events) == [
        EventKind.ROI_BEGIN,
        EventKind.ROI_END,
        EventKind.ROI_BEGIN,
        EventKind.ROI_END,
        EventKind.END_OF_WORKLOAD,
    ]
    assert events[0].payload == {"mark": 10}
    windows = {window.label: window for window in simulation.stats.windows()}
    assert list(windows) == ["total", "roi", "roi.2"]
    assert windows["roi"]["system.tank.drops"] == 20
    assert windows["roi.2"]["system.tank.drops"] == 10
    assert (windows["roi"].cycles, windows["roi"].references) == (40, 20)
    assert list(simulation.stats.snapshots) == ["roi_begin", "roi_end", "roi_begin.2", "roi_end.2"]


def test_a_limit_inside_a_region_counts_from_the_call() -> None:
    system = machine(total=100)
    system.pump.regions = (10,)
    simulation = Simulation(system)
    assert kinds(list(simulation.run(references=20))) == [EventKind.ROI_BEGIN, EventKind.REFERENCE_LIMIT]
    assert simulation.reference == 20


def test_any_number_of_simulations_in_one_process() -> None:
    simulations = [Simulation(machine(total=number)) for number in range(1, 6)]
    runs = [simulation.run(references=1) for simulation in simulations]
    for run in runs:
        next(run)
    assert [simulation.reference for simulation in simulations] == [1] * 5


def test_two_simulations_of_one_machine_share_nothing_that_runs() -> None:
    system = machine(total=10)
    one, other = Simulation(system), Simulation(system)
    list(one.run())
    assert (one.reference, other.reference) == (10, 0)
    assert one.run_name == other.run_name


def test_a_machine_that_runs_is_not_run_from_within() -> None:
    simulation = Simulation(machine(total=10))
    with pytest.raises(EngineError, match="running already"):
        list(simulation.run(slice=5, progress=lambda state: simulation.run_all()))
    assert (simulation.reference, kinds(list(simulation.run()))) == (5, [EventKind.END_OF_WORKLOAD])


def test_a_run_left_half_way_does_not_keep_another_from_running() -> None:
    """Also while somebody holds it, as the traceback of a notebook does; and it may go on itself."""
    system = machine(total=40)
    system.pump.regions = (5,)
    simulation = Simulation(system)
    held = simulation.run(references=30)
    assert next(held).kind is EventKind.ROI_BEGIN
    assert simulation.run_all(references=10).reference == 15
    assert [(event.kind, event.reference) for event in held] == [(EventKind.REFERENCE_LIMIT, 30)]
    for _ in simulation.run():
        break
    assert kinds(list(simulation.run())) == [EventKind.END_OF_WORKLOAD]


def test_a_run_without_a_loop() -> None:
    system = machine(total=100)
    system.pump.regions = (10, 30)
    simulation = Simulation(system)
    assert simulation.run_all(references=20) == Event(EventKind.REFERENCE_LIMIT, 40, 20)
    told: list[Progress] = []
    assert simulation.run_all(cycles=100, slice=10, progress=told.append).kind is EventKind.CYCLE_LIMIT
    assert simulation.run_all() == Event(EventKind.END_OF_WORKLOAD, 200, 100, {"drops": 100})
    assert kinds(simulation.events) == [
        EventKind.ROI_BEGIN,
        EventKind.REFERENCE_LIMIT,
        EventKind.ROI_END,
        EventKind.CYCLE_LIMIT,
        EventKind.END_OF_WORKLOAD,
    ]
    assert told[-1].references == 70


@pytest.mark.parametrize(
    ("call", "fix"),
    [
        (lambda simulation: simulation.run(references=1000), "simulation.run_all"),
        (lambda simulation: simulation.run_to(1000), "for event in simulation.run_to"),
    ],
)
def test_a_run_that_nothing_is_asked_of_says_so(call: Callable[[Simulation], Run], fix: str) -> None:
    simulation = Simulation(machine(total=10))
    with pytest.warns(UserWarning, match=f"ran nothing, because nothing asked for its events; write .*{fix}") as told:
        call(simulation)
    assert told[0].filename == __file__
    assert told[0].lineno == call.__code__.co_firstlineno
    assert simulation.reference == 0


def test_a_run_that_nothing_is_asked_of_says_so_at_the_end_of_the_script(tmp_path: Path) -> None:
    script = tmp_path / "held.py"
    script.write_text(
        "from simobjects import Simulation\n"
        "from tests.unit.framework.fakes import machine\n"
        "events = Simulation(machine(total=10)).run()\n"
    )
    ended = subprocess.run([sys.executable, script], cwd=ROOT, env=environment(),
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert f"{script}:3: UserWarning: run(...) ran nothing" in ended.stderr


@pytest.mark.filterwarnings("error")
def test_a_run_that_is_looked_at_or_closed_says_nothing() -> None:
    simulation = Simulation(machine(total=10))
    run = simulation.run(references=1)
    assert repr(run).startswith("<run(...) ran nothing, because nothing asked for its events; write 'for event in")
    next(run)
    assert repr(run) == "<the events of a run>"
    simulation.run().close()
    simulation.run_all()
    gc.collect()


@pytest.mark.parametrize("arguments", [{"references": -1}, {"cycles": -1}, {"slice": 0}])
@pytest.mark.filterwarnings("error")
def test_impossible_limits_are_refused_at_the_call(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected a number of at least"):
        Simulation(machine()).run(**arguments)
    with pytest.raises(ValueError, match=r"run_to\(-1\): expected a number of at least 0"):
        Simulation(machine()).run_to(-1)


def test_begin_is_called_once() -> None:
    simulation = Simulation(machine(total=10))
    list(simulation.run(references=2))
    list(simulation.run())
    assert simulation.peers[simulation.system.pump].begun == 1


class Broken(SimObject):
    """Fails where it is told to."""

    where: str = param("peer", "peer or wire")

    def make_peer(self) -> object:
        if self.where == "peer":
            raise MemoryError("no room")
        return object()

    def wire(self, peers: Peers) -> None:
        raise RuntimeError("loose end")


@pytest.mark.parametrize(("where", "error"), [("peer", MemoryError), ("wire", RuntimeError)])
def test_nothing_half_built_is_left_after_a_failure(where: str, error: type[Exception]) -> None:
    made: list[weakref.ref[Any]] = []

    class Watched(Pump):
        def make_peer(self) -> PumpPeer:
            peer = super().make_peer()
            made.append(weakref.ref(peer))
            return peer

    system = machine()
    system.pump = Watched()
    system.pump.outlet = system.tank.inlet
    system.wrecked = Broken(where=where)
    with pytest.raises(error) as caught:
        Simulation(system)
    assert caught.value.__notes__[0].endswith("system.wrecked (Broken)")
    caught = None  # type: ignore[assignment]
    assert len(made) == 1
    assert made[0]() is None
    system.wrecked = None
    assert kinds(list(Simulation(system).run())) == [EventKind.END_OF_WORKLOAD]


class Liar(Tank):
    """Says that its peer has a count which it has not."""

    missing = counter("not given by the peer", unit="drop")


class Sparse(Tank):
    """Does not declare a count that its peer gives."""

    milli: ClassVar[None] = None  # type: ignore[misc, assignment]


@pytest.mark.parametrize(
    ("tank", "text"),
    [
        (Liar, "system.tank declares 'missing' but its peer does not give it"),
        (Sparse, "the peer of system.tank gives 'milli', which is not declared"),
    ],
)
def test_counts_must_be_the_declared_ones(tank: type[Tank], text: str) -> None:
    system = machine()
    system.tank = tank()
    system.pump.outlet = system.tank.inlet
    with pytest.raises(StatsError, match=text):
        Simulation(system)
    assert not system._node.frozen


class Stuck(PumpPeer):
    code = 0

    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]:
        return self.code, {}


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "the engine paused at cycle 0 without consuming a reference"), (99, "unknown reason to stop: 99")],
)
def test_an_engine_that_breaks_the_agreement(code: int, text: str) -> None:
    class StuckPump(Pump):
        def make_peer(self) -> PumpPeer:
            peer = Stuck(1, ())
            peer.code = code
            return peer

    system = machine()
    system.pump = StuckPump()
    system.pump.outlet = system.tank.inlet
    with pytest.raises(EngineError, match=text):
        list(Simulation(system).run())


def test_a_watchdog_ends_the_run() -> None:
    class Dog(Pump):
        def make_peer(self) -> PumpPeer:
            peer = Stuck(1, ())
            peer.code = 5
            return peer

    system = machine()
    system.pump = Dog()
    system.pump.outlet = system.tank.inlet
    assert kinds(list(Simulation(system).run())) == [EventKind.WATCHDOG]


def test_an_engine_without_a_peer() -> None:
    class Idle(Pump):
        def make_peer(self) -> Any:
            return None

        def wire(self, peers: Peers) -> None:
            assert self not in peers
            assert peers.get(self) is None

    system = machine()
    system.pump = Idle()
    system.pump.outlet = system.tank.inlet
    with pytest.raises(EngineError, match=r"system\.pump is the engine of this machine but made no peer"):
        Simulation(system)


def test_a_peer_that_does_not_exist() -> None:
    simulation = Simulation(machine())
    with pytest.raises(LookupError, match=r"system \(System\) has no peer"):
        _ = simulation.peers[simulation.system]


def test_a_run_directory_holds_everything_and_the_same_bytes(tmp_path: Path) -> None:
    places = []
    for name in ("one", "other"):
        system = machine(total=100)
        system.pump.regions = (10, 30)
        simulation = Simulation(system)
        list(simulation.run(slice=7 if name == "one" else 1000))
        places.append(simulation.run_directory(tmp_path / name, "label"))
    assert places[0].name == f"{simulation.run_name}-label"
    names = sorted(path.name for path in places[0].iterdir())
    assert names == "citations.bib config.json events.jsonl graph.svg stats.csv stats.json stats.txt".split()
    for name in names:
        assert (places[0] / name).read_bytes() == (places[1] / name).read_bytes()
    events = [json.loads(line) for line in (places[0] / "events.jsonl").read_text().splitlines()]
    assert events[0] == {"kind": "ROI_BEGIN", "cycle": 20, "reference": 10, "payload": {"mark": 10}}


def test_notes_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Chatty(SimObject):
        def elaborate(self) -> None:
            self.note("hello")
            self.note("hello")

    system = machine()
    system.chatty = Chatty()
    with caplog.at_level(logging.WARNING, "simobjects"):
        assert Simulation(system).notes == ("system.chatty: hello",)
        Simulation(system)
    assert caplog.messages == ["system.chatty: hello"]


@pytest.mark.parametrize(("given", "references"), [("1k", 1000), ("1_000", 1000), (1000, 1000), ("0.5k", 500)])
def test_counts_may_be_text(given: str | int, references: int) -> None:
    simulation = Simulation(machine())
    assert simulation.run_all(references=given).reference == references


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("much", ValueError, r"run\(references='much': expected a whole number, such as 5_000_000 or '5M'"),
        ("0.5", ValueError, r"run\(references='0.5': expected a whole number"),
        (-1, ValueError, r"run\(references=-1: expected a number of at least 0"),
        (1.5, TypeError, r"run\(references=1.5: expected a whole number"),
        (True, TypeError, r"run\(references=True: expected a whole number"),
    ],
)
def test_what_is_no_count_is_refused(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Simulation(machine()).run(references=given)


def test_a_simulation_and_its_statistics_print_readably() -> None:
    simulation = Simulation(machine())
    simulation.run_all(references=100)
    assert str(simulation.stats) == simulation.stats.table()
    assert repr(simulation.stats).startswith("<statistics of ")
    assert repr(simulation) == f"<Simulation {simulation.run_name}: cycle {simulation.cycle}, reference 100>"
