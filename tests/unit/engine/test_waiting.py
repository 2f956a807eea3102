# SPDX-License-Identifier: BSD-3-Clause
"""No state of a guest keeps a run from its limits: waits that nothing ends, masked interrupts, storms, lost vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import Event, EventKind, Simulation, System
from simobjects.framework import Progress
from simobjects.gdb.machine import SimulatedGuest
from simobjects.gdb.target import StopKind
from tests.helpers.assembler import asm
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import elf_file, machine
from tests.helpers.timed_programs import (
    ARE,
    CE,
    DEC,
    DECAR,
    DIE,
    EE,
    FIE,
    IVPR,
    STAY,
    TCR,
    WE,
    WIE,
    constant,
    loop,
    write,
)  # fmt: skip

RESETS = 0x1000_0000
SOON = write(DEC, 300)
LATER_KVM: dict[str, Any] = {"decrementer": "exact", "emulation": "3.6", "tsr_dis": "expiry"}


def waits(msr: int) -> list[int]:
    return [*constant(3, msr | WE), asm("mtmsr", rs=3), asm("isync"), STAY]


FOR_EVER = {
    "nothing armed": waits(EE | CE),
    "all masked": [*SOON, *write(TCR, DIE | FIE | WIE | ARE), *waits(0)],
    "watchdog, CE off": [*write(TCR, WIE), *waits(0)],
    "watchdog, EE alone": [*write(TCR, WIE), *waits(EE)],
    "decrementer, CE alone": [*SOON, *write(TCR, DIE | ARE), *write(DECAR, 7), *waits(CE)],
    "fixed interval, CE alone": [*write(TCR, FIE), *waits(CE)],
    "decrementer, not enabled": [*SOON, *write(DECAR, 9), *write(TCR, ARE), *waits(EE | CE)],
    "decrementer, come already": [*SOON, *loop(400), *write(TCR, DIE), *waits(CE)],
    "spin, watchdog, CE off": [*write(TCR, WIE), *constant(3, EE), asm("mtmsr", rs=3), STAY],
    "spin, decrementer, EE off": [*SOON, *write(TCR, DIE), *constant(3, CE), asm("mtmsr", rs=3), STAY],
}


def native(tmp_path: Path, words: list[int], **more: Any) -> System:
    return machine(elf_file(tmp_path / "p.elf", words), **more)


def kvm(tmp_path: Path, words: list[int], **host: Any) -> System:
    system = guest_system(elf_file(tmp_path / "p.elf", words), "e6")
    for name, value in host.items():
        setattr(system.host, name, value)
    system.host.vmm.signal_every = 0  # a signal would take the guest out of its sleep
    return system


def last(sim: Simulation, **limits: Any) -> Event:
    return list(sim.run(**limits))[-1]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", FOR_EVER)
def test_a_wait_for_what_cannot_come_ends_the_run_at_once(name: str, tmp_path: Path) -> None:
    """Run, stepped, traced and under gdb alike: at the same cycle, long before the timer would have been due again."""
    sims = [Simulation(native(tmp_path, FOR_EVER[name])) for _ in range(4)]
    ends = [last(sims[0], references=10_000)]
    while (event := sims[1].step()) is None:
        pass
    ends.append(event)
    sims[2].trace_instructions(lambda line: None)
    ends.append(last(sims[2], references=10_000))
    gdb = SimulatedGuest(sims[3])
    assert gdb.run(lambda: False).kind is StopKind.ENDED
    ends.append(sims[3].events[-1])
    reason = "spins for nothing" if name.startswith("spin") else "waits for nothing"
    assert [(end.kind, end.payload["reason"]) for end in ends] == [(EventKind.END_OF_WORKLOAD, reason)] * 4
    assert len({(end.cycle, end.reference) for end in ends}) == 1
    assert ends[0].cycle < 1500


def test_a_wait_that_the_watchdog_ends_with_a_reset_takes_its_time(tmp_path: Path) -> None:
    """WP = 0 times out every 2^21 ticks, from 2^20 on: armed, WIS, reset."""
    end = last(Simulation(native(tmp_path, [*write(TCR, WIE | RESETS), *waits(0)])), references=1000)
    assert (end.payload["reason"], end.payload["kind"], end.cycle) == ("reset", 1, (1 << 20) + 2 * (1 << 21))


def test_a_cycle_limit_is_exact_in_a_wait_also_when_traced(tmp_path: Path) -> None:
    words = [*write(DEC, 1_000_000), *write(TCR, DIE), *waits(EE)]
    for traced in (False, True):
        sim = Simulation(native(tmp_path, words))
        if traced:
            sim.trace_instructions(lambda line: None)
        for cycle in (500, 777, 999_000):
            end = last(sim, cycles=cycle - sim.cycle)
            assert (end.kind, end.cycle) == (EventKind.CYCLE_LIMIT, cycle)


# Under KVM a guest that waits is not in the guest at all: the host's ticks go on, one after the other.

ASLEEP = [*write(DEC, 0x7FFF_FFFF), *write(TCR, DIE), *waits(EE)]


def sleeping(tmp_path: Path) -> System:
    system = kvm(tmp_path, ASLEEP, hz="250Hz", **LATER_KVM)
    system.core.timebase_ratio = 1 << 20
    return system


@pytest.mark.timeout(60)
def test_a_sleeping_guest_sees_a_cycle_limit_and_goes_on_exactly(tmp_path: Path) -> None:
    whole, cut = (Simulation(sleeping(tmp_path)) for _ in range(2))
    assert last(whole, cycles=50_000_000).cycle == 50_000_000
    for cycle in (3_000_000, 20_000_001, 50_000_000):
        end = last(cut, cycles=cycle - cut.cycle)
        assert (end.kind, end.cycle) == (EventKind.CYCLE_LIMIT, cycle)
    assert whole.engine.digest() == cut.engine.digest()
    assert [row.value for row in whole.stats.rows()] == [row.value for row in cut.stats.rows()]


@pytest.mark.timeout(60)
def test_a_sleeping_guest_is_saved_and_goes_on(tmp_path: Path) -> None:
    first, second = (Simulation(kvm(tmp_path, [*write(DEC, 9_000_000), *write(TCR, DIE), *waits(EE)], **LATER_KVM))
                     for _ in range(2))  # fmt: skip
    last(first, cycles=4_000_000)
    first.save(tmp_path / "c")
    second.restore(tmp_path / "c")
    ends = [last(sim, references=500) for sim in (first, second)]
    assert ends[0].cycle == ends[1].cycle > 9_000_000
    assert first.engine.digest() == second.engine.digest()


@pytest.mark.timeout(60)
def test_stop_and_gdbs_ctrl_c_reach_a_sleeping_guest(tmp_path: Path) -> None:
    sim = Simulation(sleeping(tmp_path))
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 3:
            sim.stop()

    assert last(sim, progress=stop).kind is EventKind.USER_STOP
    assert told[0].cycles < told[1].cycles < told[2].cycles
    told.clear()
    event = sim.step(stop)
    assert event is not None
    assert event.kind is EventKind.USER_STOP
    gdb = SimulatedGuest(sim)
    assert gdb.step(lambda: True).kind is StopKind.INTERRUPT
    assert gdb.run(lambda: True).kind is StopKind.INTERRUPT


@pytest.mark.timeout(30)
def test_a_guest_that_sleeps_with_its_timer_masked_cannot_go_on(tmp_path: Path) -> None:
    """From 3.4 on the host's timer runs, and is armed again, whatever TCR[DIE] says: it wakes nobody."""
    words = [*write(TCR, ARE), *write(DECAR, 5000), *write(DEC, 5000), *waits(EE)]
    end = last(Simulation(kvm(tmp_path, words, **LATER_KVM)), references=10_000)
    assert end.kind is EventKind.FAILED
    assert "waits" in end.payload["message"]


@pytest.mark.timeout(30)
def test_a_storm_of_timer_interrupts_without_an_instruction_ends_as_the_watchdogs(tmp_path: Path) -> None:
    words = [*write(TCR, ARE | DIE), *write(DECAR, 1), *write(DEC, 1), *loop(100), STAY]
    end = last(Simulation(kvm(tmp_path, words, **LATER_KVM)), references=10_000)
    assert end.kind is EventKind.WATCHDOG
    assert "before the guest completes an instruction" in end.payload["message"]


@pytest.mark.timeout(30)
def test_vectors_that_lead_nowhere_end_the_run(tmp_path: Path) -> None:
    """The interrupt of a wait goes to a vector that misses for ever."""
    words = [*write(IVPR, 0x5555_0000), *SOON, *write(TCR, DIE), *waits(EE)]
    end = last(Simulation(native(tmp_path, words)), references=10_000)
    assert end.kind is EventKind.FAILED
    assert "its handler faults itself" in end.payload["message"]
    end = last(Simulation(kvm(tmp_path, words, **LATER_KVM)), references=10_000)
    assert end.kind in (EventKind.WATCHDOG, EventKind.FAILED)
