# SPDX-License-Identifier: BSD-3-Clause
"""Freestanding 440 programs, native: their output is QEMU's byte for byte, but for lines where QEMU is not a 440."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simobjects.isa.arch import VECTOR
from tests.helpers.bare_board import BareBoard

PROGRAMS = Path(__file__).parents[1] / "data" / "baremetal"
END_OF_WORKLOAD = 1

# By program: line of QEMU's output, what hardware prints instead of it, and the deviation's name.
HARDWARE: dict[str, list[tuple[int, list[str], str]]] = {
    "t05_miss": [
        (14, ["stwcx. (no reservation)",
             "  EXC DTLB srr0=00011ab8 srr1=00000000 esr=00800000 dear=50000000"], "Q18"),
        (28, ["  EXC DTLB srr0=00011b30 srr1=00000000 esr=00800000 dear=50000010"], "Q20: DEAR is the address"),
        (34, ["  EXC DTLB srr0=00011b60 srr1=00000000 esr=00800000 dear=50000010"], "Q32: dcbi is a store"),
        (38, ["  EXC DTLB srr0=00011b90 srr1=00000000 esr=00000000 dear=50000010"], "Q33: DEAR is the address"),
    ],
    "t08_readback": [
        (2, ["pattern ffffffff words fffffdf0 fffffc0f 0000ffbf stid 000000ff"], "Q9, Q4: E bit and SIZE are kept"),
        (4, ["pattern a5a5a5a5 words a5a5a5a0 a5a5a405 0000a5a5 stid 000000a5"], "Q9"),
        (17, ["size field 11 reads 11"], "Q4"),
        (18, ["size field 12 reads 12"], "Q4"),
        (19, ["size field 13 reads 13"], "Q4"),
        (20, ["size field 14 reads 14"], "Q4"),
        (21, ["size field 15 reads 15"], "Q4"),
        (22, ["mmucr ffffffff reads 016d00ff"], "Q8: fields only"),
        (24, ["mmucr a5a5a5a5 reads 012500a5"], "Q8"),
        (25, ["mmucr 5a5a5a5a reads 0048005a"], "Q8"),
        (27, ["pid written 0x1ff reads 000000ff"], "Q7: eight bits"),
    ],
    "t09_irq": [
        (2, ["one-shot dec interrupts 1 dec stopped at 0 afterwards (TCR[ARE]=0; hardware: yes): yes"], "Q25"),
    ],
    "t10_dev": [
        (3, ["  EXC DSI srr0=00011a5c srr1=00000000 esr=00800000 dear=40000000", " value 00000007"], "Q6"),
        (4, ["shrink 16K to 4K by word 0 (hardware: DTLB miss at +0x1000)",
             "  EXC DTLB srr0=00011ad0 srr1=00000000 esr=00000000 dear=40001000"], "Q6"),
        (5, ["change TID 0 to 5 by word 0, PID=0 (hardware: DTLB miss)",
             "  EXC DTLB srr0=00011b20 srr1=00000000 esr=00000000 dear=40000000"], "Q6"),
        (6, ["tlbsx of an AS1 entry with MMUCR[STS]=0 (hardware: not found = 0): 0 with STS=1: 2"], "Q1"),
        (7, ["1K page: 00000003 neighbour 1K before it (hardware: DTLB miss)",
             "  EXC DTLB srr0=00011bdc srr1=00000000 esr=00000000 dear=40000000"], "Q5"),
        (8, ["1K page with RPN offset 0x400 (hardware: 3): 00000003"], "Q5"),
        (9, ["size field 6 = 4M, not a 440 size:   EXC DTLB srr0=00011c50 srr1=00000000 esr=00000000 dear=40001000",
             "00000001"], "Q4: undefined, here nothing matches"),
    ],
}  # fmt: skip


def by_hardware(name: str, text: str) -> str:
    """QEMU's output with its deviations put right."""
    lines = text.split("\r\n")
    for number, instead, _why in reversed(HARDWARE.get(name, [])):
        lines[number - 1 : number] = instead
    if name == "t07_prog":  # Q12: QEMU leaves syndrome bits in SRR1
        lines = [re.sub(r"srr1=(\w{8}) esr=(\w{8})", clean_srr1, line) for line in lines]
    return "\r\n".join(lines)


def clean_srr1(found: re.Match[str]) -> str:
    """SRR1 is the MSR and nothing else: ESR's PIL, PPR and PTR do not appear in it, eight bits lower."""
    esr = int(found[2], 16)
    return f"srr1={int(found[1], 16) & ~(esr >> 8):08x} esr={esr:08x}"


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("t*.elf")) + ["s2_thrash"])
def test_output_is_what_hardware_prints(name: str) -> None:
    board = BareBoard()
    board.load_elf(PROGRAMS / f"{name}.elf")
    reason, payload = board.core.advance(-1, -1)
    assert (reason, payload["reason"], payload["kind"]) == (END_OF_WORKLOAD, "reset", 3)
    expected = (PROGRAMS / f"{name}.expected").read_bytes().decode("latin-1")
    assert board.output() == by_hardware(name, expected)


def test_refill_storm_is_counted_exactly() -> None:
    """QEMU counts an instruction again when it restarts: 205,416,040 = instructions + misses."""
    board = BareBoard()
    board.load_elf(PROGRAMS / "s2_thrash.elf")
    board.core.advance(-1, -1)
    stats = board.core.read_stats()
    tlb = board.tlb.read_stats()
    assert stats["instructions"] + sum(stats["misses"]) == 205_416_040
    assert sum(stats["misses"]) == stats["interrupts"][VECTOR.DTLB] == tlb["misses"] == 1_324_350
    assert tlb["lookups"] == stats["references"] + tlb["misses"] == stats["kernel_lookups"]
    assert tlb["hits"] == stats["fetches"] + stats["loads"] + stats["stores"]
    assert sum(stats["cycles"]) == stats["time"] == 1000 * stats["instructions"]  # all latencies are 0 here
