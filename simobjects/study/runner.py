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
from collections.abc import Callable, Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from .point import Job, Result, child


def available_cores() -> int:
    """How many processes can run at once; what a batch system or `taskset` allows, not what the computer has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_jobs(jobs: Sequence[Job], workers: int, report: Callable[[Result], None]) -> dict[int, Result]:
    """Run every job, at most `workers` at a time; `report` sees each result when it comes.

    Returns the results by the index of their job. KeyboardInterrupt ends the running points and passes on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["simobjects.study.point"])
    waiting = list(reversed(jobs))
    running: dict[Connection, tuple[Job, ForkServerProcess]] = {}
    results: dict[int, Result] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop()
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=child, args=(sender, json.dumps(asdict(job))), daemon=True)
                process.start()
                sender.close()
                running[receiver] = (job, process)
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                receiver = ready
                job, process = running.pop(receiver)
                result = _result(receiver, job, process)
                results[job.index] = result
                report(result)
    finally:
        for _, process in running.values():
            process.kill()
        for receiver, (_, process) in running.items():
            process.join()
            receiver.close()
    return results


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
