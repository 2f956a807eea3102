# SPDX-License-Identifier: BSD-3-Clause
"""A worker: a process that stays, and that runs points in children, several at a time.

It imports the package and opens the traces once; points run in children that it forks. A script that only makes
objects and connects them (`plain`) leaves nothing behind, so a child that has run such a point runs the next one too.
Any other point has a child of its own: what its script does to its process ends with that, and nothing of it reaches
the next point. A child has one point at a time, and so one that crashes takes no other point with it.

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
from simobjects.base.processes import tied
from simobjects.framework import SimObjectsError, Simulation, load_config

from . import leases
from .child import run_child, serve_child
from .leases import Beat, Lease
from .pens import Pens
from .provenance import environment, file_digest
from .store import note_result, tidy
from .task import Result, Task
from .whereabouts import here

_PIECE = 1 << 16
_TICK_SECONDS = 1.0
_MOST_WARMED = 16
_MMAP_THRESHOLD = -3  # mallopt's M_MMAP_THRESHOLD


@dataclass
class _Work:
    """What a child was asked, and the lease when it runs a point."""

    request: dict[str, Any]
    task: Task
    lease: Lease | None
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)
    beat: Beat = Beat()


@dataclass
class _Child:
    """A child: its process, what it works on, and what it has answered. One that stays has `requests` to write to."""

    pid: int
    work: _Work | None
    requests: int | None = None
    rest: bytes = b""
    answer: dict[str, Any] | None = None
    spent: float = 0.0
    """CPU seconds of requests that it has answered."""

    def retire(self) -> None:
        """Let one that stays end when it has answered."""
        if self.requests is not None:
            os.close(self.requests)
            self.requests = None


class Worker:
    """See the module. `slots` is how many points run at a time."""

    def __init__(self, slots: int, source: int, target: int) -> None:
        self._slots, self._source, self._target = slots, source, target
        self._waiting: deque[dict[str, Any]] = deque()
        self._children: dict[int, _Child] = {}
        self._told: tuple[list[str], dict[str, str]] | None = None
        self._declined: set[str | None] = set()
        """Scripts that are not plain, by digest; to ask a child that stays again would only cost time."""
        self._warmed: set[str] = set()
        self._cold: dict[str, str] = {}
        """Machines of which a child has told, and that are worth knowing when the next one is forked."""
        self._selector = selectors.DefaultSelector()
        self._input = b""
        self._ended = False
        self._pens = Pens()
        self._tie = tied()  # where the system has no such thing a child sees the end of its pipe when it answers

    def serve(self) -> None:
        """Answer requests until there are no more."""
        self._selector.register(self._source, selectors.EVENT_READ)
        try:
            while not self._ended:
                while self._waiting and sum(child.work is not None for child in self._children.values()) < self._slots:
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
                self._adapt(request["path"], request["environment"])
            else:
                self._waiting.append(request)

    def _adapt(self, path: list[str], environment: dict[str, str]) -> None:
        """Import from there and have this environment from now on; children that stay have what was told before."""
        if (path, environment) != self._told:
            self._told = (path, environment)
            sys.path[:] = path
            os.environ.clear()
            os.environ.update(environment)
            for child in self._children.values():
                child.retire()

    def _answer(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        try:
            _write(self._target, {"id": request["id"], **answer})
        except OSError:  # nobody listens any more
            self._ended = True

    def _start(self, request: dict[str, Any]) -> None:
        task, lease = Task.read(request["task"]), None
        if request["what"] == "run":
            try:
                lease = leases.take(Path(task.out), task.key, task.label, self._pens)
            except OSError as error:
                self._finish(request, Result(task.key, "failed", error=f"no lease can be written: {error.strerror}"))
                return
            if lease is None:
                self._drop_pens()
                self._answer(request, {"result": Result(task.key, "busy").text()})
                return
        self._give(_Work(request, task, lease))

    def _give(self, work: _Work) -> None:
        """Have a child do it: one that stays, unless it is known that the script is not for it."""
        if not self._declined or file_digest(work.task.script) not in self._declined:
            idle = [child for child in self._children.values() if child.work is None and child.requests is not None]
            for child in idle or [self._fork(None, stays=True)]:
                try:
                    assert child.requests is not None
                    _write(child.requests, work.request)
                except OSError:  # it is gone; its end will be read
                    child.retire()
                    continue
                child.work = work
                return
        self._fork(work, stays=False)

    def _fork(self, work: _Work | None, stays: bool) -> _Child:
        self._warm()
        reader, writer = os.pipe()
        requests = os.pipe() if stays else None
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            self._become_child()
            if requests is not None:
                os.close(requests[1])
                serve_child(requests[0], writer, self._warmed)
            assert work is not None
            run_child(work.request, writer, self._warmed)
        os.close(writer)
        child = self._children[reader] = _Child(pid, work)
        if requests is not None:
            os.close(requests[0])
            child.requests = requests[1]
        self._selector.register(reader, selectors.EVENT_READ)
        return child

    def _become_child(self) -> None:
        """Let go of what is the worker's; die with it."""
        self._tie()
        self._selector.close()
        ways = [child.requests for child in self._children.values() if child.requests is not None]
        for handle in (self._source, self._target, *self._children, *ways):
            os.close(handle)

    def _read(self, handle: int) -> None:
        child = self._children[handle]
        piece = os.read(handle, _PIECE)
        *lines, child.rest = (child.rest + piece).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "beat" in said:
                if child.work is not None:
                    child.work.beat = Beat(**said["beat"])
            elif "machine" in said:
                self._cold[said["machine"]] = said["config"]
            elif "cpu" in said:
                self._answered(child, said)
            else:
                child.answer = said
        if not piece:
            self._bury(handle, child)

    def _answered(self, child: _Child, said: dict[str, Any]) -> None:
        """A child that stays has done its work, or has declined it."""
        work, child.work = child.work, None
        assert work is not None
        child.spent += said["cpu"]
        if said["last"]:
            child.retire()
        if said.get("declined"):
            self._declined.add(file_digest(work.task.script))
            self._fork(work, stays=False)
        else:
            self._tell(work, said, 0, said["cpu"])

    def _bury(self, handle: int, child: _Child) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        child.retire()
        del self._children[handle]
        _, status, usage = os.wait4(child.pid, 0)
        if child.work is not None:
            cpu = usage.ru_utime + usage.ru_stime - child.spent
            self._tell(child.work, child.answer, os.waitstatus_to_exitcode(status), cpu)

    def _tell(self, work: _Work, answer: dict[str, Any] | None, code: int, cpu: float) -> None:
        """What became of it; `code` says how a child without an answer has ended."""
        if work.request["what"] == "check":
            checked = answer["checked"] if answer is not None else {"failed": _cause_of_death(code)}
            self._answer(work.request, {"checked": checked})
            return
        if answer is None:
            log = str(work.task.log) if _has_text(work.task.log) else ""
            seconds = time.monotonic() - work.started
            result = Result(
                work.task.key, "failed", error=_cause_of_death(code), seconds=seconds, log=log, host=here().host
            )
        else:
            result = Result.read(answer["result"])
        self._finish(work.request, replace(result, cpu=cpu), work.lease)

    def _finish(self, request: dict[str, Any], result: Result, lease: Lease | None = None) -> None:
        """Note the result in the folder, give the lease back, and only then tell of it."""
        try:
            note_result(Path(Task.read(request["task"]).out), result)
        except OSError as error:  # a full disk: what was told goes on without the note
            sys.stderr.write(f"the result of a point cannot be noted: {error.strerror}\n")
        if lease is not None:
            with suppress(OSError):
                lease.release()
        self._drop_pens()
        self._answer(request, {"result": result.text()})

    def _drop_pens(self) -> None:
        """Leave none behind when there is nothing to do; the next request may be for another folder, or never come."""
        if not self._waiting and all(child.work is None for child in self._children.values()):
            self._pens.drop()

    def _keep_leases(self) -> None:
        now = time.monotonic()
        for work in [child.work for child in self._children.values() if child.work is not None]:
            if work.lease is not None and now - work.said > leases.BEAT_SECONDS:
                work.said = now
                with suppress(OSError):
                    work.lease.say(work.beat)

    def _warm(self) -> None:
        """Make machines that points had from plain data and drop them: their traces stay open, and what is known of
        their classes is there for the children to come. Nothing of a script is executed."""
        for machine in self._cold.keys() - self._warmed:
            if len(self._warmed) < _MOST_WARMED:
                self._warmed.add(machine)
                with suppress(SimObjectsError, OSError, ValueError):
                    Simulation(load_config(json.loads(self._cold[machine])))
        if self._cold:
            self._cold.clear()
            gc.collect()
            gc.freeze()  # so that the children share these pages

    def _end_children(self) -> None:
        for child in self._children.values():
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        folders: set[str] = set()
        for child in self._children.values():
            os.waitpid(child.pid, 0)
            if child.work is not None and child.work.lease is not None:
                folders.add(child.work.task.out)
                with suppress(OSError):
                    child.work.lease.release()
        self._pens.drop()
        for folder in folders:
            with suppress(OSError):
                tidy(Path(folder))


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
    import_module("pkgutil")  # which `runpy` imports late
    for package in ("simobjects", "simobjects.boards"):
        import_module(package)
        for module in sorted(set(homes(package).values())):
            import_module(module)
    environment()
    _map_large_blocks()
    gc.collect()
    gc.freeze()
    Worker(int(sys.argv[-1]), source, target).serve()


def _write(target: int, said: dict[str, Any]) -> None:
    """Send a line of JSON. Raises OSError when nobody reads it."""
    line = memoryview(json.dumps(said).encode() + b"\n")
    while line:
        line = line[os.write(target, line) :]


def _map_large_blocks() -> None:
    """Have the C library ask the system for each large block. A machine has tables of megabytes of which it uses a
    few pages; when glibc takes them from memory that was in use, it clears all of them."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1 << 20)


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
