# SPDX-License-Identifier: BSD-3-Clause
"""Many points at once, each in a fresh process.

A process per point, forked from a server that has the package already imported: a point that crashes, or that is
killed for want of memory, takes no other with it, and no state of a script survives into the next point. The number
of workers decides only how many run at a time.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from simobjects.base.interrupts import on_interrupt
from simobjects.base.later import homes

from .point import Job, Result, child

_POLL_SECONDS = 0.2


def available_cores() -> int:
    """How many processes can run at once; what a batch system or `taskset` allows, not what the computer has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Batch:
    """The results by the index of their job, and whether Ctrl-C ended the batch before all were there."""

    results: dict[int, Result]
    interrupted: bool


def run_jobs(jobs: Sequence[Job], workers: int, report: Callable[[Result], None]) -> Batch:
    """Run every job, at most `workers` at a time; `report` sees each result when it comes.

    Ctrl-C ends the running points; the results that are there are returned.
    """
    _start_server()
    waiting = list(reversed(jobs))
    running: dict[Connection, tuple[Job, ForkServerProcess]] = {}
    results: dict[int, Result] = {}

    def collect(seconds: float) -> None:
        for ready in wait(list(running), seconds):
            assert isinstance(ready, Connection)
            job, process = running.pop(ready)
            results[job.index] = _result(ready, job, process)
            report(results[job.index])

    interrupted = threading.Event()
    with on_interrupt(interrupted.set, again=True):
        try:
            while (waiting or running) and not interrupted.is_set():
                while waiting and len(running) < workers:
                    job = waiting.pop()
                    receiver, process = _start(job)
                    running[receiver] = (job, process)
                collect(_POLL_SECONDS)
            collect(0)
        finally:
            for _, process in running.values():
                process.kill()
            for receiver, (_, process) in running.items():
                process.join()
                receiver.close()
        return Batch(results, interrupted.is_set() and len(results) < len(jobs))


def _start(job: Job) -> tuple[Connection, ForkServerProcess]:
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(sender, json.dumps(asdict(job))), daemon=True)
    process.start()
    sender.close()
    return receiver, process


def _start_server() -> None:
    """Start the server that forks the workers, if it does not run yet, out of reach of Ctrl-C.

    A terminal sends Ctrl-C to all processes; this one decides what it means, and ends the workers itself.
    """
    # Also what scripts import by name, which would otherwise be imported again in every worker.
    forkserver.set_forkserver_preload(["simobjects.study.point", *sorted(set(homes("simobjects").values()))])
    # Started by the server's start otherwise, which would lift the block in between.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _result(receiver: Connection, job: Job, process: ForkServerProcess) -> Result:
    """What the worker sent, or how it died without a word."""
    try:
        return Result(**json.loads(receiver.recv_bytes()))
    except EOFError:
        process.join()
        return Result(job.index, "failed", error=_cause_of_death(process.exitcode))
    finally:
        receiver.close()
        process.join()


def _cause_of_death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; perhaps the memory was used up: try fewer --jobs" if name == "SIGKILL" else ""
        return f"the process of this point was ended by {name}{hint}"
    return f"the process of this point ended with exit code {code} and no result"
