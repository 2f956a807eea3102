# SPDX-License-Identifier: BSD-3-Clause
"""Programs for the 440, built with Debian's PowerPC compiler and a start-up of our own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

COMPILER = "powerpc-linux-gnu-gcc"
FLAGS = (
    *("-mcpu=440", "-msoft-float", "-ffreestanding", "-fno-builtin", "-fno-pic", "-no-pie", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", "-fno-tree-loop-distribute-patterns", "-nostdlib", "-static", "-G0"),
    *("-msdata=none", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"),
    *("-Wl,-z,noexecstack", "-Wl,-z,max-page-size=4096"),
)


def needed(tool: str = COMPILER) -> str:
    """Path of the cross compiler or of another of its tools; the calling test skips when there is none."""
    found = shutil.which(tool)
    if found is None:
        package = "gcc-powerpc-linux-gnu" if tool == COMPILER else "binutils-powerpc-linux-gnu"
        pytest.skip(f"{tool} is not installed (Debian: apt-get install {package})")
    return found


def build(
    sources: Sequence[Path], output: Path, *, script: Path, options: Sequence[str] = ("-O2",), libgcc: bool = False
) -> Path:
    """Compiles and links the sources to a big-endian static ELF file at `output`, and returns that path.

    `script` is the linker's. `libgcc` links the compiler's own helpers (64-bit division, software floating point).
    """
    command = [needed(), *FLAGS, *options, "-T", str(script), "-o", str(output), *map(str, sources)]
    made = subprocess.run([*command, *(("-lgcc",) if libgcc else ())], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise AssertionError(f"{output.name} could not be built:\n{made.stderr}")
    return output
