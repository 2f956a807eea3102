# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of the 6.1 guest against a compiled 6.1 kernel: every privileged instruction in order, every length."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.guest.linux_6_1 import NEXT_TASK, TICK, scripts
from simobjects.guest.steps import Addresses, Event, Kind, Script, instructions
from simobjects.isa.arch import OPERATION_NAMES
from tests.helpers.straight_path import Instruction, Program

FOLDER = Path(__file__).parents[3] / "shared" / "oracle" / "linux"
KERNEL = FOLDER / "vmlinux-soft"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not KERNEL.exists(), reason="the kernel (../shared/oracle/linux) is not beside this project"),
]

NO_SOFTIRQ = {0xC002FFD0, 0xC00300C0}
"""irq_enter outside the idle task, irq_exit with no softirq pending."""
GETPPID = {0xC00496BC, 0xC0049770, 0xC0049708}
"""__task_pid_nr_ns: no namespace given, the task has a pid, in this namespace."""
RESCHEDULE = {0xC0009F38, 0xC0009F84, 0xC0009FB8}
"""The return to the user: the flag is set, schedule() is called, no debugging."""
SCHEDULE = {
    0xC0250D54,  # the task is runnable
    0xC006E878,  # no RCU callbacks
    0xC0250934,  # the clock is updated
    0xC02509F0,  # no restartable sequence
    0xC0250A28,  # same membarrier state
    0xC000406C,  # nobody is debugged
    0xC0052E90,  # the other task has an address space
    0xC0250DA4,  # no worker
}
EVENT_HANDLER, PICK_NEXT = 0xC0006554, 0xC0250980
"""Calls that are not followed: what they do is estimated."""


@pytest.fixture(scope="module")
def kernel() -> Program:
    return Program(KERNEL, FOLDER / "System.map-soft")


def operations(path: list[Instruction]) -> list[str]:
    return [instruction.privileged for instruction in path if instruction.privileged]


def names(script: Script) -> list[str]:
    return [OPERATION_NAMES[step.a] for step in script if step.kind is Kind.PRIVILEGED]


def same(script: Script, path: list[Instruction], estimated: int = 0) -> None:
    """The privileged instructions in order, each after as many plain ones, where nothing is estimated."""
    assert names(script) == operations(path)
    assert instructions(script) - estimated == len(path)
    if not estimated:
        assert gaps(script) == _gaps_of(path)


def gaps(script: Script) -> list[int]:
    """Plain instructions before each privileged one, and after the last."""
    found = [0]
    for step in script:
        if step.kind is Kind.PRIVILEGED:
            found.append(0)
        else:
            found[-1] += instructions((step,))
    return found


def _gaps_of(path: list[Instruction]) -> list[int]:
    found = [0]
    for instruction in path:
        if instruction.privileged:
            found.append(0)
        else:
            found[-1] += 1
    return found


def script(event: Event) -> Script:
    return scripts(Addresses(), False)[event]


USER_DATA, USER_FETCH = 0xC00012E4, 0xC00013C4
NO_WRAP_DATA, NO_WRAP_FETCH, NOT_USER = 0xC0001354, 0xC000142C, 0xC0001480


@pytest.mark.parametrize(
    ("event", "vector", "taken"),
    [
        (Event.DATA_USER, "DataTLBError44x", {USER_DATA, NO_WRAP_DATA}),
        (Event.INST_USER, "InstructionTLBError44x", {USER_FETCH, NO_WRAP_FETCH}),
        (Event.DATA_KERNEL, "DataTLBError44x", {NO_WRAP_DATA, NOT_USER}),
        (Event.INST_KERNEL, "InstructionTLBError44x", {NO_WRAP_FETCH, NOT_USER}),
    ],
)
def test_refills(kernel: Program, event: Event, vector: str, taken: set[int]) -> None:
    path = kernel.path(kernel.symbols[vector], taken=taken)
    same(script(event), path)
    kinds = [step.kind for step in script(event)]
    assert kinds.count(Kind.LOAD) == sum(i.loads for i in path)
    assert kinds.count(Kind.STORE) == sum(i.stores for i in path)
    wrapping = kernel.path(kernel.symbols[vector], taken=taken - {NO_WRAP_DATA, NO_WRAP_FETCH})
    assert len(wrapping) == len(path) + 1


def test_null_system_call(kernel: Program) -> None:
    path = kernel.path(kernel.symbols["SystemCall"], taken=GETPPID, calls={0xC000A438: kernel.symbols["sys_getppid"]})
    same(script(Event.SYSCALL), path)


def test_timer_tick(kernel: Program) -> None:
    path = kernel.path(kernel.symbols["Decrementer"], taken=NO_SOFTIRQ, calls={EVENT_HANDLER: 0})
    timer = script(Event.TIMER)
    decrementer = names(timer)
    assert decrementer.pop(9) == "mtspr"  # the clock event handler's mtspr DEC
    assert decrementer == operations(path)
    assert instructions(timer) - instructions(TICK) == len(path)


def test_process_switch_at_a_tick(kernel: Program) -> None:
    path = kernel.path(
        kernel.symbols["Decrementer"],
        taken=NO_SOFTIRQ | RESCHEDULE | SCHEDULE,
        calls={EVENT_HANDLER: 0, PICK_NEXT: 0},
    )
    switch = script(Event.SWITCH)
    found = names(switch)
    assert found.pop(9) == "mtspr"
    assert found == operations(path)
    assert instructions(switch) - instructions(TICK) - NEXT_TASK == len(path)


def test_flush_of_a_page(kernel: Program) -> None:
    start = kernel.symbols["__tlbil_va"]
    hit = kernel.path(start)
    miss = kernel.path(start, taken={0xC000F858})
    assert (len(hit), len(operations(hit)), len(miss), len(operations(miss))) == (12, 7, 9, 6)
    null, one = script(Event.SYSCALL), script(Event.PAGE_FLUSH)
    assert names(one) == [*names(null)[:4], *operations(hit), *names(null)[4:]]
    assert instructions(one) == instructions(null) - 46 + 40 + len(hit)


def test_flush_of_everything(kernel: Program) -> None:
    """The loop's four instructions for each slot: 10 + 4 H, and one tlbwe each."""
    start = kernel.symbols["_tlbil_pid"]
    once = kernel.path(start)
    assert operations(once) == ["tlbwe"]
    assert len(once) == 10
    assert kernel.word(start + 0x1C) >> 16 == 0x4081, "ble back to the tlbwe"
    for slots in (2, 63):
        everything = instructions(script(Event.FLUSH), slots) - instructions(script(Event.SYSCALL), slots)
        assert everything + 46 - 60 == 10 + 4 * (slots - 1)


def test_waiting(kernel: Program) -> None:
    path = kernel.path(kernel.symbols["ppc44x_idle"])
    null, idle = script(Event.SYSCALL), script(Event.IDLE)
    assert names(idle) == [*names(null)[:4], *operations(path), *names(null)[4:]]
    assert instructions(idle) == instructions(null) - 46 + 60 + len(path)
