# SPDX-License-Identifier: BSD-3-Clause
"""A program on QEMU's PowerPC 440, with what it printed and what it left in memory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

BINARY = "qemu-system-ppc"
MIB = 1 << 20


def needed() -> str:
    """Path of the emulator; the calling test skips when there is none."""
    found = shutil.which(BINARY)
    if found is None:
        pytest.skip(f"{BINARY} is not installed (Debian: apt-get install qemu-system-ppc qemu-system-data)")
    return found


@dataclass(frozen=True)
class Run:
    """What a finished run left behind. `memory` maps the guest's RAM as bytes, from physical address 0."""

    uart: bytes
    memory: np.ndarray


class QemuFailed(AssertionError):
    """The emulator did not end by the guest's reset within the time limit."""


def run(
    elf: Path,
    work: Path,
    *,
    memory_mib: int = 128,
    timeout: float = 120,
    icount: int | None = None,
    extra: Sequence[str] = (),
) -> Run:
    """Runs the ELF file until the guest resets itself (DBCR0[RST]).

    RAM is a file in `work`, so that the host sees it after the end. With `icount` (QEMU's shift) time is counted in
    instructions: the time base advances by 0.4 a nanosecond, and an instruction takes 2**shift of those.
    """
    ram = work / f"{elf.stem}.ram"
    uart = work / f"{elf.stem}.uart"
    command = [
        needed(),
        *("-M", "bamboo,memory-backend=ram", "-cpu", "440-xilinx", "-m", str(memory_mib)),
        *("-object", f"memory-backend-file,id=ram,size={memory_mib}M,mem-path={ram},share=on"),
        *("-nic", "none", "-display", "none", "-monitor", "none", "-serial", f"file:{uart}", "-no-reboot"),
        *(("-icount", f"shift={icount}") if icount is not None else ()),
        *("-kernel", str(elf), *extra),
    ]
    ram.unlink(missing_ok=True)
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise QemuFailed(f"{elf.name} was still running after {timeout:g} seconds: {printed(uart)!r}") from late
    if ended.returncode != 0:
        raise QemuFailed(f"{elf.name}: QEMU ended with status {ended.returncode}: {ended.stderr.decode().strip()}")
    memory = np.memmap(ram, dtype=np.uint8, mode="r")
    ram.unlink()  # the map keeps it
    return Run(printed(uart), memory)


def printed(uart: Path) -> bytes:
    """The serial line's output, without the carriage returns."""
    return uart.read_bytes().replace(b"\r", b"") if uart.exists() else b""
