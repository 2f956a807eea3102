# SPDX-License-Identifier: BSD-3-Clause
"""Programs of a few instructions, and machines that run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from simobjects import ElfProgram, Event, Simulation, System
from simobjects.boards import bamboo
from tests.differential.encode import b_form, d_form, i_form, load_constant, spr_form, x_form
from tests.helpers.elf_files import Elf, Part

START = 0x10000
UART = 0xEF600300
MARKERS = 0xEF600000
RESET = [*load_constant(31, 0x30000000), spr_form(467, 31, 308)]
"""Ends the run: mtspr DBCR0 with a system reset."""
STAY = i_form(0, 0, 0)
"""A branch to itself."""


def store(address: int, value: int, *, size: int = 4) -> list[int]:
    """Store a constant; r9 and r10 are lost."""
    primary = {4: 36, 2: 44, 1: 38}[size]
    return [*load_constant(9, address), *load_constant(10, value), d_form(primary, 10, 9, 0)]


def load(register: int, address: int, *, size: int = 4) -> list[int]:
    """Load from a constant address; r9 is lost."""
    primary = {4: 32, 2: 40, 1: 34}[size]
    return [*load_constant(9, address), d_form(primary, register, 9, 0)]


def say(text: str) -> list[int]:
    """Print text on the console."""
    return [word for letter in text.encode() for word in store(UART, letter, size=1)]


def spend(count: int) -> list[int]:
    """A loop of `count` turns: 2 + 2 * count instructions (li, mtctr, then nop and bdnz each turn)."""
    return [d_form(14, 11, 0, count), spr_form(467, 11, 9), d_form(24, 0, 0, 0), b_form(16, 0, -4, 0, 0)]


def end_with(value: int = 0) -> list[int]:
    """End the run through the marker page."""
    return store(MARKERS + 0x10, value)


ECHO = [
    *load(3, UART + 5, size=1),
    d_form(28, 3, 3, 1),  # andi. r3,r3,1
    0x4182_0000 | (-16 & 0xFFFC),  # beq: wait for a character
    *load(3, UART, size=1),
    d_form(38, 3, 9, 0),  # stb to the same register
    d_form(11, 0, 3, ord("!")),  # cmpwi r3,'!'
    0x4082_0000 | (-36 & 0xFFFC),  # bne
    *RESET,
]
"""Sends back what it receives, up to and with an exclamation mark."""


def elf_file(path: Path, words: Iterable[int], *, symbols: Sequence[tuple[str, int, int]] = ()) -> Path:
    """An ELF program of these instructions at START."""
    code = b"".join(word.to_bytes(4, "big") for word in words)
    path.write_bytes(Elf([Part(START, code)], entry=START, symbols=symbols).bytes())
    return path


def machine(elf: Path | str, *, core: dict[str, Any] | None = None, uart: dict[str, Any] | None = None,
            bus: dict[str, Any] | None = None, memory: str = "32MiB", **program: Any) -> System:  # fmt: skip
    """A native machine with a Bamboo board; the console is kept, not printed."""
    system = bamboo(ElfProgram(str(elf), **program), memory=memory, uarts=2)
    for name, value in (core or {}).items():
        setattr(system.core, name, value)
    for name, value in (uart or {}).items():
        setattr(system.board.uart0, name, value)
    for name, value in (bus or {}).items():
        setattr(system.board.bus, name, value)
    return system


def run(system: System, **limits: Any) -> tuple[Simulation, list[Event]]:
    """The finished run and its events."""
    simulation = Simulation(system)
    return simulation, list(simulation.run(**limits))


def console(simulation: Simulation) -> str:
    """What the guest printed."""
    text: bytes = simulation.peers[simulation.system.board.uart0].sent_bytes
    return text.decode()


__all__ = [
    "ECHO",
    "MARKERS",
    "RESET",
    "START",
    "STAY",
    "UART",
    "console",
    "elf_file",
    "end_with",
    "load",
    "machine",
    "run",
    "say",
    "spend",
    "store",
    "x_form",
]
