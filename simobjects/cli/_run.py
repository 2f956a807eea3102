# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects run`: one machine, one run, one run directory."""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simobjects.base.errors import ExitCode, UsageError
from simobjects.base.files import is_device, whole_folder, write_whole
from simobjects.base.interrupts import on_interrupt
from simobjects.base.outputs import creating
from simobjects.base.text import short
from simobjects.framework import Event, EventKind, Simulation
from simobjects.stats import StatsError
from simobjects.study.config_script import build
from simobjects.study.execute import Limits, run_to_end
from simobjects.study.provenance import command_line, run_provenance
from simobjects.study.record import write_record
from simobjects.study.space import parse_assignments
from simobjects.study.windows import Every, run_in_windows
from simobjects.study.written import PROVENANCE

from ._checkpoints import check, check_step, start
from ._common import say
from ._params import show_params
from ._progress import ProgressLine
from .arguments.run import DEBUG_EXAMPLE

if TYPE_CHECKING:
    from simobjects.kvm.timeline.stacks import Stacks

SHOWN_EVENTS = 1_000
"""Markers and the like that are printed."""
_DEBUG = re.compile(r"(?P<path>[^=@]+)(?:=(?P<kinds>[^@]*))?(?:@(?P<start>[0-9]{0,15})\.\.(?P<stop>[0-9]{0,15}))?\Z")


def run(arguments: argparse.Namespace) -> int:
    """Build the machine, run it to the end asked for, and write a run directory, whose path is printed.

    Returns:
        `OK`, `INTERRUPTED` after Ctrl-C, `ENDED_BADLY` when the guest could not go on.

    Raises:
        UsageError: options do not go together, or name what the machine has not; nothing ran.
        ConfigError: the machine is refused.
        CheckpointError: a checkpoint cannot be read, or is of another machine.
    """
    overrides = parse_assignments(arguments.set)
    if arguments.help_params is not None:
        return show_params(arguments.config, overrides, arguments.help_params)
    check(arguments)
    check_outputs(arguments)
    limits = Limits(arguments.references, arguments.cycles)
    every = Every.parse(arguments.every) if arguments.every else None
    simulation = build(arguments.config, overrides)
    # Before the run, not after it: hours of running must not end with a folder that cannot be written, or no table.
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.table is not None:
        check_table(simulation, arguments.table)
    if arguments.at_step is not None:
        check_step(simulation, arguments.at_step)
    return run_machine(simulation, arguments, limits, every)


def run_machine(simulation: Simulation, arguments: argparse.Namespace, limits: Limits, every: Every | None) -> ExitCode:
    """Run a machine that is built to its end, with all that watches it, write the run directory and print what came.

    Args:
        simulation: at its beginning.
        arguments: of `run`, checked.
        limits: of the whole run.
        every: into what windows it is cut; None: it is not.
    """
    # Who types at a guest's console has the terminal: a line that is written over would take the prompt away.
    progress = ProgressLine(sys.stderr, limits, arguments.plain, quiet=simulation.outlets.listens)
    show = EventLines(progress.clear)
    console = Screen(progress.clear)
    simulation.outlets.terminal = console
    if arguments.profile is not None:
        simulation.start_profile()
    with (
        ending(progress, console),
        debugging(simulation, arguments.debug, arguments.debug_file, progress),
        tracing(simulation, arguments.trace_instructions, arguments.trace_from, arguments.trace_count),
        recording(simulation, arguments.record, arguments.restore),
        watching(simulation, arguments) as stacks,
        stopping(simulation),
    ):
        started, begun = time.monotonic(), time.time()
        left = start(simulation, arguments, limits, progress.begins_at)
        if arguments.gdb is not None:
            from ._gdb import debug  # as what else only some runs need

            debug(simulation, arguments.gdb)
        if every is None:
            last = run_to_end(simulation, left, progress, show)
        else:
            last = run_in_windows(simulation, left, every, progress, show)
        seconds = time.monotonic() - started
    limits = replace(limits, start=left.start)
    name = limits.run_name(simulation.config_hash)
    directory = arguments.out / (name if every is None else f"{name}-{every.label}")
    provenance = run_provenance(simulation, arguments.config, command_line(), begun, {"checkpoint": limits.start})
    _write(directory, simulation, limits, last, provenance, stacks)
    show.end(simulation)
    _print_tables(simulation, arguments)
    say(_summary(last, seconds, progress.restored))
    print(directory)
    return exit_code(last)


