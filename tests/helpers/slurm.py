# SPDX-License-Identifier: BSD-3-Clause
"""A SLURM of one node that a test starts: munged, slurmctld and slurmd as the present user, in a folder."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.studied import runs, wait_for

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")
PATH = f"{os.environ['PATH']}:/usr/sbin"

_CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/sock
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=p Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """The programs that are not here."""
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


class OneNode:
    """The running daemons."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(parents=True)
        (folder / "munge").chmod(0o700)
        key = folder / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        ports = _free_ports()
        host = socket.gethostname().partition(".")[0]
        config = _CONFIG.format(folder=folder, host=host, user=getpass.getuser(), ctld=ports[0], slurmd=ports[1])
        (folder / "slurm.conf").write_text(config)

    def start(self) -> None:
        """Start all three, and wait until the node can be used."""
        munge = self.folder / "munge"
        files = {"key-file": "key", "socket": "sock", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        self._do("munged", "--force", *(f"--{option}={munge / name}" for option, name in files.items()))
        self._do("slurmctld")
        self._do("slurmd")
        wait_for(lambda: "idle" in self.said("sinfo", "--noheader", "--format=%T"))

    def kill_controller(self) -> None:
        """As `kill -9` does it, and start another one.

        The controller writes its jobs to a file every few seconds. One that is killed before has not heard of them: its
        successor starts them again, and drains a node on which they still run until its administrator comes.
        """
        file, now = self.folder / "slurmctld.pid", time.time()
        wait_for(lambda: any(saved.stat().st_mtime > now for saved in (self.folder / "state").glob("job_state")))
        pid = int(file.read_text())
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not runs(pid))
        self._do("slurmctld")

    def said(self, *command: str) -> str:
        """What a command of SLURM prints; empty when it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.stdout if done.returncode == 0 else ""

    def is_empty(self) -> bool:
        """Whether no job is left. On a drained node they would wait for an administrator, who comes here."""
        if "drain" in self.said("sinfo", "--noheader", "--format=%T"):
            self.said("scontrol", "update", "nodename=ALL", "state=resume")
        asked = ("squeue", "--noheader")
        done = subprocess.run(asked, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.returncode == 0 and not done.stdout.strip()

    def stop(self) -> None:
        """End all three."""
        for name in ("slurmd.pid", "slurmctld.pid", "munge/pid"):
            try:
                pid = int((self.folder / name).read_text())
                os.kill(pid, signal.SIGTERM)
                wait_for(lambda pid=pid: not runs(pid), 20)  # type: ignore[misc]
            except (OSError, ValueError, AssertionError):
                continue

    def _do(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=60)


@contextmanager
def one_node(folder: Path) -> Iterator[OneNode]:
    """A SLURM that runs while the block does."""
    node = OneNode(folder)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def _free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [int(made.getsockname()[1]) for made in sockets]
    for made in sockets:
        made.close()
    return ports
