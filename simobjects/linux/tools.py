# SPDX-License-Identifier: BSD-3-Clause
"""The programs that build a guest: which Debian package has each, and how they are called."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simobjects.linux.errors import BuildError

CROSS = "powerpc-linux-gnu-"
COMPILER = f"{CROSS}gcc"
KERNEL_HEADERS = Path("/usr/powerpc-linux-gnu/include")
"""Of the kernel for programs (linux-libc-dev-powerpc-cross)."""
FOR_PROGRAMS = {COMPILER: "gcc-powerpc-linux-gnu"}
"""Program -> package: what compiles the guest's programs."""
FOR_KERNEL = {
    **FOR_PROGRAMS,
    "gcc": "gcc",
    "make": "make",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "xz": "xz-utils",
}
"""The same for the kernel."""
SHOWN = 12
"""Lines of a tool's output that an error shows."""
WRONG = re.compile(r"\b(error|fatal|undefined reference|No such file|No rule)\b|\*\*\*")


def need(programs: Mapping[str, str], packages: Sequence[str] = ()) -> None:
    """BuildError with one line for apt when programs are not there; `packages` are missing anyway."""
    missing = [package for program, package in programs.items() if shutil.which(program) is None]
    wanted = sorted({*missing, *packages})
    if wanted:
        raise BuildError(f"not installed: {', '.join(wanted)}", fix=f"apt-get install {' '.join(wanted)}")


def version(compiler: str = COMPILER) -> str:
    """What the compiler says of itself, on one line: `powerpc-linux-gnu-gcc (Debian 12.2.0-13) 12.2.0`.

    It is among the inputs of each part, so that another compiler makes the guest anew. The compiler must be there.
    """
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True, env=plain_environment())
    return said.stdout.partition("\n")[0]


def plain_environment() -> dict[str, str]:
    """Nothing of the user's own settings gets into what is built."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "CCACHE_DIR")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"}


def run(
    command: Sequence[str | Path],
    folder: Path,
    told: Callable[[str], None] = lambda line: None,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run a tool in a folder, without the user's own settings; all of it is ended when this is left early.

    Args:
        command: the tool and its arguments.
        folder: in which it runs.
        told: every line of its output.
        variables: of its environment, beside the plain ones.

    Raises:
        BuildError: it is not installed, or it failed; with lines of its output.
    """
    name, process = Path(command[0]).name, _started(command, folder, variables or {})
    last: deque[str] = deque(maxlen=SHOWN)
    wrong: list[str] = []  # of several compilers at work one fails, and the others go on for long
    try:
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            if WRONG.search(line) and len(wrong) < SHOWN:
                wrong.append(line.rstrip())
            told(line.rstrip())
        status = process.wait()
    finally:
        if process.poll() is None:
            _end(process)
    if status:
        shown = "".join(f"\n    {line}" for line in wrong or last)
        raise BuildError(f"ended with status {status}:{shown}", where=name, fix="look at its lines above")


def _started(command: Sequence[str | Path], folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**plain_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that all of it can be ended
        )
    except FileNotFoundError:
        where = Path(command[0]).name
        raise BuildError("is not installed", where=where, fix="install the package that has it") from None


def _end(process: subprocess.Popen[str]) -> None:
    """End a tool and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except ProcessLookupError:
        process.wait()
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
