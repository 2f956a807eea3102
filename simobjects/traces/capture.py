# SPDX-License-Identifier: BSD-3-Clause
"""Record any program: run it under Valgrind's lackey and import the stream as it comes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import selectors
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simobjects.base.interrupts import on_interrupt
from simobjects.base.processes import kill_all, start
from simobjects.base.scratch import Scratch
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.lackey import LackeyImport, Renumber
from simobjects.traces.writer import DEFAULT_LEVEL

_ROOM = 1 << 20
"""Bytes that the pipe holds and that are read at a time, where the system allows as much."""
_FASTEST = 100_000_000
"""Bytes of text a second that Valgrind does not write, so that it need not wait for room in the pipe."""

# e_machine of the ELF header (System V ABI and its processor supplements)
_MACHINES = {3: "x86", 20: "ppc32", 21: "ppc64", 40: "arm", 62: "x86-64", 183: "aarch64", 243: "riscv"}


@dataclass(frozen=True)
class Capture:
    """How a capture went.

    Attributes:
        header: of the trace that was written.
        exit_status: the program's own (128 + signal number when a signal ended it), None when we stopped it.
        stopped: "" when the program ended by itself, else why it was stopped.
    """

    header: TraceHeader
    exit_status: int | None
    stopped: Literal["", "limit", "interrupt"]


def capture(
    command: Sequence[str],
    out: str | Path,
    *,
    references: int | None = None,
    renumber: Renumber = "auto",
    license_note: str = "",
    level: int = DEFAULT_LEVEL,
    progress: Callable[[int], None] | None = None,
    folder: str | Path | None = None,
) -> Capture:
    """Run `command` under Valgrind and write the trace file `out`; stdin, stdout and stderr are the program's own.

    Only the process itself is recorded, not its children. After `references`, or at Ctrl-C, the program and its
    children are killed and the trace holds what was seen until then; a second Ctrl-C gives up without a trace.

    Args:
        command: the program, found on the PATH, and its arguments.
        out: the trace file.
        references: instructions, loads and stores after which it is stopped; None: at its end.
        renumber: as of `import_lackey`.
        license_note: terms of the program and its input.
        level: zstd level, 1 to 22.
        progress: called now and then with the references so far.
        folder: in which it runs; None: the current one.

    Raises:
        TraceError: Valgrind or the program cannot be found, or nothing was recorded.
    """
    valgrind, program = _tools(command)
    interrupted = threading.Event()
    with (
        LackeyImport(
            out,
            where=f"valgrind {shlex.join(command)}",
            source=shlex.join(command),
            references=references,
            renumber=renumber,
            architecture=architecture_of(Path(program)),
            license_note=license_note,
            level=level,
        ) as running,
        on_interrupt(interrupted.set),
    ):
        with (
            _pipe() as (fifo, reader),
            _started(valgrind, fifo, command, folder) as process,
        ):
            stopped = _drain(process, reader, running, interrupted, progress)
            if stopped:
                kill_all(process)
            code = process.wait()
        header = running.close(cut=True)
    return Capture(header, None if stopped else code if code >= 0 else 128 - code, stopped)


def _tools(command: Sequence[str]) -> tuple[str, str]:
    """Where Valgrind and the program are."""
    if not command:
        raise TraceError("(no command)", "there is nothing to run", fix="give the program and its arguments")
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise TraceError("valgrind", "Valgrind is not installed", fix="sudo apt-get install valgrind")
    program = shutil.which(command[0])
    if program is None:
        raise TraceError(command[0], "no such program", fix="give a program on the PATH, or its path")
    return valgrind, program


@contextmanager
def _pipe() -> Iterator[tuple[Path, int]]:
    """A pipe by name for Valgrind to write to, and its end that is read."""
    with Scratch() as scratch:
        fifo = scratch.path / "lackey"
        os.mkfifo(fifo)
        # Opened before Valgrind starts, and never blocking: a Valgrind that fails at once is noticed.
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with contextlib.suppress(OSError):  # the system may not allow as much
                fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _ROOM)  # fewer switches of process: 1.6 times as fast
            yield fifo, reader
        finally:
            os.close(reader)


@contextmanager
def _started(
    valgrind: str, fifo: Path, command: Sequence[str], folder: str | Path | None
) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [
        valgrind,
        "--tool=lackey",
        "--trace-mem=yes",
        "--vgdb=no",  # which leaves pipes in TMPDIR when it is killed
        "--child-silent-after-fork=yes",  # a forked child would write into the same stream
        f"--log-file={str(fifo).replace('%', '%%')}",
        "--",
        *command,
    ]
    process = start(arguments, cwd=folder)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_all(process)


def _drain(
    process: subprocess.Popen[bytes],
    reader: int,
    running: LackeyImport,
    interrupted: threading.Event,
    progress: Callable[[int], None] | None,
) -> Literal["", "limit", "interrupt"]:
    """Import until the stream ends; a child of the program may hold it open, so the process's end counts too.

    Valgrind writes each line by itself. Who waits for the pipe is woken by each of them, at the cost of both: so this
    sleeps until there is much to read.
    """
    room = fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ)
    space = memoryview(bytearray(_ROOM))  # one for all pieces: the system has to clear new memory
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while not interrupted.is_set():
            ended = process.poll() is not None
            size = 0
            if selector.select(0 if ended else 0.1):
                try:
                    size = os.readv(reader, [space])
                except BlockingIOError:
                    continue
            elif not ended:
                continue
            if size:
                if not running.feed(space[:size]):
                    return "limit"
                if progress is not None:
                    progress(running.references)
                if size < room // 2 and not ended:
                    interrupted.wait(room / _FASTEST)
            elif ended:
                return ""
            else:
                interrupted.wait(0.02)  # not opened yet; or closed, by a program that became another one (exec)
    return "interrupt"


def architecture_of(program: Path) -> str:
    """Instruction set of an ELF program, such as `x86-64` or `ppc32`; that of this computer for a script."""
    try:
        with program.open("rb") as file:
            start = file.read(20)
    except OSError:
        start = b""
    if start[:4] == b"\x7fELF" and len(start) == 20:
        machine = int.from_bytes(start[18:20], "big" if start[5] == 2 else "little")
        return _MACHINES.get(machine, f"ELF machine {machine}")
    return platform.machine().replace("_", "-")
