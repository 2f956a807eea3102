# SPDX-License-Identifier: BSD-3-Clause
"""One point run from beginning to end, in the process that calls it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simobjects.base.shown import shown
from simobjects.framework import ConfigError, EventKind, Problem, Progress, Simulation
from simobjects.framework.overrides import value_problems

from .config_script import Execution, build
from .execute import run_to_end
from .known import Known, known_of
from .provenance import run_provenance
from .store import find_run, run_name, write_run
from .task import Result, Status, Task
from .whereabouts import here
from .written import KEPT, place_of

_BAD_ENDS: dict[str, tuple[Status, str]] = {
    EventKind.WATCHDOG.value: ("watchdog", "the watchdog ended the run"),
    EventKind.FAILED.value: ("failed", "the guest could not go on"),
    EventKind.UNMET.value: ("failed", "the console's script waited in vain"),
}
_MORE = "; events.jsonl in its run directory says why"
_MORE_WITHOUT_ROWS = "; events.jsonl says why when whole run directories are kept"

Built = Callable[[Simulation], None]


def run_task(
    task: Task,
    progress: Callable[[Progress], None] | None = None,
    built: Built | None = None,
    execute: Execution | None = None,
) -> Result:
    """Execute the script with the task's values and run its machine, unless that very run is there already.

    `built` sees the machine before it runs. `execute`: as for `config_script.build`.
    """
    started = time.monotonic()
    simulation = _build(task, execute)
    if built is not None:
        built(simulation)
    out = Path(task.out)
    name = run_name(simulation.config_hash, task.limits, task.keep)
    place = place_of(out, name)
    found = find_run(place, simulation.config_hash, task.limits)
    record = found.record
    if record is None and task.keep:  # a whole run has these statistics too
        whole = run_name(simulation.config_hash, task.limits)
        record = find_run(place_of(out, whole), simulation.config_hash, task.limits).record
        name = whole if record is not None else name
    skipped = record is not None
    if record is None:
        begun = time.time()
        if task.checkpoint:
            simulation.restore(task.checkpoint)
        last = run_to_end(simulation, task.limits, progress)
        inputs = {"checkpoint": task.limits.start}
        extra = run_provenance(simulation, task.script, command_of(task), begun, inputs, one_line=bool(task.keep))
        record = write_run(simulation, place, task.limits, last, task.keep, extra)
    status, error = _BAD_ENDS.get(record.ended, ("done", ""))
    if status == "failed":
        error += _MORE_WITHOUT_ROWS if KEPT in name else _MORE
    seconds = time.monotonic() - started
    result = Result(task.key, status, name, error, skipped, seconds, host=here().host)
    return result if skipped else replace(result, note=found.changed)


@dataclass(frozen=True)
class Checked:
    """What is known of a point before any runs: its statistics, and which values its machine refuses.

    `picture` is the machine drawn (SVG), empty when it was not asked for.
    """

    statistics: Mapping[str, Known]
    problems: str
    picture: str


def check_task(
    task: Task, values: Mapping[str, Iterable[str]], picture: bool = False, execute: Execution | None = None
) -> Checked:
    """Build the machine of a point without running it, and ask its parameters whether they take these other `values`.

    Raises what building it raises.
    """
    simulation = _build(task, execute)
    problems: list[Problem] = []
    for path, texts in values.items():
        problems += value_problems(simulation.system, path, texts) or ()  # None: this machine has no such parameter
    drawn = shown(simulation.system, "svg") if picture else None
    report = str(ConfigError(problems)) if problems else ""
    return Checked(known_of(simulation.stats), report, drawn or "")


def command_of(task: Task) -> list[str]:
    """The command that makes the run of a point by itself; that of a function's machine goes to the folder `run`."""
    if task.machine:
        made = f"build(Path({task.script!r}), {dict(task.overrides)!r}, {task.machine!r}, {dict(task.arguments)!r})"
        lines = [
            "from pathlib import Path",
            "from simobjects.study.config_script import build",
            f"simulation = {made}",
            *([f"simulation.restore({task.checkpoint!r})"] if task.checkpoint else []),
            f"simulation.run_all(references={task.limits.references}, cycles={task.limits.cycles})",
            "simulation.write('run')",
        ]
        return ["python", "-c", "; ".join(lines)]
    command = ["simobjects", "run", task.script]
    for path, value in task.overrides.items():
        command += ["--set", f"{path}={value}"]
    for name in ("references", "cycles"):
        if (limit := getattr(task.limits, name)) is not None:
            command += [f"--{name}", str(limit)]
    return command + (["--restore", task.checkpoint] if task.checkpoint else [])


def _build(task: Task, execute: Execution | None) -> Simulation:
    return build(Path(task.script), task.overrides, task.machine, task.arguments, execute)
