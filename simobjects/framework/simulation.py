# SPDX-License-Identifier: BSD-3-Clause
"""Simulation: a machine that is built and runs.

The only way from a description to a run. It validates, freezes, builds the running halves, advances the engine in
slices, and turns what comes back into events; windows, checkpoints and files of a run are asked of it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from simobjects.base.units import count

from ..stats.tree import StatsTree
from . import checkpoint
from .build import answered, engine_of, make_peers, refusing, sources
from .config import identity_dump, identity_hash
from .debug import DebugTrace, Sink
from .events import FINAL, REASONS, REGION, Event, EventKind, Events, StopReason
from .node import Part
from .outlets import Outlets
from .pacing import Pacer
from .peers import Peers
from .problems import EngineError, naming
from .roles import Begins, InstructionTracer, PassesOver, RunsPrograms, Steps
from .rundir import write_run
from .running import Alone, Report, Run, teller
from .tree import walk
from .validate import engines, settle, thaw
from .windows import RunWindows

_STEPS = 64  # instructions that are executed one at a time at the end of `run_to`


class Simulation:
    """One run of a machine.

    Making it validates the machine (ConfigError reports every problem), freezes it and builds its running
    half. Any number of simulations may live in one process, also of one machine: each has its own peers.
    Only one call of `run`, `run_to` or `step` at a time: another thread's gets an EngineError.

    Args:
        system: the root of the machine, a System. Its parameters cannot be changed from then on.

    Attributes:
        system: the machine.
        peers: the running halves, by object: `sim.peers[system.tlb]`.
        config_hash: SHA-256 in hex of all that decides the results; 64 characters.
        run_name: its first 12 characters, the name of a run directory.
        identity: the plain data that the hash covers.
        stats: every statistic of the machine, a StatsTree.
        events: what has happened, oldest first; at most `Events.MOST` before the last one.
        notes: what elaboration has to say to the user, as `path: text`.
        outlets: the consoles that lead out of the machine.

    Raises:
        ConfigError: the machine is wrong; it has every problem with place, expectation and fix.
        EngineError: no object drives the machine, or its peer lacks a method of an engine.
    """

    def __init__(self, system: Part) -> None:
        froze_it = settle(system)
        self.system: Any = system  # a machine has children under any name
        try:
            made = make_peers(system)
            self.peers = Peers(made)
            self._driver = engines(system)[0]
            self._engine = engine_of(self._driver, made)
            # Once, before anything runs: what the hooks of a scheme write into globals must not rename the run.
            self.identity = identity_dump(system)
            self.config_hash = identity_hash(self.identity)
            self.run_name = self.config_hash[:12]
            self.stats = StatsTree(sources(system, made), lambda: (self.cycle, self.reference), self.run_name)
        except BaseException:
            if froze_it:
                thaw(system)
            raise
        self.notes = tuple(f"{obj.path}: {text}" for obj in walk(system) for text in obj._node.notes)
        for text in self.notes if froze_it else ():
            logging.getLogger("simobjects").warning("%s", text)
        self.events = Events()
        self._trace = DebugTrace(self.peers)
        self._tracer: InstructionTracer | None = None
        self.outlets = Outlets(made.values())
        self.watchers: list[Callable[[], object]] = []
        """Called whenever the engine has come back, to take what was collected meanwhile."""
        self._stop = threading.Event()
        self._pacer = Pacer.of(system, self._stop.is_set)
        self._begun = self._ended = False
        self._alone = Alone()
        self.marked = RunWindows(self.stats)

    def __repr__(self) -> str:
        return f"<Simulation {self.run_name}: cycle {self.cycle}, reference {self.reference}>"

    @property
    def cycle(self) -> int:
        """The current cycle of the core's clock, a whole number; the exact time is a statistic of the core."""
        return int(self._engine.now())

    @property
    def reference(self) -> int:
        """References of the workload consumed so far: fetches, loads and stores."""
        return int(self._engine.references())

    @property
    def path(self) -> dict[str, str]:
        """What of this run is taken at once, in words; empty for an engine that has one way only."""
        return self._engine.path() if isinstance(self._engine, PassesOver) else {}

    @property
    def engine(self) -> Any:
        """The peer that drives the machine."""
        return self._engine

    @property
    def open_windows(self) -> dict[str, str]:
        """The windows that have begun and not ended, with the labels of the snapshots with which they began."""
        return self.marked.labels

    @open_windows.setter
    def open_windows(self, labels: Mapping[str, str]) -> None:
        self.marked.labels = dict(labels)

    def stop(self) -> None:
        """End the run at the next slice, from a signal handler or another thread.

        The call of `run` that is going on, or the next one, ends with a USER_STOP event; another call goes on from
        there.
        """
        self._stop.set()

    def debug(
        self,
        path: str,
        kinds: Iterable[str] | None = None,
        start: int = 0,
        stop: int | None = None,
        sink: Sink | None = None,
    ) -> None:
        """Trace what happens in the object `path`, from cycle `start` to `stop`. It runs slowly meanwhile and counts
        the same.

        Args:
            path: of the object, such as `system.host`.
            kinds: some of the object's `debug_kinds`; None: all.
            start: the first cycle that is told of.
            stop: the first that no longer is; None: to the end.
            sink: called with each line of text; None: the log `simobjects.debug`.

        Raises:
            UnknownNameError: there is no such object or kind; it names the nearest.
        """
        self._trace.enable(self.system, path, kinds, start, stop, sink)

    def trace_instructions(self, write: Callable[[str], object], first: int = 1, last: int | None = None) -> None:
        """Give a line for each instruction from the `first` (1 is the first of the program) to the `last` to `write`.

        The machine must execute a program; it runs slowly while it is traced, and does the same.

        Args:
            write: called with each line, without its end; the first is a heading.
            first: number of the first instruction, from 1.
            last: number of the last one; None: to the end.

        Raises:
            ValueError: not 1 <= first <= last.
            EngineError: the machine executes no program.
        """
        if first < 1 or (last is not None and last < first):
            raise ValueError(f"trace_instructions(first={first}, last={last}): expected 1 <= first <= last")
        self._tracer = self._program().instruction_tracer(self.peers, first, last, write)

    def start_profile(self, every: int = 10_007) -> None:
        """Count exceptions and exits by place in the program, and sample it every so many instructions.

        Args:
            every: instructions between two samples; a prime keeps them out of step with loops.

        Raises:
            EngineError: the machine executes no program.
        """
        self._program().start_profile(self.peers, every)

    @property
    def profile(self) -> Any:
        """What was counted since `start_profile`, by function of the guest; EngineError where no program runs."""
        return self._program().profile(self.peers)

    def _program(self) -> RunsPrograms:
        driver = self._driver
        if not isinstance(driver, RunsPrograms):
            raise EngineError(f"{driver.path} ({type(driver).__name__}) executes no program")
        return driver

    def run(
        self, references: int | str | None = None, cycles: int | str | None = None, slice: int = 2_000_000,
        progress: Report | None = None,
    ) -> Run:  # fmt: skip
        """Run, yielding events, until the workload ends, a limit of this call is reached, or `stop`.

        A later call resumes, also one after a loop that was left. Nothing runs until the result is iterated over, and a
        result that never is warns. `run_all` runs without a loop.

        Args:
            references: at most so many more references (fetches, loads, stores); a number, or text such as `"5M"`.
            cycles: at most so many more cycles, to the end of what is going on then; a number or text.
            slice: references between two looks at limits, outputs and `stop`; results do not depend on it.
            progress: called after every slice with a Progress.

        Returns:
            An iterator of events, the last of which is final (`event.kind.final`).

        Raises:
            ValueError: a limit is no whole number of at least 0, or `slice` is less than 1.
            EngineError: while iterating: the simulation is running already, or the engine broke its agreement.
        """
        fix = "'for event in simulation.run(...)', or simulation.run_all(...), which gives the last event"
        return Run(self._checked(references, cycles, slice, progress), "run", fix)

    def run_all(
        self, references: int | str | None = None, cycles: int | str | None = None, slice: int = 2_000_000,
        progress: Report | None = None,
    ) -> Event:  # fmt: skip
        """As `run`, to its end at once.

        Args:
            references: as of `run`.
            cycles: as of `run`.
            slice: as of `run`.
            progress: as of `run`.

        Returns:
            The event that ended it. The others are in `events`.
        """
        return deque(self._checked(references, cycles, slice, progress), maxlen=1).pop()

    def run_to(self, place: int) -> Run:
        """Run to an exact place, counted from now; ends as `run` does, with REFERENCE_LIMIT when the place is reached.

        Args:
            place: so many more instructions of an engine that executes instructions, of another so many more
                references.

        Raises:
            ValueError: `place` is negative.
        """
        if place < 0:
            raise ValueError(f"run_to({place}): expected a number of at least 0")
        return Run(self._events_to(place), "run_to", "'for event in simulation.run_to(...)'")

    def _events_to(self, place: int) -> Generator[Event, None, None]:
        if not isinstance(self._engine, Steps):
            yield from self.run(references=place)
            return
        self._begin()
        last = int(self._engine.instructions()) + place
        # An instruction is at least one reference, so running never goes too far. A marker ends neither.
        while (left := last - int(self._engine.instructions())) > 0:
            for event in self.run(references=left) if left > _STEPS else self._stepped(left, over_break=False):
                if event.kind is not EventKind.REFERENCE_LIMIT:
                    yield event
                    if event.kind.final:
                        return
        yield self._event(EventKind.REFERENCE_LIMIT)

    def run_directory(self, base: Path | str, label: str = "") -> Path:
        """Write everything into `base/<hash>[-label]/` and return that directory.

        Args:
            base: the folder of the runs, made when it is missing.
            label: tells apart runs of one machine, such as those to different limits.

        Raises:
            OSError: the folder cannot be written.
        """
        directory = Path(base) / (f"{self.run_name}-{label}" if label else self.run_name)
        self.write(directory)
        return directory

    def write(self, directory: Path | str, picture: bool = True) -> dict[str, str]:
        """Write configuration, statistics, graph and events into `directory`.

        Args:
            directory: made when it is missing; what is there under the same names is replaced.
            picture: without it `graph.svg` is left out: to draw it takes longer than a short run.

        Returns:
            The SHA-256 in hex of each file by its name.
        """
        return write_run(self, Path(directory), picture)

    def step(self, progress: Report | None = None) -> Event | None:
        """Execute one instruction, of an engine that executes instructions.

        A guest that waits has none to execute until it wakes: `progress` is told meanwhile, and `stop` ends the step.

        Returns:
            The event that it led to, or None.

        Raises:
            EngineError: the engine follows references and executes no instructions.
        """
        self._begin()
        return next(self._stepped(1, progress=progress), None)

    def _stepped(
        self, count: int, *, over_break: bool = True, progress: Report | None = None
    ) -> Generator[Event, None, None]:
        """Execute up to so many instructions; the event that ended them early, if any."""
        engine = self._engine
        if not isinstance(engine, Steps):
            raise EngineError(f"{self._driver.path} executes no instructions one at a time")
        last, tell = int(engine.instructions()) + count, teller(engine, progress)
        while (left := last - int(engine.instructions())) > 0:
            with self._alone:
                event = self._stop_event() or self._came_back(*engine.step(left, over_break=over_break))
            if event is not None:
                self.events.append(event)
                yield event
                return
            tell()

    def save(self, file: Path | str) -> None:
        """Write a checkpoint of the machine as it stands between two calls of `run`.

        Args:
            file: replaced all at once when it exists.

        Raises:
            CheckpointError: the file cannot be written, or an object has no way to save its state.
        """
        self._begin()
        checkpoint.save(self, Path(file))

    def restore(self, file: Path | str) -> None:
        """Put this machine, which has not run, into the state of a checkpoint; the run goes on from there.

        The machine is that of the checkpoint, or differs only where its objects say that state allows it
        (`restorable`).

        Args:
            file: a checkpoint of the same layout and results epoch. Its bytes are checked, and nothing in it is code.

        Raises:
            CheckpointError: what does not fit, or that this simulation has run; it is of no use after the former.
        """
        if self.reference or self.cycle:
            raise checkpoint.CheckpointError("a checkpoint is restored into a new simulation; this one has run already")
        self._begin()
        checkpoint.restore(self, Path(file))

    def _checked(
        self, references: int | str | None, cycles: int | str | None, slice: int, progress: Report | None
    ) -> Generator[Event, None, None]:
        """The events of a run, once its limits were found to be some."""
        references, cycles = count(references, "run(references"), count(cycles, "run(cycles")
        if slice < 1:
            raise ValueError(f"run(slice={slice}): expected a number of at least 1")
        return self._events(references, cycles, slice, progress)

    def _events(
        self, references: int | None, cycles: int | None, slice: int, progress: Report | None
    ) -> Generator[Event, None, None]:
        with self._alone:
            self._begin()
        last_reference = None if references is None else self.reference + references
        last_cycle = -1 if cycles is None else self.cycle + cycles
        tell = teller(self._engine, progress)
        while True:
            event = self._limit_event(last_reference, last_cycle)
            if event is None:
                left = slice if last_reference is None else min(slice, last_reference - self.reference)
                with self._alone:  # not while the script has the event: it may leave the loop there for good
                    event = self._step(left, last_cycle)
                    tell()
            if event is not None:
                self.events.append(event)
                yield event
                if event.kind.final:
                    return

    def _limit_event(self, last_reference: int | None, last_cycle: int) -> Event | None:
        """Why the run must not go on from here, if it must not."""
        if event := self._stop_event():
            return event
        if self._ended:
            return self._event(EventKind.END_OF_WORKLOAD)
        if 0 <= last_cycle <= self.cycle:
            return self._event(EventKind.CYCLE_LIMIT)
        if last_reference is not None and self.reference >= last_reference:
            return self._event(EventKind.REFERENCE_LIMIT)
        return None

    def _stop_event(self) -> Event | None:
        if not self._stop.is_set():
            return None
        self._stop.clear()
        return self._event(EventKind.USER_STOP)

    def _step(self, references: int, cycle_limit: int) -> Event | None:
        """Let the engine advance once; the event it came back with, if any."""
        before = (self.cycle, self.reference)
        code, payload = self._advance(references, until := self._pacer.limit(before[0], cycle_limit))
        if code == StopReason.LIMIT and until != cycle_limit:
            code = StopReason.PAUSED  # for a look at the clock
        if code == StopReason.PAUSED and (self.cycle, self.reference) == before:
            raise EngineError(f"the engine paused at cycle {before[0]} without consuming a reference")
        event = self._came_back(code, payload)
        self._pacer.keep(self.cycle)
        return event

    def _came_back(self, code: int, payload: Mapping[str, Any]) -> Event | None:
        """What the engine came back with, as an event if it is one."""
        self._trace.drain()
        for watcher in self.watchers:
            watcher()
        self.outlets.drain()
        reason = REASONS.get(code)
        if reason is None:
            raise EngineError(f"the engine gave an unknown reason to stop: {code!r}")
        if reason in REGION:
            self.marked.mark("roi", reason is StopReason.ROI_BEGIN)
            return self._event(REGION[reason], payload)
        if reason is StopReason.MARKER:
            if payload.get("window") in ("begin", "end"):
                self.marked.mark("marker", payload["window"] == "begin")
            return self._event(EventKind.MARKER, payload)
        if reason is StopReason.STEP:
            return self._event(EventKind.STEP, payload)
        if reason is StopReason.IDLE:
            self.outlets.pause(self._engine, payload.get("cycles"), int(self.system.clock))
        self._ended = reason is StopReason.END_OF_WORKLOAD
        return self._event(FINAL[reason], payload) if reason in FINAL else None

    def _advance(self, references: int, cycle_limit: int) -> tuple[int, Mapping[str, Any]]:
        """As the engine's `advance`, in single steps while instructions (at least a reference each) are traced."""
        if self._tracer is not None:
            distance = self._tracer.distance
            if distance == 0:
                return self._tracer.step(cycle_limit)
            if distance is None:
                self._tracer = None
            else:
                references = min(references, distance)
        return answered(self._driver, self._engine.advance(references, cycle_limit))

    def _begin(self) -> None:
        if not self._begun and isinstance(self._engine, Begins):
            with naming("beginning", self._driver), refusing(self._driver):
                self._engine.begin()
        self._begun = True

    def _event(self, kind: EventKind, payload: Mapping[str, Any] | None = None) -> Event:
        told = dict(self._driver.explain(payload or {}))
        return Event(kind, self.cycle, self.reference, told, self._driver.event_text(told))
