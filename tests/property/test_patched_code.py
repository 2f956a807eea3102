# SPDX-License-Identifier: BSD-3-Clause
"""Random programs that change their own code, as guests of KVM and natively: each word executed is the twin's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simobjects import Simulation
from tests.helpers.assembler import asm
from tests.helpers.patching import DATA, GUEST_BASE, PLACES, ROUTINES, Action, program, system_of
from tests.helpers.small_programs import START, STAY
from tests.reference.code_pages import PAGE, CodePages

ICBI, ICCCI = asm("icbi", ra=0, rb=9), asm("iccci", ra=0, rb=0)
PROGRAM_EXCEPTION = 6
MODES = ("native", "e4", "e6", "e0")
MOST_STEPS, PAUSED, END_OF_WORKLOAD = 20_000, 0, 1

places = st.integers(0, len(PLACES) - 1)
patches = st.tuples(st.just("patch"), places, st.integers(0, len(ROUTINES) - 1))
calls = st.tuples(st.just("call"), places)
actions: st.SearchStrategy[Action] = st.one_of(
    patches,
    patches,
    calls,
    calls,
    calls,
    st.tuples(st.just("icbi"), places),
    st.sampled_from((("iccci",), ("exit",), ("exit",), ("exit",))),
    st.tuples(st.just("fill"), places, st.sampled_from((1, 3, 3, 300))),
    st.tuples(st.just("clear"), places),
)
programs = st.lists(actions, min_size=1, max_size=25)


def left_behind(simulation: Simulation, base: int) -> tuple[list[int], bytes]:
    """The general registers, and the memory of code and data."""
    core = simulation.engine
    first, last = base + START, base + DATA + PAGE
    return [core.read_register(f"r{n}") for n in range(32)], core.read_physical(first, last - first)


def seen(simulation: Simulation, base: int) -> dict[Any, Any]:
    """The same, and every count."""
    rows = {(row.path, row.stat, row.index): row.value for row in simulation.stats.rows()}
    return {**rows, "left behind": left_behind(simulation, base)}


def step_beside_the_twin(simulation: Simulation, base: int) -> None:
    """One instruction at a time to the end of the program; a guest is entered after each exit."""
    core: Any = simulation.engine
    before = b""
    twin = CodePages(lambda address, count: before)
    for _ in range(MOST_STEPS):
        pc = core.read_register("pc")
        before = core.read_physical(base + pc // PAGE * PAGE, PAGE)
        reason, _payload, place, log = core.traced_step()
        exits = [vector for vector, _pc, left in log if left]
        if any(vector != PROGRAM_EXCEPTION for vector in exits):
            twin.entered()
        if place is not None:
            assert place == (pc, twin.fetch(pc))
            if place[1] == ICBI:
                twin.icbi(core.read_register("r9"))
            if PROGRAM_EXCEPTION in exits or (place[1] == ICCCI and base == 0):
                twin.entered()
            if place[1] == STAY:
                return
        elif reason == END_OF_WORKLOAD:  # the branch to itself, which nothing can interrupt
            assert twin.fetch(pc) == STAY
            return
        assert reason == PAUSED
    raise AssertionError("the program does not end")


@pytest.mark.parametrize("mode", MODES)
def test_every_word_executed_is_the_twins(mode: str, tmp_path: Path) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(programs)
    def check(found: list[Action]) -> None:
        elf, base = tmp_path / "p.elf", 0 if mode == "native" else GUEST_BASE
        elf.write_bytes(program(found))
        stepped, whole = Simulation(system_of(elf, mode)), Simulation(system_of(elf, mode))
        list(stepped.run_to(1))  # which puts a guest on the processor; the first instruction is a branch
        step_beside_the_twin(stepped, base)
        list(whole.run())
        assert left_behind(whole, base) == left_behind(stepped, base)

    check()


@pytest.mark.parametrize("mode", MODES)
def test_saved_anywhere_and_restored_it_executes_the_same(mode: str, tmp_path: Path) -> None:
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(programs, st.lists(st.integers(1, 150), min_size=1, max_size=4))
    def check(found: list[Action], distances: list[int]) -> None:
        elf, base = tmp_path / "p.elf", 0 if mode == "native" else GUEST_BASE
        elf.write_bytes(program(found))
        whole, part = Simulation(system_of(elf, mode)), Simulation(system_of(elf, mode))
        list(whole.run())
        for distance in distances:
            if part.engine.instructions() + distance >= whole.engine.instructions():
                break  # where it ends it would spin for as long as it is asked to
            list(part.run_to(distance))
            part.save(tmp_path / "c")
            part = Simulation(system_of(elf, mode))
            part.restore(tmp_path / "c")
            part.save(tmp_path / "again")
            assert (tmp_path / "again").read_bytes() == (tmp_path / "c").read_bytes()
        list(part.run())
        assert seen(part, base) == seen(whole, base)

    check()
