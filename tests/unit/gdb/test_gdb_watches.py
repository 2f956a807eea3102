# SPDX-License-Identifier: BSD-3-Clause
"""Debian's gdb-multiarch with watchpoints at the executing core: no hit is lost, none comes late, whatever accesses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from simobjects import Simulation
from simobjects.gdb.machine import SimulatedGuest
from simobjects.gdb.session import End
from tests.helpers.assembler import asm
from tests.helpers.small_programs import RESET, START, elf_file, machine
from tests.helpers.timed_programs import constant

from .test_gdb_session import gdb, needs_gdb, served

DATA = 0x40000
NOP = asm("ori")
AT = 'printf "at %d\\n", ((int)$pc - {start}) / 4'
SETUP = [
    *constant(10, DATA),
    *constant(12, 2 * 4096 + DATA - 2),
    asm("addi", rt=5, ra=0, si=1),
    asm("addi", rt=6, ra=0, si=2),
]
"""r10: the data, r12: across two pages, r5 and r6: 1 and 2."""


def store(register: int, offset: int = 0) -> int:
    return asm("stw", rs=register, ra=10, d=offset)


def load(offset: int = 0) -> int:
    return asm("lwz", rt=9, ra=10, d=offset)


def session(tmp_path: Path, body: Sequence[int], *commands: str) -> str:
    """What gdb says at a program: the setup, then `body`, whose first instruction has been reached."""
    begin = START + 4 * len(SETUP)
    elf = elf_file(tmp_path / "p.elf", [*SETUP, *body, NOP, *RESET])
    guest = SimulatedGuest(Simulation(machine(elf)))
    output: list[str] = []
    lines = [line.replace("AT", AT.format(start=begin)) for line in commands]
    start = (f"tbreak *{begin}", "continue")
    assert served(guest, lambda port: output.append(gdb(port, *start, *lines, "kill"))) is End.KILL
    return output[0]


def places(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"^at (\d+)$", text, re.MULTILINE)]


def values(text: str) -> list[tuple[int, int]]:
    """(old, new) of each hit of a watchpoint for writes."""
    return [(int(a), int(b)) for a, b in re.findall(r"Old value = (-?\d+)\nNew value = (-?\d+)", text)]


@needs_gdb
def test_each_of_three_stores_in_a_row(tmp_path: Path) -> None:
    body = [store(5), store(6), store(5), NOP, NOP]
    text = session(tmp_path, body, f"watch *(int *){DATA}", *["continue", "AT"] * 3)
    assert (values(text), places(text)) == ([(0, 1), (1, 2), (2, 1)], [1, 2, 3])


@needs_gdb
def test_each_of_two_loads_in_a_row(tmp_path: Path) -> None:
    body = [store(5), load(), load(), NOP]
    text = session(tmp_path, body, f"rwatch *(int *){DATA}", *["continue", "AT"] * 2)
    assert (text.count("Value = 1"), places(text)) == (2, [2, 3])


@needs_gdb
def test_an_access_watchpoint_hears_of_both(tmp_path: Path) -> None:
    body = [store(5), load(), NOP, store(6), NOP]
    text = session(tmp_path, body, f"awatch *(int *){DATA}", *["continue", "AT"] * 3)
    assert places(text) == [1, 2, 4]


@needs_gdb
def test_a_store_of_the_same_value_is_passed_over_and_the_next_is_not(tmp_path: Path) -> None:
    body = [store(5), store(5), store(6), NOP]
    text = session(tmp_path, body, f"watch *(int *){DATA}", *["continue", "AT"] * 2)
    assert (values(text), places(text)) == ([(0, 1), (1, 2)], [1, 3])


@needs_gdb
def test_a_condition(tmp_path: Path) -> None:
    body = [store(5), store(6), store(5), store(6), NOP]
    text = session(tmp_path, body, f"watch *(int *){DATA} if *(int *){DATA} == 2", *["continue", "AT"] * 2)
    assert (values(text), places(text)) == ([(1, 2), (1, 2)], [2, 4])


WIDE = {
    "byte of a word": ("char", 2, [store(5), asm("sth", rs=6, ra=10, d=2), asm("stb", rs=6, ra=10, d=2), NOP], [3]),
    "eight bytes": ("long long", 0, [store(5, 8), store(6, 4), NOP], [2]),
    "unaligned": ("int", 0xFFE + 4096, [asm("stw", rs=5, ra=12, d=0), NOP], [1]),
    "dcbz": ("int", 8, [store(5, 8), asm("dcbz", ra=0, rb=10), NOP], [1, 2]),
    "stmw": ("int", 12, [asm("stmw", rs=26, ra=10, d=0), store(5, 12), NOP], [2]),
    "stswi": ("char", 5, [asm("stswi", rs=5, ra=10, nb=8), asm("stswi", rs=6, ra=10, nb=4), NOP], []),
    "stwcx.": ("int", 0, [asm("stwcx_rec", rs=5, ra=0, rb=10), asm("lwarx", rt=9, ra=0, rb=10),
                          asm("stwcx_rec", rs=6, ra=0, rb=10), NOP], [3]),
}  # fmt: skip


@needs_gdb
@pytest.mark.parametrize("name", WIDE)
def test_every_width_and_kind_of_store(name: str, tmp_path: Path) -> None:
    """`stmw` writes zeros where there are zeros; the failed stwcx. writes nothing."""
    kind, offset, body, expected = WIDE[name]
    text = session(tmp_path, body, f"watch *({kind} *){DATA + offset}", *["continue", "AT"] * len(expected),
                   f"tbreak *{START + 4 * (len(SETUP) + len(body))}", "continue", "AT")  # fmt: skip
    assert places(text) == [*expected, len(body)]


READS = {
    "lmw": [asm("lmw", rt=28, ra=10, d=0), NOP],
    "lswi": [asm("lswi", rt=5, ra=10, nb=8), NOP],
    "lbzu": [asm("lbzu", rt=9, ra=10, d=5), NOP],
    "lwarx": [asm("addi", rt=11, ra=10, si=4), asm("lwarx", rt=9, ra=0, rb=11)],
}


@needs_gdb
@pytest.mark.parametrize("name", READS)
def test_every_kind_of_load(name: str, tmp_path: Path) -> None:
    body = READS[name]
    text = session(tmp_path, body, f"rwatch *(int *){DATA + 4}", "continue", "AT")
    assert places(text) == [2 if name == "lwarx" else 1]


@needs_gdb
def test_two_watchpoints_hit_by_one_instruction_are_both_told(tmp_path: Path) -> None:
    """The second an instruction late: gdb hears one address at a stop."""
    body = [asm("stmw", rs=5, ra=10, d=0), NOP, NOP]
    text = session(tmp_path, body, f"watch *(int *){DATA}", f"watch *(int *){DATA + 4}", *["continue", "AT"] * 2)
    assert sorted(values(text)) == [(0, 1), (0, 2)]
    assert places(text) == [1, 2]


@needs_gdb
def test_a_hit_is_not_hidden_by_another_watchpoint_that_does_not_change(tmp_path: Path) -> None:
    body = [asm("stmw", rs=4, ra=10, d=0), NOP, NOP]
    text = session(tmp_path, body, "set var $r4 = 0", f"watch *(int *){DATA}", f"watch *(int *){DATA + 4}", "continue")
    assert values(text) == [(0, 1)]


@needs_gdb
def test_a_breakpoint_at_the_same_instruction(tmp_path: Path) -> None:
    body = [NOP, store(5), store(6), NOP]
    at = START + 4 * (len(SETUP) + 1)
    text = session(tmp_path, body, f"break *{at}", f"watch *(int *){DATA}", *["continue", "AT"] * 3)
    assert (values(text), places(text)) == ([(0, 1), (1, 2)], [1, 2, 3])


@needs_gdb
def test_single_steps_over_it(tmp_path: Path) -> None:
    text = session(tmp_path, [store(5), load(), store(6)], f"watch *(int *){DATA}", *["stepi", "AT"] * 3)
    assert (values(text), places(text)) == ([(0, 1), (1, 2)], [1, 2, 3])


@needs_gdb
def test_finish_stops_in_the_function_and_then_behind_it(tmp_path: Path) -> None:
    """The function: store, store, blr; gdb is told where it is by `until`, as there are no symbols."""
    call = asm("b", li=12) | 1
    body = [call, NOP, asm("b", li=16), store(5), store(6), asm("bclr", bo=20), NOP]
    after = START + 4 * (len(SETUP) + 1)
    commands = [f"watch *(int *){DATA}", "stepi", f"tbreak *{after}", *["continue", "AT"] * 3]
    text = session(tmp_path, body, *commands)
    assert (values(text), places(text)) == ([(0, 1), (1, 2)], [4, 5, 1])


@needs_gdb
def test_a_breakpoint_at_a_place_that_was_jumped_to(tmp_path: Path) -> None:
    body = [NOP, store(5), NOP]
    at = START + 4 * (len(SETUP) + 1)
    text = session(tmp_path, body, f"break *{at}", f"jump *{at}", "AT")
    assert places(text) == [1]
