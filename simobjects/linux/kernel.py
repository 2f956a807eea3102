# SPDX-License-Identifier: BSD-3-Clause
"""The guest's kernel out of the source: the same bytes wherever and whenever it is built."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from simobjects.linux.errors import BuildError
from simobjects.linux.source import unpack
from simobjects.linux.tools import CROSS, run

RECIPE = Path(__file__).parent / "recipe"
CONFIG = RECIPE / "kernel.config"
VARIABLES = {
    "KBUILD_BUILD_TIMESTAMP": "1970-01-01 00:00:00 UTC",
    "KBUILD_BUILD_USER": "guest",
    "KBUILD_BUILD_HOST": "simobjects",
    "KBUILD_BUILD_VERSION": "1",
    "ARCH": "powerpc",
    "CROSS_COMPILE": CROSS,
}
"""What a kernel would else say of who built it, when and where, and for what."""


def build_kernel(source: Path, config: Path, work: Path, told: Callable[[str], None]) -> bytes:
    """The kernel's ELF file. It is built in its own tree, so that no path of this computer gets into it.

    The tree stays in `work`, for the caller to remove. As many compilers run at once as there are processors.

    Args:
        source: archive of Linux's source.
        config: lines of Kconfig; what they do not name is off.
        work: an empty folder, of some GiB.
        told: gets a line for each step.

    Returns:
        The bytes of `vmlinux`, with symbols: the same for the same source, config and compiler.

    Raises:
        BuildError: the archive is none, a tool is missing or fails, or Kconfig drops one of the lines.
    """
    told("unpacking the kernel's source")
    tree = unpack(source, work)
    told("configuring the kernel")
    make = ["make", f"-j{os.cpu_count() or 1}"]
    run([*make, f"KCONFIG_ALLCONFIG={config.resolve()}", "allnoconfig"], tree, variables=VARIABLES)
    _check_config(config, tree / ".config")
    count = 0

    def compiled(line: str) -> None:
        nonlocal count
        words = line.split()
        if len(words) == 2 and words[0] in ("CC", "AS"):
            count += 1
            told(f"compiling the kernel: {count} files, {words[1]}")

    run([*make, "vmlinux"], tree, compiled, variables=VARIABLES)
    return (tree / "vmlinux").read_bytes()


def _check_config(config: Path, made: Path) -> None:
    """Kconfig drops without a word what does not go together."""
    have = set(made.read_text(encoding="utf-8").splitlines())
    asked = [line for line in config.read_text(encoding="utf-8").splitlines() if line.startswith("CONFIG_")]
    lost = [line for line in asked if line not in have and not (line.endswith("=n") and f"{line[:-2]}=y" not in have)]
    if lost:
        what = f"this kernel cannot be configured so: {', '.join(lost)}"
        raise BuildError(what, where=config, fix="remove these lines, or add what they depend on")