def _print_tables(simulation: Simulation, arguments: argparse.Namespace) -> None:
    """The statistics and the profile, as far as they were asked for."""
    if arguments.table is not None:
        print(simulation.stats.table(arguments.table, zeros=arguments.zeros), end="")
    if arguments.profile is not None:
        print(simulation.profile.table(arguments.profile), end="")


def _write(
    directory: Path, simulation: Simulation, limits: Limits, last: Event, provenance: bytes, stacks: Stacks | None
) -> None:
    """The run directory, all of it or nothing."""
    with whole_folder(directory):
        digests = simulation.write(directory)
        for file, content in stacks.files().items() if stacks is not None else ():
            write_whole(directory / file, content)
            digests[file] = hashlib.sha256(content).hexdigest()
        write_whole(directory / PROVENANCE, provenance)
        write_record(directory, simulation, limits, last, digests)


class Screen:
    """Prints what a guest prints on standard output; called with each piece of it."""

    def __init__(self, clear: Callable[[], None]) -> None:
        """`clear` takes away what stands where the text goes."""
        self._clear = clear
        self._open = False

    def __call__(self, text: str) -> None:
        """Print it as it is."""
        self._clear()
        print(text, end="", flush=True)
        self._open = not text.endswith("\n")

    def end(self) -> None:
        """What is printed next is not the guest's: it has a line of its own, also after a prompt."""
        if self._open:
            print(flush=True)


