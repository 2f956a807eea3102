# SPDX-License-Identifier: BSD-3-Clause
"""Commands without their start: one process imports the package, and a copy of it (fork) carries out each command.

A command is a process of its own, with its own arguments, folder, environment, standard files, signals and exit
status. What it does not show is the start of the program itself; `tests/unit/cli/test_start.py` and `test_interrupt.py`
look at that, in interpreters of their own.

The process is started as `python -m tests.helpers.fork_server SOCKET`, listens until its standard input ends, and
talks with `fork_client`.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.helpers.fork_client import OWN_INTERPRETER, PASSED_ON

MAY_DIFFER = frozenset(("PATH", "PWD", "OLDPWD", "SHLVL", "_", "SIMOBJECTS_CACHE", "PYTEST_CURRENT_TEST"))
"""Variables that nothing reads as it is imported. With others that differ, a command gets a new interpreter."""
Command = Callable[[], object]


def preload() -> None:
    """Import what commands import: every module of the package but its start, and the plots' library."""
    package = importlib.import_module("simobjects")
    for found in pkgutil.walk_packages(package.__path__, "simobjects."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in ("matplotlib.figure", "matplotlib.backends.backend_svg"):
        importlib.import_module(name)


def command(arguments: list[str]) -> Command | None:
    """What Python does with these arguments, as `-m NAME`, `-`, `-c TEXT` or a script; None for anything else."""
    first, following = (arguments[0], arguments[1:]) if arguments else ("", [])

    def begin(argv: list[str], folder: str) -> dict[str, Any]:
        sys.argv = argv
        sys.path.insert(0, folder)
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        module.__dict__.update(__annotations__={}, __builtins__=__builtins__)
        return module.__dict__

    def text(source: str, name: str, argv: list[str]) -> None:
        names = begin(argv, "")
        if argv[0] == "-":
            names["__file__"] = name
        exec(compile(source, name, "exec"), names)

    def module() -> None:
        begin(arguments[1:], os.getcwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)

    def script() -> None:
        names = begin(arguments, os.path.dirname(os.path.abspath(first)))
        names["__file__"] = os.path.abspath(first)
        with open(first, "rb") as file:
            source = file.read()
        exec(compile(source, first, "exec"), names)

    if first == "-m" and following:
        return module
    if first == "-c" and following:
        return lambda: text(following[0], "<string>", ["-c", *following[1:]])
    if first == "-":
        return lambda: text(sys.stdin.read(), "<stdin>", arguments)
    return script if first.endswith(".py") else None


def answer(line: socket.socket, unlike: Callable[[dict[str, str]], bool]) -> Command | None:
    """Fork for one request and tell its end. In the new process: what it is to do. In this one: None."""
    size, files, _, _ = socket.recv_fds(line, 8, 3)
    request = line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    arguments, folder, environment, ignored = marshal.loads(request)
    todo = command(arguments)
    if todo is None or unlike(environment):
        line.sendall(OWN_INTERPRETER)
        return None
    child = os.fork()
    if child == 0:
        line.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        for each in PASSED_ON:
            signal.signal(each, signal.SIG_IGN if each in ignored else signal.SIG_DFL)
        if signal.SIGINT not in ignored:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        return todo
    for file in files:
        os.close(file)
    ended = os.pidfd_open(child)
    sources: list[Any] = [line, ended]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if ended in ready:
            _, status = os.waitpid(child, 0)
            with suppress(BrokenPipeError):  # who asked may have been killed
                line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            return None
        for number in line.recv(16) or [signal.SIGKILL]:
            os.kill(child, number)


def serve(path: str) -> Command:
    """Listen until standard input ends; returns only in a process that has a command to carry out."""
    own = dict(os.environ)

    def unlike(environment: dict[str, str]) -> bool:
        return any(name not in MAY_DIFFER for name, _ in own.items() ^ environment.items())

    for each in PASSED_ON:
        signal.signal(each, signal.SIG_IGN)  # they are for the commands; this process ends with its standard input
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        print("ready", flush=True)
        answering: set[int] = set()
        sources: list[Any] = [door, 0]
        while True:
            ready, _, _ = select.select(sources, [], [])
            answering -= {each for each in answering if os.waitpid(each, 0 if 0 in ready else os.WNOHANG)[0]}
            if 0 in ready:
                os._exit(0)
            line, _ = door.accept()
            with line:
                child = os.fork()
                if child == 0:
                    door.close()
                    todo = answer(line, unlike)
                    if todo is None:
                        os._exit(0)
                    return todo
                answering.add(child)


if __name__ == "__main__":
    preload()
    gc.collect()
    gc.freeze()  # what is there now is left alone by the commands' collections, so that its memory stays shared
    todo = serve(sys.argv[1])
    todo()
