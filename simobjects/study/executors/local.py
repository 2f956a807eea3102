# SPDX-License-Identifier: BSD-3-Clause
"""Points on this computer: one worker process, which runs several at a time."""

from __future__ import annotations

import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from simobjects.study.task import Result, Task

from .process import WorkerProcess, dismiss, hire

_POLL_SECONDS = 0.2
_BUSY_SECONDS = 1.0
"""How long a point that somebody else works on is left alone before it is asked for again."""

_MOST_DEATHS = 2
"""How often a point is tried again after its worker has died without a word of it."""

Reporter = Callable[[Result], None]


class Executor(Protocol):
    """Runs points somewhere. Each result is also in the folder of the sweep when it is reported."""

    @property
    def workers(self) -> int:
        """How many points run at a time, as far as is known now."""

    def run(self, tasks: Sequence[Task], report: Reporter, stop: threading.Event) -> None:
        """Run every task and report its result, in any order. Returns early when `stop` is set."""


def available_cores() -> int:
    """How many processes can run at once; what a batch system or `taskset` allows, not what the computer has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class LocalProcesses:
    """On this computer, `jobs` points at a time (default: one for each core that this process may use)."""

    jobs: int | None = None
    idle: WorkerProcess | None = field(default=None, compare=False)
    """A worker that runs already and has nothing to do: it is used first, and ended."""

    @property
    def workers(self) -> int:
        """How many points run at a time."""
        return self.jobs or available_cores()

    def run(self, tasks: Sequence[Task], report: Reporter, stop: threading.Event) -> None:
        """Run every task; when `stop` is set the running ones are ended."""
        _Hands(self.workers, tasks, report).run(stop, self.idle)


class _Hands:
    """Hands out tasks to a worker process, and to another one when it has died."""

    def __init__(self, slots: int, tasks: Sequence[Task], report: Reporter) -> None:
        self._slots, self._report = slots, report
        self._waiting = deque(tasks)
        self._busy: deque[tuple[float, Task]] = deque()
        self._asked: dict[int, Task] = {}
        self._deaths: dict[str, int] = {}
        self._number = 0

    def run(self, stop: threading.Event, idle: WorkerProcess | None) -> None:
        while (self._waiting or self._busy) and not stop.is_set():
            worker, idle = idle or hire(self._slots), None
            try:
                alive = self._serve(worker, stop)
            except BaseException:
                worker.end()
                raise
            if alive and not self._asked:
                dismiss(worker)
                return
            code = worker.end()
            if not alive:
                self._mourn(code)

    def _serve(self, worker: WorkerProcess, stop: threading.Event) -> bool:
        """Whether all is done; False when the worker has died."""
        with selectors.DefaultSelector() as selector:
            selector.register(worker.answers, selectors.EVENT_READ)
            while (self._waiting or self._busy or self._asked) and not stop.is_set():
                self._hand_out(worker)
                if selector.select(_POLL_SECONDS):
                    try:
                        for answer in worker.read():
                            self._take(answer)
                    except EOFError:
                        return False
        return True

    def _hand_out(self, worker: WorkerProcess) -> None:
        while self._busy and self._busy[0][0] <= time.monotonic():
            self._waiting.append(self._busy.popleft()[1])
        while self._waiting and len(self._asked) < 2 * self._slots:  # a next one lies ready when a slot is free
            task = self._waiting.popleft()
            self._number += 1
            self._asked[self._number] = task
            worker.ask({"id": self._number, "what": "run", "task": task.text()})

    def _take(self, answer: dict[str, Any]) -> None:
        task = self._asked.pop(answer["id"])
        result = Result.read(answer["result"])
        if result.status == "busy":
            self._busy.append((time.monotonic() + _BUSY_SECONDS, task))
        else:
            self._report(result)

    def _mourn(self, code: int) -> None:
        """The worker has died: its points are tried again, but not for ever."""
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        for task in self._asked.values():
            deaths = self._deaths[task.key] = self._deaths.get(task.key, 0) + 1
            if deaths > _MOST_DEATHS:
                self._report(Result(task.key, "failed", error=f"the worker died {deaths} times ({how})"))
            else:
                self._waiting.append(task)
        self._asked.clear()


def check(requests: Sequence[dict[str, Any]], worker: WorkerProcess, stop: threading.Event) -> list[dict[str, Any]]:
    """Answers to requests to check a point, in their order; those that `stop` has cut off are left out."""
    found: dict[int, dict[str, Any]] = {}
    sent = 0
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(worker.answers, selectors.EVENT_READ)
            while len(found) < len(requests) and not stop.is_set():
                while sent < min(len(requests), len(found) + 2 * worker.slots):
                    worker.ask({"id": sent, "what": "check", **requests[sent]})
                    sent += 1
                if selector.select(_POLL_SECONDS):
                    for answer in worker.read():
                        found[answer["id"]] = answer["checked"]
    except EOFError:
        missing = {"failed": "the worker that checks the points has died; what it printed is above"}
        return [found.get(number, missing) for number in range(len(requests))]
    return [found[number] for number in sorted(found)]
