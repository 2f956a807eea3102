# SPDX-License-Identifier: BSD-3-Clause
"""How far a study is, as its folder says: done, running, failed, the rest, and how long that will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simobjects.base.text import clock

from .gather import outcomes
from .leases import held
from .plan import read_plan


@dataclass(frozen=True)
class Running:
    """A point that somebody works on.

    Attributes:
        label: its values as a command line has them.
        host: the computer.
        pid: the process there.
        references: done so far.
        rate: references a second.
        seconds: since it began.
    """

    label: str
    host: str
    pid: int
    references: int
    rate: float
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A point that failed or that the watchdog ended.

    Attributes:
        label: its values as a command line has them.
        status: in one word.
        error: the first line of what went wrong.
        log: the file with its output; may be empty.
    """

    label: str
    status: str
    error: str
    log: str


@dataclass(frozen=True)
class Status:
    """How far a study is. `done`, `pending`, `running` and `failed` add up to `points`.

    Attributes:
        out: its folder.
        points: in all.
        done: how many have finished, with a result.
        pending: how many nobody has begun.
        running: those that somebody works on.
        failed: those that have ended badly.
        seconds_left: estimated from the points that are done; None while nothing runs or nothing is done yet.
    """

    out: Path
    points: int
    done: int
    pending: int
    running: tuple[Running, ...]
    failed: tuple[Failed, ...]
    seconds_left: float | None

    @property
    def finished(self) -> bool:
        """Whether no point is left to run."""
        return not self.pending and not self.running

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "out": str(self.out)}

    def lines(self) -> Iterator[str]:
        """As text."""
        counts = f"{self.done} done, {len(self.running)} running, {len(self.failed)} failed, {self.pending} to do"
        left = "" if self.seconds_left is None else f", about {clock(self.seconds_left)} left"
        yield f"{self.out}: {self.points} points: {counts}{left}"
        for run in self.running:
            yield (
                f"  running  {run.label}  on {run.host} (process {run.pid}): "
                f"{run.references:,} references, {run.rate:,.0f} a second, {run.seconds:.0f} s"
            )
        for error, alike in Counter((failed.status, failed.error) for failed in self.failed).items():
            first = next(failed for failed in self.failed if (failed.status, failed.error) == error)
            more = f" and {alike - 1} more" if alike > 1 else ""
            yield f"  {first.status}  {first.label}{more}: {first.error}"
            if first.log:
                yield f"    more in {first.log}"


def status(out: Path) -> Status:
    """How far the study is that was last begun in a folder. Nothing is executed or locked, wherever it runs.

    Raises:
        InputError: no study was begun there.
    """
    sweep = read_plan(out).sweep
    tasks = sweep.tasks()
    leases = {lease.path.stem: lease for lease in held(out)}
    done, pending, running, failed, seconds = 0, 0, [], [], []
    for task, (point, result) in zip(tasks, outcomes(sweep, tasks), strict=True):
        lease = leases.get(task.key)
        if lease is not None:
            beat = lease.beat
            where = (lease.holder.host, lease.holder.pid)
            running.append(Running(point.label, *where, beat.references, beat.rate, beat.seconds))
        elif result.status == "done":
            done += 1
        elif result.status == "pending":
            pending += 1
        else:
            failed.append(Failed(point.label, result.status, result.error, result.log))
        if not result.skipped and result.seconds:
            seconds.append(result.seconds)
    left = None
    if running and seconds:
        each = sum(seconds) / len(seconds)
        left = (pending * each + sum(max(0.0, each - run.seconds) for run in running)) / len(running)
    return Status(out, len(tasks), done, pending, tuple(running), tuple(failed), left)
