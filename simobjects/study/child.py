# SPDX-License-Identifier: BSD-3-Clause
"""What a child of a worker does: one request, in a process that nobody uses afterwards."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import sys
import time
from collections.abc import Container
from dataclasses import asdict, replace
from typing import Any, NoReturn

from simobjects.framework import Progress, SimObjectsError, Simulation, config_json

from .leases import Beat
from .run_task import check_task, run_task
from .task import Result, Task
from .whereabouts import here

_BEAT_SECONDS = 1.0
_OURS = "simobjects."


def run_child(request: dict[str, Any], task: Task, writer: int, warmed: Container[str]) -> NoReturn:
    """Carry out the request, send the answer to `writer` as a line of JSON, and end the process."""
    code = 1
    try:
        os.chdir(task.folder)
        _redirect(str(task.log) if request["what"] == "run" else os.devnull)
        tell = _Teller(writer, warmed)
        tell.say(_run(task, tell) if request["what"] == "run" else _check(request, task))
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        os._exit(code)


class _Teller:
    """Lines to the worker: how far the run is, which machine it is, the answer."""

    def __init__(self, writer: int, warmed: Container[str]) -> None:
        self._writer, self._warmed, self._next = writer, warmed, 0.0

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
                self.say({"machine": name, "config": config_json(simulation.system)})


def _kinds(dumped: object) -> set[tuple[str, str]]:
    """The classes of all objects, each with the contents that it names."""
    if isinstance(dumped, list):
        return set().union(*map(_kinds, dumped))
    if not isinstance(dumped, dict):
        return set()
    found = set().union(*map(_kinds, dumped.values())) if dumped else set()
    if isinstance(dumped.get("type"), str):
        found.add((dumped["type"], json.dumps(dumped.get("identity"), sort_keys=True)))
    return found


def _run(task: Task, tell: _Teller) -> dict[str, Any]:
    started = time.monotonic()
    try:
        result = run_task(task, tell.progress, tell.machine)
    except SimObjectsError as error:
        result = Result(task.key, "failed", error=f"{type(error).__name__}: {error}")
    except Exception as error:
        import traceback

        traceback.print_exc()
        result = Result(task.key, "failed", error=f"{type(error).__name__}: {error}")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.fstat(1).st_size > 0:
        result = replace(result, log=str(task.log))
    if result.status == "failed" and not result.host:
        result = replace(result, host=here().host, seconds=time.monotonic() - started)
    return {"result": result.text()}


def _check(request: dict[str, Any], task: Task) -> dict[str, Any]:
    try:
        checked = asdict(check_task(task, request["values"], request["picture"]))
    except SimObjectsError as error:
        checked = {"failed": str(error), "titled": type(error).__name__ if error.titled else ""}
    except Exception as error:
        checked = {"failed": f"{type(error).__name__}: {error}"}
    return {"checked": checked}


def _redirect(log: str) -> None:
    """Send what the script prints, and the traces of a crash, to the point's log."""
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
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)
    faulthandler.enable(file=sys.stderr)
