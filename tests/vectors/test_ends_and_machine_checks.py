# SPDX-License-Identifier: BSD-3-Clause
"""What the sixty vectors leave out: resets, the wait state, machine checks, the watchdog's three steps."""

from __future__ import annotations

import pytest

from tests.helpers.assembler import asm
from tests.helpers.bench440 import CODE, NOP, SR, SW, UX, VECTORS, Bench
from tests.vectors.conftest import Maker

MACHINE_CHECK, PROGRAM, DECREMENTER, WATCHDOG = 1, 6, 10, 12
NOWHERE = 0x3000_0000
A = 0xC0000000
CE, WE, EE, ME, PR = 0x20000, 0x40000, 0x8000, 0x1000, 0x4000
MCS, DRB, DWB, IB, MCI = 0x80000000, 0x20000000, 0x10000000, 0x40000000, 0x80000000
ENW, WIS, WRS_CHIP, DIS = 0x80000000, 0x40000000, 0x20000000, 0x08000000
WRC_CHIP, WIE, DIE = 0x20000000, 0x08000000, 0x04000000
PIL, PPR = 0x08000000, 0x04000000


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_dbcr0_resets(bench: Bench, kind: int) -> None:
    bench.put([asm("mtspr", spr=308, rs=5), NOP])
    bench.set(msr=0, pc=CODE, r5=kind << 28)
    assert bench.machine.step(2) == "reset"
    assert bench.machine.hidden()["reset"] == kind
    assert bench["pc"] == CODE + 4


def test_the_watchdog_counts_to_three(bench: Bench) -> None:
    """A time-out arms it, the next interrupts, the third resets as TCR[WRC] says."""
    bench.set(tcr=WRC_CHIP | WIE)
    for expected in (ENW, ENW | WIS):
        bench.set(tbu=0, tbl=(1 << 20) - 1)
        bench.run(NOP)
        assert bench["tsr"] & (ENW | WIS) == expected
    bench.set(tbl=(1 << 20) - 1)
    bench.put([NOP, NOP])
    bench.set(msr=0, pc=CODE)
    assert bench.machine.step(2) == "reset"
    assert bench["tsr"] & 0x30000000 == WRS_CHIP
    assert bench.machine.hidden()["reset"] == 2


def test_wrc_cannot_be_cleared(bench: Bench) -> None:
    bench.run(asm("mtspr", spr=340, rs=5), r5=WRC_CHIP | DIE)
    bench.run(asm("mtspr", spr=340, rs=5), r5=0)
    assert bench["tcr"] == WRC_CHIP


def test_the_wait_state_ends_with_an_interrupt(bench: Bench) -> None:
    """Time passes without instructions; WE is saved and cleared."""
    bench.set(tcr=DIE, dec=50, tbl=0)
    outcome = bench.run(asm("mtmsr", rs=5), NOP, r5=WE | EE)
    assert outcome.vector == DECREMENTER
    assert (bench["srr0"], bench["srr1"], bench["msr"]) == (CODE + 4, WE | EE, 0)
    assert (bench["tbl"], bench["dec"]) == (51, 0)


@pytest.mark.parametrize(("name", "kind"), [("lwz", DRB), ("stw", DWB)])
def test_nothing_answers_and_machine_checks_are_enabled(bench: Bench, name: str, kind: int) -> None:
    """The instruction is complete; the machine check follows it, with save registers of its own."""
    bench.map(0, epn=A, rpn=NOWHERE, attributes=SR | SW)
    bench.put([asm("lwz", rt=6, ra=4) if name == "lwz" else asm("stw", rs=5, ra=4), NOP])
    bench.set(msr=ME | CE, pc=CODE, r4=A)
    bench.machine.step(2)
    assert bench.machine.vectors()[MACHINE_CHECK] == 1
    assert (bench["mcsrr0"], bench["mcsrr1"], bench["mcsr"]) == (CODE + 4, ME | CE, MCS | kind)
    assert bench["msr"] == 0


def test_a_machine_check_of_the_first_cores_is_critical(make_bench: Maker) -> None:
    """It saves to CSRR0 and CSRR1, and rfci returns from it."""
    bench = make_bench(machine_check_critical=True)
    bench.map(0, epn=A, rpn=NOWHERE, attributes=SR)
    bench.put([asm("rfci")], at=VECTORS + 0x100 * MACHINE_CHECK)
    bench.put([asm("lwz", rt=6, ra=4), NOP])
    bench.set(msr=ME | EE, pc=CODE, r4=A)
    bench.machine.step(1)
    assert bench.machine.vectors()[MACHINE_CHECK] == 0
    bench.machine.step(2)
    assert (bench["csrr0"], bench["csrr1"], bench["mcsrr0"]) == (CODE + 4, ME | EE, 0)
    assert (bench["pc"], bench["msr"]) == (CODE + 8, ME | EE)


def test_a_fetch_from_where_no_memory_is(bench: Bench) -> None:
    bench.map(0, epn=A, rpn=NOWHERE, attributes=0x04)
    assert bench.run(asm("bcctr", bo=20), NOP, msr=ME, ctr=A).vector == MACHINE_CHECK
    assert (bench["mcsrr0"], bench["esr"], bench["mcsr"]) == (A, MCI, MCS | IB)


def test_such_a_fetch_with_machine_checks_disabled_is_the_end(bench: Bench) -> None:
    bench.map(0, epn=A, rpn=NOWHERE, attributes=0x04)
    bench.put([asm("bcctr", bo=20)])
    bench.set(msr=0, pc=CODE, ctr=A)
    assert bench.machine.step(2) == "failed"


def test_handlers_that_fault_themselves_are_the_end(bench: Bench) -> None:
    bench.map(63, epn=VECTORS, size=3, rpn=VECTORS, attributes=UX)
    bench.put([asm("lwz", rt=6, ra=4)])
    bench.set(msr=0, pc=CODE, r4=A)
    assert bench.machine.step(1) == "failed"


@pytest.mark.parametrize(
    ("number", "reads", "esr"),
    [(256, True, 0), (260, True, 0), (268, True, 0), (276, True, PPR), (272, True, PPR), (287, True, PPR),
     (100, True, PIL), (100 | 16, True, PPR), (256, False, 0), (260, False, PIL), (268, False, PIL)],
)  # fmt: skip
def test_special_registers_of_a_user(bench: Bench, number: int, reads: bool, esr: int) -> None:
    """What a user may not have is privileged when its number has the bit 0x10, and illegal otherwise."""
    word = asm("mfspr", rt=6, spr=number) if reads else asm("mtspr", rs=5, spr=number)
    bench.set(esr=0)
    assert bench.run(word, msr=PR).vector == (PROGRAM if esr else None)
    assert bench["esr"] == esr


@pytest.mark.parametrize(("number", "reads", "name"), [(54, True, "write_only_spr"), (287, False, "read_only_spr"),
                                                       (100, True, "unimplemented_spr")])  # fmt: skip
def test_special_registers_that_the_supervisor_does_not_have(bench: Bench, number: int, reads: bool, name: str) -> None:
    """Nothing happens, and it is counted."""
    word = asm("mfspr", rt=6, spr=number) if reads else asm("mtspr", rs=5, spr=number)
    assert bench.run(word, r6=0x1234, r5=5).vector is None
    assert bench["r6"] == 0x1234
    assert bench.machine.diagnostics() == {name: 1}
