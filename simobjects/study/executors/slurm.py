# SPDX-License-Identifier: BSD-3-Clause
"""Points as a job array of SLURM: each job of the array runs every n-th point of the study, and may be run again.

What is submitted is a plain script that lies in the folder of the study. A second job, which waits for the array,
makes the tables.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import SimObjectsError, UsageError
from simobjects.base.files import write_whole

SCRIPT = "slurm.sh"
_LOGS = "slurm"


class ExecutorError(SimObjectsError):
    """Points cannot be handed to where they are to run; the message says why."""


@dataclass(frozen=True)
class Slurm:
    """A job array: so many jobs (`array`) of `cpus` cores each, for `time` at the longest, on `partition`.

    `options` are further ones of `sbatch`, such as `("--account=x",)`.
    """

    array: int = 1
    time: str = ""
    partition: str = ""
    cpus: int = 1
    options: Sequence[str] = ()

    def script(self, out: Path) -> str:
        """The text of the script for the study in a folder.

        Raises:
            UsageError: an option would be another line of the script.
        """
        here = out.absolute()
        given = [f"--time={span(self.time)}"] if self.time else []
        given += [f"--partition={self.partition}"] if self.partition else []
        options = [
            "--job-name=simobjects",
            f"--array=1-{self.array}",
            f"--cpus-per-task={self.cpus}",
            f"--output={shlex.quote(f'{here}/{_LOGS}/%A_%a.txt')}",  # sbatch reads quotes as a shell does
            "--requeue",
            *given,
            *self.options,
        ]
        for option in options:
            if "\n" in option:
                raise UsageError("an option of sbatch has no line ends", where=repr(option), fix="give one at a time")
        lines = [f"#SBATCH {option}" for option in options]
        shard = f"--shard $SLURM_ARRAY_TASK_ID/{self.array}"
        work = f"{_program()} work {shlex.quote(str(here))} {shard} --jobs {self.cpus}"
        return "\n".join(["#!/bin/bash", *lines, f"cd {shlex.quote(str(Path.cwd()))}", f"exec {work}", ""])

    def write(self, out: Path) -> Path:
        """Write the script into the folder of the study. Raises OSError where the folder does not take it."""
        (out / _LOGS).mkdir(parents=True, exist_ok=True)
        path = out / SCRIPT
        write_whole(path, self.script(out).encode())
        return path

    def submit(self, out: Path) -> str:
        """Write the script and submit it, with a job behind it that makes the tables; the number of the array.

        Raises:
            ExecutorError: there is no SLURM here, or it refuses the job.
        """
        path = self.write(out)
        job = self._sbatch(str(path))
        collect = f"cd {shlex.quote(str(Path.cwd()))} && {_program()} collect {shlex.quote(str(out.absolute()))}"
        options = [f"--dependency=afterany:{job}", "--job-name=simobjects-collect", "--kill-on-invalid-dep=yes"]
        options += [f"--output={out.absolute()}/{_LOGS}/collect.txt"]
        options += [f"--partition={self.partition}"] if self.partition else []
        self._sbatch(*options, *self.options, f"--wrap={collect}")
        return job

    def _sbatch(self, *arguments: str) -> str:
        """Submit, and return the number of the job."""
        if shutil.which("sbatch") is None:
            raise ExecutorError("there is no sbatch here", fix="run this where jobs are submitted, or use --dry-run")
        done = subprocess.run(["sbatch", "--parsable", *arguments], capture_output=True, text=True)
        if done.returncode:
            raise ExecutorError(f"sbatch refuses the job: {done.stderr.strip()}", fix="change the options of the job")
        return done.stdout.strip().partition(";")[0]


def span(text: str) -> str:
    """A time span as sbatch takes it: `90m`, `1h`, `2d`, or one in its own form (`1-12:00:00`), which stays.

    Raises:
        UsageError: it is neither.
    """
    if re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", text):
        return text
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if match is None:
        raise UsageError("is no time span", where=f"--time {text}", fix="write 90m, 1h or 1-12:00:00")
    minutes, seconds = divmod(int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]], 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _program() -> str:
    """This program, run by this Python: jobs have the environment of whoever submits them."""
    return f"{shlex.quote(sys.executable)} -m simobjects"
