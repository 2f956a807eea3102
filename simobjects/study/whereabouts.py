# SPDX-License-Identifier: BSD-3-Clause
"""Which process this is, among all that may share a folder, and whether another one is gone.

A number of a process means something only on its host, since its start, and within its space of numbers (a container
has one of its own). Together these are a realm; of a process in another realm nobody here can know.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Whereabouts:
    """A process: its host, its realm, its number and when it was born (ticks since the host's start)."""

    host: str
    realm: str
    pid: int
    born: int

    @property
    def name(self) -> str:
        """As a part of the name of a file."""
        return f"{re.sub(r'[^A-Za-z0-9]+', '_', self.host)}-{self.realm}-{self.pid}-{self.born}"

    @property
    def gone(self) -> bool:
        """Whether it surely does not run any more. False when it does, and when that cannot be known here."""
        return self.realm == _realm() and _born(self.pid) != self.born


def here() -> Whereabouts:
    """This process."""
    pid = os.getpid()
    return Whereabouts(socket.gethostname(), _realm(), pid, _own_birth(pid))


def named(name: str) -> Whereabouts | None:
    """The process of a `name`; None for text that is none."""
    match = re.fullmatch(r"(?P<host>\w+)-(?P<realm>\w+)-(?P<pid>\d{1,9})-(?P<born>\d{1,18})", name)
    return Whereabouts(match["host"], match["realm"], int(match["pid"]), int(match["born"])) if match else None


@cache
def _realm() -> str:
    facts = [socket.gethostname()]
    try:
        facts += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    except OSError:  # another system than Linux: the host alone
        pass
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]


@cache
def _own_birth(pid: int) -> int:
    """That of this process, which is another one after a fork."""
    return _born(pid)


def _born(pid: int) -> int:
    """When a process started, 0 where the system does not say, -1 when there is none (or only its remains)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0 if not Path("/proc/self/stat").exists() and _answers(pid) else -1
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return -1 if fields[0] in "ZX" else int(fields[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
