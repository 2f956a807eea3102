# SPDX-License-Identifier: BSD-3-Clause
"""Programs that change their own code: calls of small routines, stores over them, and what makes the stores seen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simobjects import CostModel, Simulation, System
from simobjects.isa.arch import SPR
from tests.differential.encode import load_constant
from tests.helpers.assembler import asm
from tests.helpers.elf_files import Elf, Part
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import START, STAY, machine

Action = tuple[Any, ...]
GUEST_BASE = 0x0100_0000
DATA = 0x30000
PLACES = (START + 4, 0x20000, 0x20040, 0x21000)
"""Routines: in the page of the program itself, two in one page, one in a page of its own."""
RETURN = asm("bclr", bo=20, bi=0)
ROUTINES = (
    asm("addi", rt=3, ra=3, si=1),
    asm("addi", rt=3, ra=3, si=100),
    asm("xori", ra=3, rs=3, ui=0x55),
    asm("lwz", rt=4, ra=12, d=0),
    asm("stw", rs=3, ra=12, d=4),
    asm("addi", rt=3, ra=3, si=7),
)
"""First words of a routine: some of them load or store, which moves what is counted of those behind them."""
WORDS_BEHIND = 0x400
"""Bytes from a routine to words of its page that nobody executes."""
EXIT = asm("mfmsr", rt=8)
"""An instruction that KVM emulates: out of the guest, and into it again."""


def words_of(action: Action) -> list[int]:
    """The instructions of one action; r9 and r10 are lost."""
    match action:
        case ("patch", int(place), int(routine)):
            constants = [*load_constant(9, PLACES[place]), *load_constant(10, ROUTINES[routine])]
            return [*constants, asm("stw", rs=10, ra=9, d=0)]
        case ("call", int(place)):
            return [*load_constant(9, PLACES[place]), asm("mtspr", spr=SPR.CTR, rs=9), asm("bcctr", bo=20, bi=0) | 1]
        case ("icbi", int(place)):
            return [*load_constant(9, PLACES[place]), asm("icbi", ra=0, rb=9), asm("isync")]
        case ("iccci",):
            return [asm("iccci", ra=0, rb=0), asm("isync")]
        case ("exit",):
            return [EXIT]
        case ("fill", int(place), int(count)):  # stores beside a routine
            loop = [asm("stw", rs=10, ra=9, d=0), asm("bc", bo=16, bi=0, bd=-4)]
            count_down = [asm("addi", rt=11, ra=0, si=count), asm("mtspr", spr=SPR.CTR, rs=11)]
            return [*load_constant(9, PLACES[place] + WORDS_BEHIND), *count_down, *loop]
        case ("clear", int(place)):
            return [*load_constant(9, PLACES[place] + WORDS_BEHIND), asm("dcbz", ra=0, rb=9)]
    raise ValueError(f"no such action: {action}")


def program(actions: Iterable[Action]) -> bytes:
    """An ELF file that does these things one after the other, and then stays where it is."""
    body = [word for action in actions for word in words_of(action)]
    main = [asm("b", li=12), ROUTINES[0], RETURN, *load_constant(12, DATA), *body, STAY]
    code = {START: main, **{place: [ROUTINES[0], RETURN] for place in PLACES[1:]}}
    parts = [Part(at, b"".join(word.to_bytes(4, "big") for word in words)) for at, words in code.items()]
    return Elf(parts, entry=START).bytes()


def system_of(elf: Path, scheme: str, *, iccci: bool = True) -> System:
    """As guest of KVM with that scheme, or `native`."""
    if scheme == "native":
        return machine(elf)
    system = guest_system(elf, scheme)
    system.costs = CostModel(iccci=iccci)
    return system


def result(elf: Path, scheme: str, **costs: bool) -> int:
    """r3 at the end."""
    simulation = Simulation(system_of(elf, scheme, **costs))
    list(simulation.run())
    return int(simulation.engine.read_register("r3"))
