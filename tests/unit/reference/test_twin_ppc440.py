# SPDX-License-Identifier: BSD-3-Clause
"""The twin of the executing core and the instruction table got their opcodes from different places: they agree."""

from __future__ import annotations

from simobjects.isa.arch import entry
from simobjects.isa.table import instructions
from tests.reference.ppc440.core import INSTRUCTIONS, Machine
from tests.reference.ppc440.table import EXTENDED, PRIVILEGED, SIMPLE


def test_the_twin_and_the_table_have_the_same_opcodes() -> None:
    assert len(INSTRUCTIONS) == 7
    assert set(SIMPLE) == {row.primary for row in instructions() if row.extended < 0}
    expected = {(row.primary, row.extended) for row in instructions() if row.extended >= 0}
    expected |= {(row.primary, row.extended + 512) for row in instructions() if row.can_overflow}
    assert set(EXTENDED) == expected


def test_the_twin_and_the_table_have_the_same_privileged_instructions() -> None:
    expected = {(row.primary, row.extended) for row in instructions() if row.privileged}
    assert {key for key, function in EXTENDED.items() if function in PRIVILEGED} == expected
    assert not PRIVILEGED & set(SIMPLE.values())


def test_a_program_of_four_instructions() -> None:
    """li r3,5; addi r3,r3,-7; stw r3,0x100(0); lhz r4,0x102(0)."""
    machine = Machine(4096)
    machine.write_entry(0, *entry(0, 0, 4096, 7))
    for place, word in enumerate((0x38600005, 0x3863FFF9, 0x90600100, 0xA0800102)):
        machine.write_physical(4 * place, word.to_bytes(4, "big"))
    machine.step(4)
    assert machine.read_register("pc") == 16
    assert machine.read_register("r3") == 0xFFFFFFFE
    assert machine.read_register("r4") == 0xFFFE
    assert machine.read_register("tbl") == 4
    assert machine.read_physical(0x100, 4) == b"\xff\xff\xff\xfe"
