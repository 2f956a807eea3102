# SPDX-License-Identifier: BSD-3-Clause
"""The twin's native machine: one refill, one system call, one switch, counted by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.reference.guest import Handlers
from tests.reference.handlers import Refill, Step
from tests.reference.handlers_2_6_29 import Linux2629
from tests.reference.handlers_6_1 import Linux61
from tests.reference.machine import TwinMachine
from tests.reference.stream import Record
from tests.reference.tlb import VALID, Entry

FETCH_ONE: Record = (0x10000, 0, 0, 0, 1)
LOAD_ONE: Record = (0x10000, 0x20000, 0, 1, 0)
LATENCIES = {"interrupt_latency": 10, "rfi_latency": 20, "tlbwe_latency": 3, "spr_latency": 5, "device_latency": 100}


def native(streams: list[list[Record]], **changes: Any) -> TwinMachine:
    params = {"mode": "native", "n": 8, "memory": 64 << 20, "costs": LATENCIES, **changes}
    return TwinMachine(params, streams)


LINUX: dict[str, Handlers] = {
    "2.6.29": Linux2629(0xC0040000),
    "6.1": Linux61(0xC0040000, False),
    "6.1 with KUAP": Linux61(0xC0040000, True),
}


def size(steps: Iterable[Step]) -> tuple[int, int]:
    """Instructions of a handler of a guest with 63 replaceable entries, and how many of them are privileged."""
    instructions = privileged = 0
    for step in steps:
        match step:
            case ("run", int(count)):
                instructions += count
            case ("sweep", int(after)):
                instructions += 63 * (1 + after)
                privileged += 63
            case ("code", _) | ("unless found", _):
                pass
            case (name, *_):
                instructions += 1
                privileged += name not in ("load", "store", "isync")
    return instructions, privileged


def miss(fetch: bool, kernel: bool, wraps: bool = False) -> Refill:
    return Refill(fetch, kernel, 0, 0xC0800000, 0xC1000000, 1, wraps, (0x210, 0, 0x3F))


@pytest.mark.parametrize(
    ("era", "lengths"),
    [
        ("2.6.29", [(55, 18), (53, 17), (54, 16), (52, 15)]),
        ("6.1", [(56, 18), (54, 17), (54, 16), (52, 15)]),
        ("6.1 with KUAP", [(58, 18), (56, 17), (54, 16), (52, 15)]),
    ],
)
def test_refills_have_the_lengths_of_linux(era: str, lengths: list[tuple[int, int]]) -> None:
    kinds = [(False, False), (True, False), (False, True), (True, True)]
    assert [size(LINUX[era].refill(miss(*kind))) for kind in kinds] == lengths
    longer = [size(LINUX[era].refill(miss(*kind, wraps=True))) for kind in kinds]
    assert longer == [(length + 1, traps) for length, traps in lengths]


@pytest.mark.parametrize(
    ("era", "traps"),
    [
        ("2.6.29", {"io": 17, "syscall": 17, "timer": 19, "flush": 17 + 63, "page_flush": 17 + 7, "idle": 17 + 3}),
        ("6.1", {"io": 9, "syscall": 9, "timer": 15, "flush": 9 + 63, "page_flush": 9 + 7, "idle": 9 + 3}),
        ("6.1 with KUAP", {"io": 13, "syscall": 11, "timer": 17, "flush": 74, "page_flush": 18, "idle": 14}),
    ],
)
def test_events_trap_as_often_as_in_linux(era: str, traps: dict[str, int]) -> None:
    assert {name: size(LINUX[era].event(name, 0))[1] for name in traps} == traps


def test_a_switch_traps_as_often_as_in_linux() -> None:
    assert [size(each.switch(0, 1))[1] for each in LINUX.values()] == [9 + 4 + 2 + 2 + 4, 26, 27]


def test_one_fetch_refills_slot_1() -> None:
    machine = native([[FETCH_ONE]])
    assert machine.run() == "end"
    assert machine.tlb.slots[1] == Entry(0x10000000 | VALID | 0x10, 0x1001 << 12, 0x3F, 1)
    core = machine.stats()["core"]
    assert (core["references"], core["misses"], core["kernel_instructions"]) == (1, [1, 0, 0], 53)
    # 53 fetches and 5 data references of the handler, two look-ups of the fetch itself
    assert core["kernel_lookups"] == 53 + 6
    assert machine.stats()["tlb"]["lookups"] == 53 + 6 + 2
    kernel = 53 + 10 + 20 + 3 * 3 + 5 * (17 - 3 - 1)
    assert core["cycles"] == [1000, kernel * 1000, 0, 0, 0, 0, 0, 0]
    counts = {name: count for name, count in machine.stats()["guest"].items() if count}
    assert counts == {"refills": [0, 1, 0, 0], "frames": 2}


def test_a_page_table_page_is_taken_once() -> None:
    other: Record = (0x10000, 0x10001, 1, 1, 0)
    machine = native([[FETCH_ONE, other, LOAD_ONE]])
    machine.run()
    assert machine.guest.pages == {(0, 0x10000): 0x1001, (0, 0x10001): 0x1002, (0, 0x20000): 0x1004}
    assert machine.guest.pte_pages == {(0, 0x80): 0x1000, (0, 0x100): 0x1003}


def test_slots_are_taken_in_turn_below_the_watermark() -> None:
    stream: list[Record] = [(0, 0x20000 + i, 0, 1, 0) for i in range(4)]
    machine = native([stream], n=4)
    machine.run()
    assert [entry.start >> 12 for entry in machine.tlb.slots] == [0x20002, 0x20003, 0x20001, 0xC0000]


def test_io_stores_to_the_device() -> None:
    machine = native([[(0x10000, 0, 0, 0, 3)]], io_every=2)
    machine.run()
    stats = machine.stats()
    assert stats["guest"]["ios"] == 1
    assert stats["guest"]["refills"] == [0, 1, 1, 0]
    assert stats["core"]["kernel_misses"] == 1
    assert machine.tlb.slots[2] == Entry(0xD1000000 | VALID | 0x10, 0xEF600000, 0x507, 0)
    io = 9 + 30 + 1 + 4 + 20 + 100 + 1 + 20 + 1 + 4
    assert stats["core"]["kernel_instructions"] == 53 + 54 + io


def test_processes_take_turns_by_user_instructions() -> None:
    first: list[Record] = [(0x10000, 0, 0, 0, 5)]
    second: list[Record] = [(0x10000, 0, 0, 0, 2)]
    machine = native([first, second], quantum=2)
    assert machine.run(2) == "limit"
    assert machine.guest.process == 0
    machine.run(1)
    assert (machine.guest.process, machine.core.pid) == (1, 2)
    assert machine.run() == "end"
    # to the second at 2; back when it ends at 4; alone from then on
    assert machine.stats()["guest"]["switches"] == 2
    assert machine.stats()["guest"]["refills"] == [0, 2, 0, 0]


def test_micro_tlbs_hide_lookups_until_an_exception() -> None:
    machine = native([[(0x10000, 0, 0, 0, 10), LOAD_ONE, (0x10000, 0, 0, 0, 5)]], micro_i=1, micro_d=1)
    machine.run()
    core = machine.stats()["core"]
    # Emptied by exception and rfi: once per handler and once per return, in which the fetch resumes.
    assert core["misses"] == [1, 1, 0]
    assert core["cycles"][0] == 15_000 + 3 * 3_000  # type: ignore[index]


def test_the_watchdog_stops_the_run_for_good() -> None:
    machine = native([[FETCH_ONE]], watchdog=0)
    assert machine.run() == "watchdog"
    assert machine.run() == "watchdog"
    assert machine.stats()["core"]["references"] == 0


def test_too_little_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="more memory"):
        native([[FETCH_ONE]], memory=16 << 20).run()
