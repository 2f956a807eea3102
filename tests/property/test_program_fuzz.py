# SPDX-License-Identifier: BSD-3-Clause
"""Anything at all as code, state or checkpoint: the executing core runs on, stops or refuses; it never reads astray.

What this finds is mostly found by the address sanitizer (`make asan`), which has these tests in its default set.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.isa.arch import MSR, SUPERVISOR, USER, W0, entry
from simobjects.programs.elf import parse_elf
from simobjects.programs.image import ProgramError
from tests.helpers.assembler import asm
from tests.helpers.bare_board import BareBoard

RAM = 1 << 20
LIMIT = 3_000  # cycles
PROGRAM = (Path(__file__).parents[1] / "data" / "baremetal" / "t02_pid.elf").read_bytes()
PRIMARY = (4, 7, 10, 14, 15, 16, 18, 19, 19, 31, 31, 31, 31, 31, 31, 31, 31, 32, 33, 36, 37, 40, 44, 46, 47, 3, 21)
SYSTEM = [
    asm(name)
    for name in (
        "tlbwe tlbre tlbsx mtspr mfspr mtmsr wrtee wrteei icbi iccci dcbz dcbi lswx stswx lswi stswi lwarx stwcx_rec "
        "mtdcr mfdcr"
    ).split()
]
BOARDS: tuple[dict[str, Any], ...] = (
    {},
    {"micro_inst": 4, "micro_data": 8},
    {"micro_inst": 4, "micro_data": 8, "faithful": True},
    {"strict": True},
    {"mcheck_critical": True},
)


def noise(rng: random.Random, size: int) -> bytes:
    """Words, most of them of primary opcodes that exist, many of instructions that change the machine."""
    words = bytearray()
    for _ in range(size // 4):
        word = rng.getrandbits(32)
        kind = rng.random()
        if kind < 0.7:
            word = word & 0x03FF_FFFF | rng.choice(PRIMARY) << 26
        elif kind < 0.9:
            word = word & 0x03FF_F801 | rng.choice(SYSTEM)
        words += word.to_bytes(4, "big")
    return bytes(words)


def board(seed: int, options: dict[str, Any]) -> BareBoard:
    """RAM full of noise, random registers, and TLB entries that lead into, over the end of, and outside RAM."""
    rng = random.Random(seed)
    made = BareBoard(RAM, **options)
    made.memory.write(0, noise(rng, 8 << 10) * 128)
    core = made.core
    for name in core.register_names():
        if rng.random() < 0.7 and name not in ("dbcr0", "pc", "msr"):
            try:
                core.write_register(name, rng.getrandbits(32))
            except ValueError:
                continue
    for slot in range(64):
        if rng.random() < 0.8:
            size = rng.choice((0, 1, 1, 1, 2, 3, 4, 5, 7, 9, rng.randrange(16)))
            ea = rng.choice((rng.getrandbits(32), rng.randrange(0, RAM), 0xFFFF_F000)) & 0xFFFF_FC00
            physical = rng.choice((rng.randrange(0, RAM + 0x10000), rng.getrandbits(32))) & 0xFFFF_FC00
            physical |= rng.random() < 0.05  # bit 32: beyond all memory
            tags = ea | W0.VALID | rng.getrandbits(1) * W0.TS | size << 4
            made.tlb.write_all(slot, tags, physical, rng.getrandbits(12) | 0x3F, rng.choice((0, 0, 7)))
    made.tlb.write_all(0, *entry(0, 0, 256 << 20, USER | SUPERVISOR))  # so that there is always code, and vectors
    made.tlb.write_all(1, *entry(0, 0, 256 << 20, USER | SUPERVISOR, space=1))
    core.write_register("ivpr", 0)
    core.write_register("dbcr0", 0)
    core.write_register("msr", rng.choice((0, 0, MSR.PR, MSR.ME, MSR.CE, MSR.EE)))
    core.write_register("pc", rng.randrange(0, RAM) & ~3)
    return made


@given(st.integers(0, 1 << 40), st.sampled_from(BOARDS))
@settings(max_examples=80, deadline=None)
def test_noise_as_code(seed: int, options: dict[str, Any]) -> None:
    made = board(seed, options)
    core: ExecutingCore = made.core
    rng = random.Random(seed)
    for _ in range(4):
        core.advance(1 << 40, core.now() // 1000 + LIMIT)
        core.step(rng.randrange(1, 40))
        core.set_breakpoint(rng.randrange(0, RAM) & ~3)
        core.set_watchpoint(rng.randrange(0, RAM), rng.randrange(1, 64), rng.choice(("read", "write", "access")))
        core.write_register("pc", rng.randrange(0, RAM) & ~3)
    assert len(core.digest()) == 32
    assert core.instructions() >= 0


@given(st.integers(0, 1 << 40), st.data())
@settings(max_examples=60, deadline=None)
def test_any_state_is_restored_or_refused(seed: int, data: st.DataObject) -> None:
    """Fields of a saved state overwritten: with numbers, with bytes of the right and the wrong length."""
    made = board(seed, data.draw(st.sampled_from(BOARDS)))
    core = made.core
    core.step(20)
    state = core.save()
    for name in data.draw(st.lists(st.sampled_from(sorted(state)), min_size=1, max_size=12)):
        old = state[name]
        if isinstance(old, bytes):
            length = data.draw(st.sampled_from([len(old), len(old), len(old), 0, len(old) + 1]))
            state[name] = data.draw(st.one_of(st.just(b"\xff" * length), st.binary(min_size=length, max_size=length)))
        else:
            state[name] = data.draw(st.one_of(st.integers(-(1 << 31), 1 << 32), st.integers(-(1 << 70), 1 << 70)))
    try:
        core.restore(state)
    except (ValueError, OverflowError):
        return
    core.step(50)
    core.advance(1 << 40, core.now() // 1000 + LIMIT)
    core.digest()


@given(st.integers(0, 1 << 40))
@settings(max_examples=60, deadline=None)
def test_damaged_programs_run_or_are_refused(seed: int) -> None:
    """An ELF file with bytes overwritten, loaded where it says (in RAM only) and run for a while."""
    rng = random.Random(seed)
    file = bytearray(PROGRAM)
    for _ in range(rng.randrange(1, 40)):
        file[rng.randrange(52, len(file))] = rng.getrandbits(8)
    try:
        image = parse_elf(bytes(file), "damaged")
    except ProgramError:
        return
    made = BareBoard(RAM)
    for segment in image.segments:
        if segment.address + len(segment.data) <= RAM:
            made.memory.write(segment.address, segment.data)
    made.core.write_register("pc", image.entry & ~3)
    made.core.advance(1 << 40, 20 * LIMIT)
    assert made.core.digest()


def test_a_state_of_another_shape_is_refused() -> None:
    core = board(1, {}).core
    state = core.save()
    with pytest.raises(ValueError, match="fields missing or unknown"):
        core.restore({**state, "extra": 1})
