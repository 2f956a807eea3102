# SPDX-License-Identifier: BSD-3-Clause
"""The arguments that write a checkpoint, and those that go on from one."""

from __future__ import annotations

import argparse
import hashlib
from collections import deque
from dataclasses import replace
from pathlib import Path

from simobjects.base.errors import UsageError
from simobjects.framework import EventKind, Simulation
from simobjects.framework.checkpoint import CheckpointError
from simobjects.study.execute import Limits

from ._common import say


def digest(file: Path) -> str:
    """The SHA-256 of a checkpoint file, which names it among the limits of a run."""
    try:
        with file.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(f"the checkpoint cannot be read ({error.strerror})", where=file) from error


def check(arguments: argparse.Namespace) -> None:
    """UsageError when `--checkpoint` and `--at` do not go together."""
    if (arguments.checkpoint is None) != (arguments.at is None):
        raise UsageError("--checkpoint FILE and --at N go together: which file, and when")


def start(simulation: Simulation, arguments: argparse.Namespace, limits: Limits) -> Limits:
    """Restore and save as the arguments say; the limits of what is left of the run."""
    if arguments.restore is not None:
        limits = replace(limits, start=digest(arguments.restore))
        simulation.restore(arguments.restore)
        say(f"{arguments.restore}: goes on at cycle {simulation.cycle}, reference {simulation.reference}")
    if arguments.checkpoint is None:
        return limits
    reference, cycle = simulation.reference, simulation.cycle
    _go_to(simulation, arguments.at)
    simulation.save(arguments.checkpoint)
    say(f"{arguments.checkpoint}: written at cycle {simulation.cycle}, reference {simulation.reference}")
    return replace(
        limits,
        references=_left(limits.references, simulation.reference - reference),
        cycles=_left(limits.cycles, simulation.cycle - cycle),
    )


def _left(limit: int | None, done: int) -> int | None:
    return None if limit is None else max(0, limit - done)


def _go_to(simulation: Simulation, place: int) -> None:
    last = deque(simulation.run_to(place), 1)[0]
    if last.kind is not EventKind.REFERENCE_LIMIT:
        raise CheckpointError(f"no checkpoint: the run ends before {place}: {last}")
