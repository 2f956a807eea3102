# SPDX-License-Identifier: BSD-3-Clause
"""The program s1 on Unicorn (PyPI), QEMU's translator as a library: flat memory, no TLB, no board.

It executes some 70 million instructions a second, so it gets some seconds and not the whole program; its loop counter
says how far it came.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from benchmarks.programs import Program
from benchmarks.row import Cost, timed
from simobjects.programs.elf import read_elf

MEMORY = 128 << 20
MICROSECONDS = 3_000_000
"""Of one turn."""
ROUNDS, INSTRUCTIONS = 60_000, 98_310
"""Rounds of the program's outer loop, which counts r5 down, and instructions of one."""


def available() -> bool:
    """Whether `pip install unicorn` was done; it is no requirement of the project."""
    return importlib.util.find_spec("unicorn") is not None


def measure(program: Program) -> Callable[[], Cost]:
    """CPU time of some seconds of the program, and the instructions, in millions, that were executed in them."""

    def turn() -> Cost:
        rounds: list[int] = []
        cost = timed(lambda: _ready(program, rounds))()
        return Cost(cost.seconds, None, rounds[0] * INSTRUCTIONS / 1e6)

    return turn


def _ready(program: Program, rounds: list[int]) -> Callable[[], int]:
    unicorn: Any = importlib.import_module("unicorn")
    ppc: Any = importlib.import_module("unicorn.ppc_const")
    image = read_elf(program.path)
    machine = unicorn.Uc(unicorn.UC_ARCH_PPC, unicorn.UC_MODE_PPC32 | unicorn.UC_MODE_BIG_ENDIAN)
    machine.ctl_set_cpu_model(ppc.UC_CPU_PPC32_440_XILINX)
    machine.ctl_set_tlb_mode(unicorn.UC_TLB_VIRTUAL)
    machine.mem_map(0, MEMORY)
    for segment in image.segments:
        machine.mem_write(segment.address, bytes(segment.data))

    def run() -> int:
        machine.emu_start(image.entry, 0, MICROSECONDS)
        rounds.append(ROUNDS - machine.reg_read(ppc.UC_PPC_REG_5))
        return rounds[0]

    return run
