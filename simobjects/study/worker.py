# SPDX-License-Identifier: BSD-3-Clause
"""A worker: a process that stays, and that runs points in children, several at a time.

It imports the package and opens the traces once; each point is a child that it forks. So what a script does to its
process ends with the child: nothing of it reaches the next point, and a point that crashes takes no other with it.

Requests come as lines of JSON on standard input, answers go as lines of JSON to standard output. When the input ends
(whoever started the worker is gone), the worker ends its children and itself. While a child runs, the worker keeps
the lease of its point; see `leases`.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from simobjects.base.interrupts import SIGNALS
from simobjects.base.later import homes
from simobjects.framework import SimObjectsError, Simulation, load_config

from . import leases
from .child import run_child
from .leases import Beat, Lease
from .provenance import environment
from .store import note_result
from .task import Result, Task
from .whereabouts import here

_PIECE = 1 << 16
_TICK_SECONDS = 1.0
_MOST_WARMED = 16
_DEATH_OF_PARENT = 1  # prctl's PR_SET_PDEATHSIG


@dataclass
class _Child:
    """A running child: what it was asked, its process, and its lease when it runs a point."""

    request: dict[str, Any]
    task: Task
    pid: int
    lease: Lease | None
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)
    beat: Beat = Beat()
    rest: bytes = b""
    answer: dict[str, Any] | None = None


class Worker:
    """See the module. `slots` is how many points run at a time."""

    def __init__(self, slots: int, source: int, target: int) -> None:
        self._slots, self._source, self._target = slots, source, target
        self._waiting: deque[dict[str, Any]] = deque()
        self._children: dict[int, _Child] = {}
        self._warmed: set[str] = set()
        self._selector = selectors.DefaultSelector()
        self._input = b""
        self._ended = False
        try:
            self._prctl: Any = ctypes.CDLL(None).prctl
        except (OSError, AttributeError):  # not Linux: a child then sees the end of its pipe when it answers
            self._prctl = None

    def serve(self) -> None:
        """Answer requests until there are no more."""
        self._selector.register(self._source, selectors.EVENT_READ)
        try:
            while not self._ended:
                while self._waiting and len(self._children) < self._slots:
                    self._start(self._waiting.popleft())
                for ready, _ in self._selector.select(_TICK_SECONDS):
                    if ready.fd == self._source:
                        self._hear()
                    else:
                        self._read(ready.fd)
                self._keep_leases()
        finally:
            self._end_children()

    def _hear(self) -> None:
        piece = os.read(self._source, _PIECE)
        self._ended = not piece
        *lines, self._input = (self._input + piece).split(b"\n")
        for request in map(json.loads, lines):
            if request["what"] == "adapt":
                self._slots = request["slots"]
                sys.path[:] = request["path"]
                os.environ.clear()
                os.environ.update(request["environment"])
            else:
                self._waiting.append(request)

    def _answer(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        line = memoryview(json.dumps({"id": request["id"], **answer}).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self._target, line) :]
        except OSError:  # nobody listens any more
            self._ended = True

    def _start(self, request: dict[str, Any]) -> None:
        task, lease = Task.read(request["task"]), None
        if request["what"] == "run":
            try:
                lease = leases.take(Path(task.out), task.key, task.label)
            except OSError as error:
                self._finish(request, Result(task.key, "failed", error=f"no lease can be written: {error.strerror}"))
                return
            if lease is None:
                self._answer(request, {"result": Result(task.key, "busy").text()})
                return
        reader, writer = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            self._become_child(parent)
            run_child(request, task, writer, self._warmed)
        os.close(writer)
        self._children[reader] = _Child(request, task, pid, lease)
        self._selector.register(reader, selectors.EVENT_READ)

    def _become_child(self, parent: int) -> None:
        """Let go of what is the worker's; die with it."""
        if self._prctl is not None:
            self._prctl(_DEATH_OF_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        self._selector.close()
        for handle in (self._source, self._target, *self._children):
            os.close(handle)

    def _read(self, handle: int) -> None:
        child = self._children[handle]
        piece = os.read(handle, _PIECE)
        *lines, child.rest = (child.rest + piece).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "beat" in said:
                child.beat = Beat(**said["beat"])
            elif "machine" in said:
                self._warm(said["machine"], said["config"])
            else:
                child.answer = said
        if not piece:
            self._bury(handle, child)

    def _bury(self, handle: int, child: _Child) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        del self._children[handle]
        _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if child.request["what"] == "check":
            self._answer(child.request, child.answer or {"checked": {"failed": _cause_of_death(code)}})
            return
        if child.answer is None:
            log = str(child.task.log) if _has_text(child.task.log) else ""
            seconds = time.monotonic() - child.started
            result = Result(
                child.task.key, "failed", error=_cause_of_death(code), seconds=seconds, log=log, host=here().host
            )
        else:
            result = Result.read(child.answer["result"])
        cpu = usage.ru_utime + usage.ru_stime
        self._finish(child.request, replace(result, cpu=cpu), child.lease)

    def _finish(self, request: dict[str, Any], result: Result, lease: Lease | None = None) -> None:
        """Note the result in the folder, give the lease back, and only then tell of it."""
        try:
            note_result(Path(Task.read(request["task"]).out), result)
        except OSError as error:  # a full disk: what was told goes on without the note
            sys.stderr.write(f"the result of a point cannot be noted: {error.strerror}\n")
        if lease is not None:
            with suppress(OSError):
                lease.release()
        self._answer(request, {"result": result.text()})

    def _keep_leases(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.lease is not None and now - child.said > leases.BEAT_SECONDS:
                child.said = now
                with suppress(OSError):
                    child.lease.say(child.beat)

    def _warm(self, machine: str, config: str) -> None:
        """Make the machine of a point from plain data and drop it: its traces stay open, and what is known of its
        classes is there for the children to come. Nothing of a script is executed."""
        if machine in self._warmed or len(self._warmed) >= _MOST_WARMED:
            return
        self._warmed.add(machine)
        with suppress(SimObjectsError, OSError, ValueError):
            Simulation(load_config(json.loads(config)))
        gc.collect()
        gc.freeze()  # so that the children share these pages

    def _end_children(self) -> None:
        for child in self._children.values():
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        for child in self._children.values():
            os.waitpid(child.pid, 0)
            if child.lease is not None:
                with suppress(OSError):
                    child.lease.release()


def main() -> None:
    """The main function of the process: its only argument is the number of slots."""
    # Whoever started the worker alone decides what Ctrl-C means, and then closes the input.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    # Scripts and libraries may print; the answers have a way of their own.
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    # What scripts import by name, which would otherwise be imported again in every child.
    for module in sorted(set(homes("simobjects").values())):
        import_module(module)
    environment()
    gc.collect()
    gc.freeze()
    Worker(int(sys.argv[-1]), source, target).serve()


def _has_text(log: Path) -> bool:
    try:
        return log.stat().st_size > 0
    except OSError:
        return False


def _cause_of_death(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        hint = "; perhaps the memory was used up: try fewer --jobs" if name == "SIGKILL" else ""
        return f"the process of this point was ended by {name}{hint}"
    return f"the process of this point ended with exit code {code} and no result"