class EventLines:
    """Prints the events of a run as they come, until a guest marks more places than anybody reads."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self._clear = clear
        self._left = SHOWN_EVENTS

    def __call__(self, event: Event) -> None:
        """Print it, if not so many were."""
        if not event.kind.final:
            self._left -= 1
            if self._left <= 0:
                if self._left == 0:
                    self._clear()
                    say(f"{event}; the others are in events.jsonl alone")
                return
        self._clear()
        say(event)

    def end(self, simulation: Simulation) -> None:
        """Say what was not kept."""
        if windows := simulation.marked.left_out:
            say(f"{windows} more windows were marked than a run keeps; mark fewer, or use --every")
        if events := simulation.events.left_out:
            say(f"{events} more events happened than a run keeps")


@contextmanager
def ending(progress: ProgressLine, console: Screen) -> Iterator[None]:
    """What is printed after the run, be it an error, has a line of its own."""
    try:
        yield
    finally:
        progress.clear()
        console.end()


def check_outputs(arguments: argparse.Namespace) -> None:
    """UsageError when two options write to one file: the one that is written last would be there.

    Devices such as /dev/null may be named twice. Paths are compared as they are written.
    """
    places: dict[Path, str] = {}
    for option in ("checkpoint", "debug-file", "record", "trace-instructions", "timeline"):
        file: Path | None = getattr(arguments, option.replace("-", "_"))
        if file is None or is_device(file):
            continue
        other = places.setdefault(file.absolute(), option)
        if other != option:
            raise UsageError(f"--{other} writes there too", where=f"--{option} {file}", fix="name another file")


def check_table(simulation: Simulation, path: str) -> None:
    """UsageError when no statistic lies below `path`."""
    try:
        simulation.stats.table(path)
    except StatsError as error:
        raise UsageError(str(error), where=f"--table {path}") from None


def exit_code(last: Event) -> ExitCode:
    """What the last event of a run means for the program.

    `INTERRUPTED` after Ctrl-C, `ENDED_BADLY` where the guest could not go on, `OK` at a limit or at the workload's end.
    """
    if last.kind is EventKind.USER_STOP:
        return ExitCode.INTERRUPTED
    return ExitCode.ENDED_BADLY if last.kind.bad else ExitCode.OK


def _summary(last: Event, seconds: float, restored: int) -> str:
    """The last line: references, cycles, seconds, and look-ups a second of what this process ran."""
    rate = f", {short((last.reference - restored) / seconds)} look-ups/s" if seconds > 0 else ""
    whole = f"{last.reference} references" + (f" ({restored} of them in the checkpoint)" if restored else "")
    return f"{whole}, {last.cycle} cycles in {seconds:.2f} s{rate}"


@contextmanager
def tracing(simulation: Simulation, file: Path | None, first: int, most: int | None) -> Iterator[None]:
    """Write the instructions asked for to `file`, a line each.

    Args:
        simulation: of a core that executes a program.
        file: where to; None: nothing is traced.
        first: the number of the first instruction, from 1.
        most: how many; None: to the end of the run.

    Raises:
        UsageError: instructions are chosen, and no file.
    """
    if file is None:
        if first != 1 or most is not None:
            raise UsageError(
                "--trace-from and --trace-count without --trace-instructions FILE", fix="say where to write"
            )
        yield
        return
    with creating(file) as target:
        simulation.trace_instructions(
            lambda line: target.write(f"{line}\n".encode()), first, None if most is None else first + most - 1
        )
        yield


@contextmanager
def recording(simulation: Simulation, file: Path | None, restored: Path | None) -> Iterator[None]:
    """Record the run to `file`, and say how large it is; None: nothing is recorded.

    Raises:
        UsageError: the run goes on from a checkpoint (`restored`).
    """
    if file is None:
        yield
        return
    if restored is not None:
        raise UsageError(f"--record {file} with --restore", fix="record the run from its beginning")
    from simobjects.traces.record import record

    with record(simulation, file) as writer:
        yield
    if writer.header is not None:
        size, lookups = file.stat().st_size, writer.header.lookups
        say(f"{file}: {short(lookups)} look-ups, {size} bytes, {size / max(1, lookups):.3f} a look-up")


@contextmanager
def watching(simulation: Simulation, arguments: argparse.Namespace) -> Iterator[Stacks | None]:
    """Write the timeline that was asked for, and sum the stacks of a profile under KVM, which are given.

    Raises:
        UsageError: a part of a timeline is chosen, and no file.
    """
    given = {
        name: value
        for name, value in (
            ("start", arguments.timeline_from),
            ("stop", arguments.timeline_to),
            ("most", arguments.timeline_most),
        )
        if value is not None
    }
    if arguments.timeline is None and given:
        raise UsageError("--timeline-from, -to and -most without --timeline FILE", fix="say where to write")
    if arguments.timeline is None and arguments.profile is None:
        yield None
        return
    from simobjects.kvm.timeline.file import timeline_file
    from simobjects.kvm.timeline.stacks import Stacks
    from simobjects.kvm.timeline.watch import ExitWatch, has_exits

    if arguments.timeline is None and not has_exits(simulation):
        yield None
        return
    watch = ExitWatch(simulation)
    stacks = None if arguments.profile is None else Stacks(watch)
    if arguments.timeline is None:
        with watch:
            yield stacks
        return
    with timeline_file(watch, arguments.timeline, **given) as file, watch:
        yield stacks
    say(f"{arguments.timeline}: {file.ended}")


def stopping(simulation: Simulation) -> AbstractContextManager[None]:
    """The first Ctrl-C ends the run at its next slice, with statistics; the second ends the program at once."""

    def stop() -> None:
        say("\nstopping; Ctrl-C again to end at once, without statistics")
        simulation.stop()

    return on_interrupt(stop)


@contextmanager
def debugging(simulation: Simulation, texts: list[str], file: Path | None, progress: ProgressLine) -> Iterator[None]:
    """Switch on every `--debug`; the lines go to `file` or to standard output.

    Raises:
        UsageError: there is a file and nothing for it, or a text is not PATH=KINDS@START..STOP.
        UnknownNameError: there is no such object, or it has no such kind.
    """
    if not texts:
        if file is not None:
            raise UsageError(f"--debug-file {file} without --debug", fix=f"say what to write there: {DEBUG_EXAMPLE}")
        yield
        return
    with ExitStack() as stack:
        target = None if file is None else stack.enter_context(creating(file))

        def sink(line: str) -> None:
            progress.clear()
            if target is None:
                print(line)
            else:
                target.write(f"{line}\n".encode())

        for text in texts:
            _switch_on(simulation, text, sink)
        yield


def _switch_on(simulation: Simulation, text: str, sink: Callable[[str], None]) -> None:
    """Switch one `--debug` on: PATH=KINDS@START..STOP, of which all but the path may be missing.

    Raises:
        UsageError: the text is none, or its end lies before its start.
        UnknownNameError: there is no such object, or it has no such kind.
    """
    match = _DEBUG.match(text)
    if match is None:
        raise UsageError(
            f"expected PATH=KINDS or PATH=KINDS@START..STOP, as in {DEBUG_EXAMPLE}", where=f"--debug {text}"
        )
    kinds = [kind.strip() for kind in (match["kinds"] or "").split(",") if kind.strip()]
    start, stop = int(match["start"] or 0), int(match["stop"]) if match["stop"] else None
    if stop is not None and stop <= start:
        raise UsageError(f"ends at cycle {stop}, before it starts", where=f"--debug {text}", fix="swap the two")
    simulation.debug(match["path"], kinds=kinds or None, start=start, stop=stop, sink=sink)
