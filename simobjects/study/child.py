# SPDX-License-Identifier: BSD-3-Clause
"""What a child of a worker does: one request, in a process that nobody uses afterwards; or, when the scripts are plain,
one after the other, in a process that these cannot change."""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import json
import os
import sys
import time
import warnings
from collections.abc import Hashable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from simobjects.base.errors import ExitCode
from simobjects.framework import Progress, SimObjectsError, Simulation, config_json
from simobjects.framework.story import users_story
from simobjects.framework.unchanging import unchanging

from .config_script import RUN_NAME, Execution
from .leases import Beat
from .plain import NotPlain, Plain, plain
from .run_task import check_task, run_task
from .task import Result, Task
from .whereabouts import here

_BEAT_SECONDS = 1.0
_OURS = "simobjects."
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROOM = 64 << 20
"""Bytes by which a process may grow before what is left of machines is looked for."""

_MOST_GROWN = 4 * _ROOM
"""Bytes by which it may have grown when that is done."""

Memories = dict[Plain, dict[Hashable, Any]]
"""What is remembered of classes while one script is executed again and again: that of the last script."""

_streams: list[TextIO] = []
"""Standard output and error as `_redirect` has made them; they stay for the next point."""


def run_child(request: dict[str, Any], writer: int, warmed: set[str]) -> NoReturn:
    """Carry out the request, send the answer to `writer` as a line of JSON, and end the process."""
    code = 1
    try:
        tell = _Teller(writer, warmed)
        tell.say(_carry_out(request, tell, None))
        code = 0
    finally:
        _end(code)


def serve_child(requests: int, writer: int, warmed: set[str]) -> NoReturn:
    """Carry out the requests that come from `requests`, lines of JSON, until there are no more.

    One whose script is not plain is declined, before anything of it is executed. The answer to a request is the last
    one when the process has grown too much.
    """
    code = 1
    try:
        tell = _Teller(writer, warmed)
        memories: Memories = {}
        small = _resident()
        kept = small
        with open(requests, "rb") as lines:
            for line in lines:
                begun = time.process_time()
                answer = _plainly(json.loads(line), tell, memories)
                if _resident() > kept + _ROOM:
                    gc.collect()
                    kept = _resident()
                tell.say({**answer, "cpu": time.process_time() - begun, "last": kept > small + _MOST_GROWN})
        code = 0
    finally:
        _end(code)


def _plainly(request: dict[str, Any], tell: _Teller, memories: Memories) -> dict[str, Any]:
    try:
        script = plain(Path(Task.read(request["task"]).script))
        if script is not None:
            if script not in memories:  # it may have imported further classes of ours
                memories.clear()
                memories[script] = {}
            # A plain script changes no class. What was warned of once is warned of again.
            with unchanging(memories[script]), warnings.catch_warnings():
                return _carry_out(request, tell, lambda config: script.execute(RUN_NAME))
    except (NotPlain, OSError):
        pass
    return {"declined": True}


def _carry_out(request: dict[str, Any], tell: _Teller, execute: Execution | None) -> dict[str, Any]:
    task = Task.read(request["task"])
    os.chdir(task.folder)
    _redirect(str(task.log) if request["what"] == "run" else os.devnull)
    return _run(task, tell, execute) if request["what"] == "run" else _check(request, task, execute)


def _resident() -> int:
    """Bytes of memory that the process has, 0 where that cannot be asked."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def _end(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


class _Teller:
    """Lines to the worker: how far the run is, which machine it is, the answer."""

    def __init__(self, writer: int, warmed: set[str]) -> None:
        self._writer, self._warmed, self._next = writer, set(warmed), 0.0

    def say(self, said: dict[str, Any]) -> None:
        """Send a line."""
        line = memoryview(json.dumps(said).encode() + b"\n")
        while line:
            line = line[os.write(self._writer, line) :]

    def progress(self, progress: Progress) -> None:
        """Now and then, how far it is."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _BEAT_SECONDS
            rate = progress.references / progress.seconds if progress.seconds > 0 else 0.0
            self.say({"beat": asdict(Beat(progress.references, rate, progress.seconds))})

    def machine(self, simulation: Simulation) -> None:
        """Tell of a machine that the worker has not seen yet, if it is made of our classes only."""
        kinds = sorted(_kinds(simulation.identity))
        if all(kind.startswith(_OURS) for kind, _ in kinds):
            name = hashlib.sha256(json.dumps(kinds).encode()).hexdigest()
            if name not in self._warmed:
                self._warmed.add(name)
                self.say({"machine": name, "config": config_json(simulation.system)})


def _kinds(dumped: dict[str, Any]) -> set[tuple[str, str]]:
    """The classes of an object and of all below it, each with the contents that it names."""
    identity = dumped.get("identity")
    found = {(dumped["type"], json.dumps(identity, sort_keys=True) if identity else "")}
    for held in dumped.get("children", {}).values():
        if isinstance(held, list):
            each = held
        elif held is None or isinstance(held.get("type"), str):
            each = [held]
        else:
            each = held.values()
        found.update(*(_kinds(one) for one in each if one))
    return found


def _run(task: Task, tell: _Teller, execute: Execution | None) -> dict[str, Any]:
    started = time.monotonic()
    try:
        result = run_task(task, tell.progress, tell.machine, execute)
    except SimObjectsError as error:
        result = Result(task.key, "failed", error=f"{type(error).__name__}: {error}")
    except Exception as error:
        import traceback

        traceback.print_exc()
        told = users_story(error, Path(task.script)) or f"{type(error).__name__}: {error}"
        result = Result(task.key, "failed", error=told)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.fstat(1).st_size > 0:
        result = replace(result, log=str(task.log))
    if result.status == "failed" and not result.host:
        result = replace(result, host=here().host, seconds=time.monotonic() - started)
    return {"result": result.text()}


def _check(request: dict[str, Any], task: Task, execute: Execution | None) -> dict[str, Any]:
    try:
        checked = vars(check_task(task, request["values"], request["picture"], execute))
    except SimObjectsError as error:
        checked = {
            "failed": str(error),
            "titled": type(error).__name__ if error.titled else "",
            "input": error.exit_code == ExitCode.BAD_INPUT,
        }
    except Exception as error:
        checked = {"failed": f"{type(error).__name__}: {error}", "input": False}
    return {"checked": checked}


def _redirect(log: str) -> None:
    """Send what the script prints, and the traces of a crash, to the point's log."""
    ours = _streams == [sys.stdout, sys.stderr]
    if ours:
        for stream in _streams:
            stream.flush()  # to where it belongs
    for _ in range(5):
        try:
            target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            break
        except FileNotFoundError:  # another sweep in the same folder has removed the empty folder of logs
            os.makedirs(os.path.dirname(log), exist_ok=True)
    else:
        target = os.open(os.devnull, os.O_WRONLY)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    if not ours:
        sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)
        faulthandler.enable(file=sys.stderr)
        _streams[:] = sys.stdout, sys.stderr
