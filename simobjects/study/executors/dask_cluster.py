# SPDX-License-Identifier: BSD-3-Clause
"""Points on the workers of a Dask cluster that the user has: a laptop's, dask-jobqueue's, one in Kubernetes.

What travels is a point as text and its result as text. On each host of the cluster a worker process of ours runs the
points, so that they are as separate from each other, and from Dask, as they are here. Results are in the folder, which
all hosts share.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from simobjects.study.task import Result, Task

from .local import LocalProcesses, Reporter
from .process import hire
from .slurm import ExecutorError

_POLL_SECONDS = 0.5
_RETRIES = 3
"""How often Dask gives a point to another worker after one has died with it."""


@dataclass(frozen=True)
class DaskCluster:
    """The cluster of a `distributed.Client`, or of a scheduler by its address."""

    client: Any

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now; one point runs on each."""
        threads: dict[str, int] = self._client().nthreads()
        return max(1, sum(threads.values()))

    def run(self, tasks: Sequence[Task], report: Reporter, stop: threading.Event) -> None:
        """Run every task on the cluster. Raises ExecutorError when the scheduler is lost: finished points are kept."""
        from concurrent.futures import CancelledError

        from distributed import as_completed

        client, call = self._client(), os.urandom(4).hex()
        keys = [f"simobjects-{task.key}-{call}" for task in tasks]
        futures = client.map(run_there, [task.text() for task in tasks], key=keys, retries=_RETRIES)
        by_key = {future.key: task for future, task in zip(futures, tasks, strict=True)}
        waiting = as_completed(futures)
        try:
            while by_key and not stop.is_set():
                if client.status != "running":
                    raise _lost()
                ready = waiting.next_batch(block=False)
                if not ready:
                    time.sleep(_POLL_SECONDS)
                for future in ready:
                    task = by_key[future.key]
                    try:
                        result = Result.read(future.result())
                    except CancelledError:
                        raise _lost() from None
                    except Exception as error:  # all workers that had it have died, or cannot import us
                        result = Result(task.key, "failed", error=f"{type(error).__name__}: {error}")
                    del by_key[future.key]
                    report(result)
        finally:
            if by_key and client.status == "running":
                client.cancel([future for future in futures if future.key in by_key], force=True)

    def _client(self) -> Any:
        return connected(self.client) if isinstance(self.client, str) else self.client


@cache
def connected(address: str) -> Any:
    """A client of the scheduler at an address.

    Raises:
        ExecutorError: there is no `distributed` here, or no scheduler there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ExecutorError("Dask is not installed", fix="pip install 'simobjects[dask]'") from None
    try:
        return Client(address, timeout="10s")
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorError(f"no scheduler of Dask answers at {address} ({error})", fix="check the address") from None


def _lost() -> ExecutorError:
    return ExecutorError(
        "the scheduler of Dask is gone; finished points are kept", fix="start it again and give the same command"
    )


def run_there(text: str) -> str:
    """Run one point, on a host of the cluster; a point as text in, its result as text out."""
    task = Task.read(text)
    results: list[Result] = []
    worker = hire(1)
    LocalProcesses(1, idle=worker).run([task], results.append, threading.Event())
    return results[0].text()
