# SPDX-License-Identifier: BSD-3-Clause
"""The program: `simobjects` and `python -m simobjects`. Importing this module is its start."""

from simobjects.base.interrupts import begin

begin()  # before anything else is imported

import atexit  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from simobjects.base.errors import ExitCode  # noqa: E402
from simobjects.base.interrupts import leave, stopped  # noqa: E402
from simobjects.base.outputs import named_streams  # noqa: E402
from simobjects.cli import main  # noqa: E402

__all__ = ["program"]

# Most of what a command makes at its start stays: to look for garbage in it often is a twentieth of a short run.
gc.set_threshold(200_000, 20, 100)


def program() -> int:
    """The whole program; its exit code.

    The interpreter's own end is left out: to take some hundred modules apart is a tenth of a short run. And a Ctrl-C
    that strikes in code which Python executes from text, as a dataclass is made, makes the interpreter kill itself
    there although the exception was caught.
    """
    named_streams()
    try:
        code = main(alone=True)
        if code != ExitCode.INTERRUPTED:  # else nothing is waited for, threads of a script neither
            leave()
    except KeyboardInterrupt:  # behind what the command catches, before it is ignored
        stopped()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:  # nobody may be there to read any more, which the interpreter says
        if code != ExitCode.INTERRUPTED:
            return code
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    raise SystemExit(program())
