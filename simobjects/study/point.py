# SPDX-License-Identifier: BSD-3-Clause
"""One point of a sweep: executed in a process of its own, so that nothing of another point can reach it."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from simobjects.base.errors import SimObjectsError
from simobjects.framework import EventKind

from .config_script import build
from .execute import Limits, run_to_end
from .store import HASH_DIGITS, find_run, write_whole

Status = Literal["done", "watchdog", "failed", "pending"]

_BAD_ENDS: dict[str, tuple[Status, str]] = {
    EventKind.WATCHDOG.value: ("watchdog", "the watchdog ended the run"),
    EventKind.FAILED.value: ("failed", "the guest could not go on; events.jsonl in its run directory says why"),
    EventKind.UNMET.value: (
        "failed",
        "the console's script waited in vain; events.jsonl in its run directory says more",
    ),
}


@dataclass(frozen=True)
class Job:
    """What a worker needs to know: script, overrides, limits, and where things go.

    `checkpoint`, if there is one, is the file that the run goes on from.

    `out` gets the runs, `log` the output of the script; `folder` is the current one, from which `config` is named.
    """

    index: int
    config: str
    overrides: dict[str, str]
    out: str
    log: str
    folder: str
    limits: Limits = field(default_factory=Limits)
    checkpoint: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a point. `run` names its directory; `skipped` says that it was there already.

    `stats` is the digest of the run's `stats.csv`. `note` says what in the directory was not as a run had written it,
    so that the point was run again. `log` is the file with what the point printed, if it printed something.
    """

    index: int
    status: Status
    run: str = ""
    error: str = ""
    skipped: bool = False
    seconds: float = 0.0
    log: str = ""
    stats: str = ""
    note: str = ""


def run_point(job: Job) -> Result:
    """Execute the script with the job's overrides and run its machine, unless that very run is there already."""
    started = time.monotonic()
    simulation = build(Path(job.config), job.overrides)
    run = simulation.config_hash[:HASH_DIGITS]
    found = find_run(Path(job.out, run), simulation.config_hash, job.limits)
    record = found.record
    if record is None:
        if job.checkpoint:
            simulation.restore(job.checkpoint)
        last = run_to_end(simulation, job.limits)
        record = write_whole(simulation, Path(job.out), job.limits, last)
    status, error = _BAD_ENDS.get(record.ended, ("done", ""))
    return Result(
        index=job.index,
        status=status,
        run=run,
        error=error,
        skipped=found.record is not None,
        seconds=time.monotonic() - started,
        stats=record.files["stats.csv"],
        note=found.changed,
    )


def child(connection: Connection, request: str) -> None:
    """The main function of a worker: a job as JSON in, a result as JSON out."""
    # The parent alone decides what Ctrl-C means; it ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    fields = json.loads(request)
    job = Job(**{**fields, "limits": Limits(**fields["limits"])})
    # The process is forked from a server that may have started in another folder.
    os.chdir(job.folder)
    _redirect(job.log)
    try:
        result = run_point(job)
    except SimObjectsError as error:
        result = Result(job.index, "failed", error=f"{type(error).__name__}: {error}")
    except Exception as error:
        import traceback

        traceback.print_exc()
        result = Result(job.index, "failed", error=f"{type(error).__name__}: {error}")
    connection.send_bytes(json.dumps(asdict(result)).encode())
    connection.close()


def _redirect(log: str) -> None:
    """Send what the script prints, and the traces of a crash, to the point's log."""
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)
    faulthandler.enable(file=sys.stderr)
