# SPDX-License-Identifier: BSD-3-Clause
"""The worker process of a host: started, spoken to, ended.

One that has nothing to do is kept for the next sweep of this process: it has everything imported and traces open.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from simobjects.base.interrupts import SIGNALS

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from simobjects.study.worker import main; main()"
_PIECE = 1 << 16


class WorkerProcess:
    """A worker with so many slots, in a process of its own that imports from where this one does."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        command = [sys.executable, "-c", _BOOT, json.dumps(_path()), str(slots)]
        # A terminal sends Ctrl-C to all processes; the one that started the worker decides what it means.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._rest = b""

    @property
    def answers(self) -> int:
        """The descriptor that is readable when `read` has something to give."""
        return self._stdout.fileno()

    @property
    def usable(self) -> bool:
        """Whether it lives."""
        return self._process.poll() is None

    def adapt(self, slots: int) -> None:
        """From now on so many points at a time, with the environment and the path that this process has now."""
        self.slots = slots
        self.ask({"what": "adapt", "slots": slots, "path": _path(), "environment": dict(os.environ)})

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request. A worker that is gone does not hear it; `read` will say so."""
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except OSError:
            pass

    def read(self) -> Iterator[dict[str, Any]]:
        """The answers that are there, at least one unless the worker is gone; waits for it.

        Raises EOFError when the worker is gone.
        """
        while True:
            piece = os.read(self.answers, _PIECE)
            if not piece:
                raise EOFError
            *lines, self._rest = (self._rest + piece).split(b"\n")
            if lines:
                yield from (json.loads(line) for line in lines)
                return

    def end(self) -> int:
        """Let it end its children and itself; how the process ended."""
        try:
            self._stdin.close()
        except OSError:
            pass
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._stdout.close()


_idle: list[WorkerProcess] = []


def hire(slots: int) -> WorkerProcess:
    """A worker with so many slots that has nothing to do."""
    while _idle:
        worker = _idle.pop()
        if worker.usable:
            worker.adapt(slots)
            return worker
        worker.end()
    return WorkerProcess(slots)


def dismiss(worker: WorkerProcess) -> None:
    """Keep a worker that has answered everything that it was asked."""
    _idle.append(worker)


@atexit.register
def end_idle() -> None:
    """End the workers that are kept."""
    while _idle:
        _idle.pop().end()


def _path() -> list[str]:
    """Where this process imports from."""
    return [folder or os.getcwd() for folder in sys.path]
