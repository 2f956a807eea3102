# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects run --gdb`: the run waits for a debugger, which decides what the guest does."""

from __future__ import annotations

from simobjects.base.errors import UsageError
from simobjects.framework import Simulation
from simobjects.gdb import serve
from simobjects.gdb.machine import SimulatedGuest
from simobjects.gdb.session import End

from ._common import say


def debug(simulation: Simulation, port: int) -> None:
    """Wait for gdb and carry out one session; afterwards the run goes on, or ends when gdb killed it.

    Args:
        simulation: of a core that executes a program.
        port: of 127.0.0.1; 0: any that is free, which is printed.

    Raises:
        UsageError: the port is none, or cannot be used.
        NotDebuggable: the core is fed with a reference stream.
    """
    if not 0 <= port < 1 << 16:
        raise UsageError("a port is a number from 0 to 65535", where=f"--gdb {port}")
    guest = SimulatedGuest(simulation)
    try:
        end = serve(guest, port, _tell)
    except OSError as error:
        raise UsageError(
            f"this port cannot be used ({error.strerror})", where=f"--gdb {port}", fix="name another"
        ) from error
    say(f"gdb has left: {end.value}")
    if end is End.KILL:
        simulation.stop()


def _tell(port: int) -> None:
    say(f"waiting for gdb: gdb-multiarch PROGRAM.elf -ex 'target remote 127.0.0.1:{port}'")
