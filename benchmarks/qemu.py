# SPDX-License-Identifier: BSD-3-Clause
"""QEMU's 440: plain, counting instructions (-icount), and with a plugin that counts memory accesses."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.cost import spent
from benchmarks.naive import compiler

QEMU = "qemu-system-ppc"
MISSING = "apt-get install qemu-system-ppc"
NO_PLUGINS = "a QEMU that takes plugins (-plugin)"
PLUGIN = Path(__file__).parent / "plugin" / "count.c"
MACHINE = ["-M", "bamboo", "-cpu", "440-xilinx", "-m", "128", "-nic", "none", "-nographic", "-monitor", "none"]
ENDING = ["-serial", "stdio", "-no-reboot"]
ICOUNT = ["-icount", "shift=0"]


def available() -> bool:
    """Whether QEMU's PowerPC system emulator is installed."""
    return shutil.which(QEMU) is not None


@cache
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


def seconds(program: Path, *options: str) -> float:
    """CPU time, start-up included, of one run to the program's reset; user and system, all threads."""
    return spent([QEMU, *MACHINE, *ENDING, *options, "-kernel", str(program)])


def linux_seconds(kernel: Path, initrd: Path, bootargs: str, tree: bytes, folder: Path, *options: str) -> float:
    """The same of a Linux up to its restart; `tree` is the board's device tree, which QEMU fills in."""
    (folder / "bamboo.dtb").write_bytes(tree)
    where = ["-L", str(folder), "-L", _data()]
    return spent([
        QEMU, *MACHINE, *ENDING, *where, *options, "-kernel", str(kernel), "-initrd", str(initrd), "-append", bootargs,
    ])  # fmt: skip


@cache
def _data() -> str:
    """Where QEMU has its firmware."""
    told = subprocess.run([QEMU, "-L", "help"], capture_output=True, text=True, check=False).stdout.split()
    return next((folder for folder in told if os.path.isdir(folder)), "/usr/share/qemu")


def plugin_options(plugin: Path | None) -> Sequence[str]:
    """What loads the plugin."""
    return () if plugin is None else ("-plugin", str(plugin))
