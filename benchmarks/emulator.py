# SPDX-License-Identifier: BSD-3-Clause
"""QEMU's 440 beside the executing core: plain, and with a plugin that counts memory accesses."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.naive import compiler

QEMU = "qemu-system-ppc"
PACKAGE = "qemu-system-ppc"
PLUGIN = Path(__file__).parent / "plugin" / "count.c"
MACHINE = ["-M", "bamboo", "-cpu", "440-xilinx", "-m", "128", "-nic", "none", "-nographic", "-monitor", "none"]
ENDING = ["-serial", "stdio", "-no-reboot"]
TIMEOUT = 300


def available() -> bool:
    """Whether QEMU's PowerPC system emulator is installed."""
    return shutil.which(QEMU) is not None


def version() -> str:
    """Of QEMU, as it says it itself."""
    return subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def compile_plugin(folder: Path) -> Path | None:
    """The counting plugin, compiled into `folder`; None when this QEMU takes no plugins."""
    library = folder / "count.so"
    flags = ["-O2", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden"]
    subprocess.run([*compiler(), *flags, "-o", str(library), str(PLUGIN)], check=True)
    probe = subprocess.run([QEMU, "-plugin", str(library), "-M", "none", "--version"], capture_output=True, check=False)
    return library if probe.returncode == 0 else None


def seconds(program: Path, plugin: Path | None = None) -> float:
    """CPU time, start-up included, of one run to the program's reset; user and system, all threads."""
    extra = [] if plugin is None else ["-plugin", str(plugin)]
    command = [QEMU, *MACHINE, *ENDING, *extra, "-kernel", str(program)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{QEMU} ended {program.name} with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime
