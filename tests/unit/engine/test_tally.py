# SPDX-License-Identifier: BSD-3-Clause
"""Instructions counted by what they are: exactly those that the tracer sees, natively, under KVM, from a checkpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simobjects import ElfProgram, Simulation
from simobjects.boards import bamboo
from simobjects.isa.table import decode, instruction_names, instructions
from tests.differential.encode import i_form, load_constant, spr_form
from tests.helpers.small_programs import RESET, elf_file, end_with, spend

NAMES = dict(zip((row.id for row in instructions()), instruction_names(), strict=True))


def machine(program: str, under: str = "native", *, counted: bool = True, **values: Any) -> Simulation:
    """A machine that counts, unless told not to."""
    return Simulation(bamboo(ElfProgram(program, **values), under, core={"count_instructions": counted}))


def counts(simulation: Simulation, name: str = "opcodes") -> dict[str, int]:
    """Those that are not 0."""
    return {label: int(count) for label, count in simulation.stats.counts(f"system.core.{name}").items() if count}


def traced(simulation: Simulation) -> Counter[str]:
    """What the words of an instruction trace are, by name."""
    lines: list[str] = []
    simulation.trace_instructions(lines.append)
    simulation.run_all()
    found: Counter[str] = Counter()
    for line in lines:
        if line[0].isdigit():
            row = decode(int(line.split()[2], 16))
            found[NAMES[row.id] if row else ""] += 1
    return found


@pytest.mark.parametrize("under", ["native", "e3b", "e4"])
def test_they_are_those_of_the_trace(under: str) -> None:
    counted = machine("hello", under)
    counted.run_all()
    assert counts(counted) == traced(machine("hello", under, counted=False))
    plain = machine("hello", under, counted=False)
    plain.run_all()
    assert (plain.cycle, plain.engine.digest()) == (counted.cycle, counted.engine.digest())


def test_registers_and_faults_have_counts_of_their_own(tmp_path: Path) -> None:
    words = [
        *load_constant(3, 7),
        spr_form(467, 3, 272),  # mtspr SPRG0
        spr_form(467, 3, 272),
        spr_form(339, 4, 272),  # mfspr
        spr_form(467, 3, 8),  # mtlr
        *spend(10),
        *end_with(),
    ]
    simulation = machine(str(elf_file(tmp_path / "p.elf", words)))
    simulation.run_all()
    assert counts(simulation, "spr_writes") == {"SPRG0": 2, "LR": 1, "CTR": 1}
    assert counts(simulation, "spr_reads") == {"SPRG0": 1}
    assert counts(simulation)["bc"] == 10
    refill = machine("refill")
    refill.run_all()
    misses = refill.stats.counts("system.core.interrupts")["data TLB miss"]
    assert sum(counts(refill, "opcode_faults").values()) == misses > 3000
    assert set(counts(refill, "opcode_faults")) <= {"lwz", "lwzx", "lwzu", "stw", "stwx", "lbz", "stb"}
    assert counts(refill)["tlbwe"] == 3 * misses


def test_a_branch_to_itself_counts_as_often_as_it_is_executed(tmp_path: Path) -> None:
    armed = {"tcr": 0x0440_0000, "dec": 5000, "decar": 5000, "msr": 0x8000}
    simulation = machine(str(elf_file(tmp_path / "p.elf", [i_form(0, 0, 0)])), registers=armed)
    simulation.run_all(cycles=4000)
    assert counts(simulation) == {"b": 4000}


def test_from_a_checkpoint_they_go_on(tmp_path: Path) -> None:
    whole, first, second = (machine("refill") for _ in range(3))
    whole.run_all()
    first.run_all(references=20_000)
    first.save(tmp_path / "a.ckpt")
    second.restore(tmp_path / "a.ckpt")
    second.run_all()
    for name in ("opcodes", "opcode_faults", "spr_reads", "spr_writes"):
        assert counts(second, name) == counts(whole, name)
    late = machine("refill", counted=False)
    late.restore(tmp_path / "a.ckpt")
    late.run_all()
    assert late.cycle == whole.cycle
    assert counts(late) == {}
    uncounted = machine("refill", counted=False)
    uncounted.run_all(references=20_000)
    uncounted.save(tmp_path / "b.ckpt")
    from_there = machine("refill")
    from_there.restore(tmp_path / "b.ckpt")
    from_there.run_all()
    assert Counter(counts(whole)) - Counter(counts(first)) == counts(from_there), "what was not counted is not there"


def test_a_state_that_lies_is_refused() -> None:
    core = machine("hello").engine
    for bad in (b"x", core.save()["tally"][:-8], b"\xff" * len(core.save()["tally"])):
        with pytest.raises(ValueError, match="tally: not the state of this core"):
            core.restore({**core.save(), "tally": bad})


def test_a_program_resets_with_its_last_instruction_counted(tmp_path: Path) -> None:
    simulation = machine(str(elf_file(tmp_path / "p.elf", RESET)))
    simulation.run_all()
    assert counts(simulation, "spr_writes") == {"DBCR0": 1}
