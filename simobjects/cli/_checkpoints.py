# SPDX-License-Identifier: BSD-3-Clause
"""The arguments that write a checkpoint, and those that go on from one."""

from __future__ import annotations

import argparse
import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from simobjects.base.errors import UsageError
from simobjects.base.files import open_regular
from simobjects.framework import EventKind, Simulation
from simobjects.framework.checkpoint import CheckpointError, reading
from simobjects.framework.roles import CountsInstructions
from simobjects.framework.tree import walk
from simobjects.ppc440.uart import UART16550
from simobjects.study.execute import Limits

from ._common import say


def digest(file: Path) -> str:
    """The SHA-256 of a checkpoint file, which names it among the limits of a run."""
    with reading(file):  # no device, and nothing that is not one, however large
        pass
    with open_regular(file) as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def check(arguments: argparse.Namespace) -> None:
    """UsageError when `--checkpoint` and its place do not go together."""
    if arguments.at is not None and arguments.at_step is not None:
        raise UsageError("--at N and --at-step STEP are two places; a checkpoint has one", fix="leave one out")
    if (arguments.checkpoint is None) != (arguments.at is None and arguments.at_step is None):
        raise UsageError("--checkpoint FILE and --at N (or --at-step STEP) go together: which file, and when")


def check_step(simulation: Simulation, step: str) -> None:
    """UsageError when no script of a console has this step."""
    ports = _ports(simulation)
    scripted = [port for port in ports if port.script]
    known = [name for port in scripted for name in _steps(port)]
    if step in known:
        return
    scripts = " or ".join(f"{port.path}.script" for port in scripted or ports)
    what = f"there is no such step (there are: {', '.join(known)})" if known else "no console has a script"
    fix = f"name a step of {scripts}" if known else f"give {scripts} its steps" if ports else "leave it out"
    raise UsageError(what, where=f"--at-step {step}", fix=fix)


def start(
    simulation: Simulation, arguments: argparse.Namespace, limits: Limits, begins_at: Callable[[int, int, int], object]
) -> Limits:
    """Restore and save as the arguments say; the limits of what is left of the run.

    Args:
        simulation: at its beginning.
        arguments: of `run`.
        limits: of the whole run.
        begins_at: is told where a run that goes on from a checkpoint begins: references, cycles and instructions.

    Raises:
        CheckpointError: one cannot be read or written, is of another machine, or the run ends before its place.
    """
    if arguments.restore is not None:
        limits = replace(limits, start=digest(arguments.restore))
        simulation.restore(arguments.restore)
        engine = simulation.engine
        instructions = int(engine.instructions()) if isinstance(engine, CountsInstructions) else 0
        begins_at(simulation.reference, simulation.cycle, instructions)
        say(f"{arguments.restore}: goes on at cycle {simulation.cycle}, reference {simulation.reference}")
    if arguments.checkpoint is None:
        return limits
    reference, cycle = simulation.reference, simulation.cycle
    if arguments.at is not None:
        _go_to(simulation, arguments.at)
    else:
        _go_to_step(simulation, arguments.at_step, limits)
    simulation.save(arguments.checkpoint)
    say(f"{arguments.checkpoint}: written at cycle {simulation.cycle}, reference {simulation.reference}")
    return replace(
        limits,
        references=_left(limits.references, simulation.reference - reference),
        cycles=_left(limits.cycles, simulation.cycle - cycle),
    )


def _left(limit: int | None, done: int) -> int | None:
    """What a limit leaves after so much is done; None: there is no limit."""
    return None if limit is None else max(0, limit - done)


def _go_to(simulation: Simulation, place: int) -> None:
    """Run to a place, to the reference. CheckpointError: the run ends before."""
    last = deque(simulation.run_to(place), 1)[0]
    if last.kind is not EventKind.REFERENCE_LIMIT:
        raise CheckpointError(f"no checkpoint: the run ends before {place}: {last}")


def _go_to_step(simulation: Simulation, step: str, limits: Limits) -> None:
    """Run until a console's script has come to a step, by its name or number. CheckpointError: the run ends before."""
    for event in simulation.run(references=limits.references, cycles=limits.cycles):
        if event.kind is EventKind.STEP and step in (event.payload.get("name"), str(event.payload["step"])):
            return
        last = event
    raise CheckpointError(f"no checkpoint: the run ends before step {step}: {last}")


def _ports(simulation: Simulation) -> list[UART16550]:
    return [found for found in walk(simulation.system) if isinstance(found, UART16550)]


def _steps(port: UART16550) -> list[str]:
    """What the steps of its script may be called: the name, or the number where there is none."""
    return [step.name or str(number) for number, step in enumerate(port.script, 1)]
