# SPDX-License-Identifier: BSD-3-Clause
"""The compiled core by itself: what it runs on, where it stops, and what it says then."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.memory import Memory
from simobjects.cext.core.tlb import TLB
from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.isa import arch
from simobjects.isa.arch import MSR, VECTOR
from tests.helpers.assembler import asm
from tests.helpers.bare_board import FREE, BareBoard, costs

PAUSED, END, LIMIT, BREAKPOINT, FAILED = 0, 1, 2, 7, 8
CODE, HANDLER = 0x10000, 0x8000
STAY = asm("b", li=0)
SRR0, DEC, TCR, TSR, IVPR, IVOR0 = (arch.SPR[name] for name in ("SRR0", "DEC", "TCR", "TSR", "IVPR", "IVOR0"))
DIE, ARE = arch.TCR.DIE, arch.TCR.ARE
WE_EE = 0x48000


def board(*words: int, **options: Any) -> BareBoard:
    """A board whose program starts at CODE; every vector is at HANDLER, which stays where it is."""
    made = BareBoard(1 << 20, **options)
    made.load_words(CODE, *words)
    made.load_words(HANDLER, STAY)
    made.core.write_register("pc", CODE)
    for n in range(16):
        made.core.write_register(f"ivor{n}", HANDLER)
    return made


def nops(count: int) -> list[int]:
    return [asm("ori", ra=0, rs=0, ui=0)] * count


def test_an_unconnected_core_says_so() -> None:
    with pytest.raises(RuntimeError, match="not connected"):
        ExecutingCore().advance(-1, -1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"micro_data": 65}, "0 to 64 entries"),
        ({"timebase_ratio": 0}, "expected 1 to 2"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExecutingCore().connect(TLB(4), costs(), Memory(4096), Bus(), **options)


def test_a_jump_into_nowhere_whose_vector_is_nowhere_fails_with_a_sentence_and_registers() -> None:
    made = board(asm("bclr", bo=20, bi=0))
    made.core.write_register("lr", 0xD0000000)
    made.core.write_register("ivpr", 0xE0000000)
    reason, payload = made.core.advance(-1, -1)
    assert reason == FAILED
    assert "instruction TLB miss exception at pc 0xd0000000" in payload["message"]
    assert "without an instruction completed" in payload["message"]
    assert payload["registers"]["srr0"] == 0xE0008000
    assert payload["registers"]["lr"] == 0xD0000000


def test_an_unknown_opcode_without_handlers_fails() -> None:
    made = board(0)
    made.core.write_register("ivor6", 0x40)  # where nothing but zeros are
    reason, payload = made.core.advance(-1, -1)
    assert reason == FAILED
    assert "program exception at pc 0x00010000" in payload["message"]


def test_code_outside_memory_fails_where_machine_checks_are_disabled() -> None:
    made = board(asm("bclr", bo=20, bi=0))
    made.core.write_register("lr", 0x00200000)  # mapped, but the board has 1 MiB
    reason, payload = made.core.advance(-1, -1)
    assert reason == FAILED
    assert "leads to physical address 0x000200000, where no memory is" in payload["message"]


def test_code_outside_memory_is_a_machine_check_where_those_are_enabled() -> None:
    made = board(asm("bclr", bo=20, bi=0))
    made.core.write_register("lr", 0x00200000)
    made.core.write_register("msr", MSR.ME)
    assert made.core.advance(-1, 100)[0] == END  # the handler spins for nothing
    assert made.core.read_register("mcsrr0") == 0x00200000
    assert made.core.read_register("pc") == HANDLER


@pytest.mark.parametrize("machine_check", [False, True])
def test_a_load_that_nothing_answers(machine_check: bool) -> None:
    made = board(asm("lwz", rt=3, ra=4, d=0), *nops(3), STAY)
    made.core.write_register("r4", 0x00300000)
    made.core.write_register("msr", MSR.ME if machine_check else 0)
    made.core.advance(-1, 1000)
    stats = made.core.read_stats()
    named = dict(zip(made.core.diagnostic_names(), stats["diagnostics"], strict=True))
    assert made.core.read_register("r3") == 0
    assert named["unanswered_access"] == 1
    assert named["machine_check_lost"] == (0 if machine_check else 1)
    assert stats["interrupts"][VECTOR.MACHINE_CHECK] == machine_check
    assert made.core.read_register("mcsr") == 0xA0000000


def test_a_branch_to_itself_ends_the_run_unless_an_interrupt_can_come() -> None:
    made = board(*nops(5), STAY)
    reason, payload = made.core.advance(-1, -1)
    assert (reason, payload["reason"]) == (END, "spins for nothing")
    assert made.core.instructions() == 5
    waiting = board(asm("wrteei", e=1), STAY)
    waiting.core.write_register("tcr", DIE)
    waiting.core.write_register("dec", 1000)
    assert waiting.core.advance(-1, 5000)[0] == END  # in the handler, where EE is off
    assert waiting.core.now() == 1000
    assert waiting.core.read_stats()["interrupts"][VECTOR.DECREMENTER] == 1


def test_waiting_costs_no_instructions_and_time_goes_to_the_event() -> None:
    made = board(asm("mtmsr", rs=5), *nops(2), STAY)
    made.core.write_register("r5", WE_EE)
    made.core.write_register("tcr", DIE)
    made.core.write_register("dec", 1_000_000)
    made.core.advance(-1, -1)
    stats = made.core.read_stats()
    assert stats["cycles"][7] == 999_999 * 1000
    assert made.core.now() == 1_000_000
    assert stats["instructions"] == 1


def test_a_wait_that_nothing_can_end_ends_the_run() -> None:
    made = board(asm("mtmsr", rs=5))
    made.core.write_register("r5", WE_EE)
    assert made.core.advance(-1, -1)[1]["reason"] == "waits for nothing"


def test_the_watchdog_resets_as_its_control_says() -> None:
    """WP = 0 times out every 2^21 ticks: first it arms itself, then it sets WIS, then it resets."""
    made = board(asm("mtspr", spr=TCR, rs=5), asm("b", li=0))
    made.core.write_register("r5", 0x20000000)
    reason, payload = made.core.advance(-1, 10_000_000)
    assert (reason, payload["reason"], payload["kind"]) == (END, "reset", 2)
    assert made.core.now() == (1 << 20) + 2 * (1 << 21)
    assert made.core.read_register("tsr") & 0xF0000000 == 0xE0000000


def test_a_cycle_limit_is_exact() -> None:
    made = board(*nops(3000), STAY)
    for cycle in (1, 2, 50, 1023, 1024, 1025, 2600):
        assert made.core.advance(-1, cycle)[0] == LIMIT
        assert (made.core.now(), made.core.instructions()) == (cycle, cycle)
        assert made.core.read_register("pc") == CODE + 4 * cycle


def test_references_wanted_are_fetches_loads_and_stores() -> None:
    made = board(*[asm("lwz", rt=3, ra=0, d=0x100), asm("stw", rs=3, ra=0, d=0x104)] * 900, STAY)
    for wanted in (1, 2, 3, 100, 2000):
        before = made.core.references()
        assert made.core.advance(wanted, -1)[0] == PAUSED
        assert wanted <= made.core.references() - before <= wanted + 1  # an instruction is not torn apart
    stats = made.core.read_stats()
    assert stats["references"] == stats["fetches"] + stats["loads"] + stats["stores"]


def test_loads_of_many_registers_count_each_word() -> None:
    many = [asm("lmw", rt=20, ra=0, d=0x100), asm("stmw", rs=28, ra=0, d=0x200), asm("lswi", rt=5, ra=4, nb=9)]
    made = board(*many, STAY)
    made.core.write_register("r4", 0x300)
    made.core.advance(-1, -1)
    stats = made.core.read_stats()
    assert (stats["loads"], stats["stores"], stats["instructions"]) == (12 + 3, 4, 3)


def test_latencies_are_those_of_the_cost_model() -> None:
    latencies = {**FREE, "interrupt_latency": 10, "rfi_latency": 12, "tlbwe_latency": 2, "spr_latency": 3}
    made = board(asm("tlbwe", rs=3, ra=4, ws=1), asm("mfspr", rt=5, spr=SRR0), asm("sc"), STAY, cost=latencies)
    made.load_words(HANDLER, asm("rfi"))
    made.core.write_register("r4", 9)
    made.core.advance(-1, -1)
    stats = made.core.read_stats()
    assert stats["instructions"] == 4
    assert stats["time"] == 1000 * (4 + 2 + 3 + 10 + 12)
    assert sum(stats["cycles"]) == stats["time"]


def test_an_event_comes_at_its_cycle_whatever_instructions_cost() -> None:
    """With latencies between, the decrementer still interrupts before the first instruction past its time."""
    made = board(*[asm("mfspr", rt=5, spr=SRR0)] * 100, STAY, cost={**FREE, "spr_latency": 7})
    made.core.write_register("msr", MSR.EE)
    made.core.write_register("tcr", DIE)
    made.core.write_register("dec", 100)
    made.core.advance(-1, -1)
    assert made.core.read_register("srr0") == CODE + 4 * 13  # 13 x 8 cycles >= 100
    assert made.core.now() == 104


def test_time_base_ticks_at_its_ratio() -> None:
    made = board(*nops(40), asm("mftb", rt=3, tbr=268), STAY, timebase_ratio=4)
    made.core.advance(-1, -1)
    assert made.core.read_register("r3") == 10


def test_user_and_kernel_are_counted_apart() -> None:
    made = board(asm("mtspr", spr=SRR0, rs=6), asm("mtspr", spr=arch.SPR.SRR1, rs=7), asm("rfi"))
    made.tlb.write(0, 2, 0x3F)
    made.load_words(0x20000, *nops(5), asm("lwz", rt=3, ra=0, d=0x100), asm("sc"))
    made.core.write_register("r6", 0x20000)
    made.core.write_register("r7", 0x4000)
    made.core.advance(-1, -1)
    stats = made.core.read_stats()
    assert (stats["instructions"], stats["kernel_instructions"]) == (10, 3)
    assert stats["kernel_lookups"] == 3
    assert (stats["cycles"][0], stats["cycles"][1]) == (7000, 3000)
    assert made.tlb.read_stats()["lookups"] == 11


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        ([asm("lswi", rt=5, ra=4, nb=9)], 0),
        ([asm("lswi", rt=3, ra=4, nb=9)], 1),
        ([asm("lswi", rt=30, ra=0, nb=12)], 0),
        ([asm("lswx", rt=6, ra=4, rb=7)], 1),
        ([asm("lswx", rt=8, ra=4, rb=7)], 0),
    ],
)
def test_a_string_over_its_base_is_counted(words: list[int], counted: int) -> None:
    made = board(*words, STAY)
    made.core.write_register("r4", 0x300)
    made.core.write_register("xer", 8)
    made.core.advance(-1, -1)
    named = dict(zip(made.core.diagnostic_names(), made.core.read_stats()["diagnostics"], strict=True))
    assert named["string_overwrites_base"] == counted
