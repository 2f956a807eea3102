# SPDX-License-Identifier: BSD-3-Clause
"""Simulated time that keeps to real time: how long a run sleeps, by a clock of the test's own, and that it can end."""

from __future__ import annotations

import time

import pytest

from simobjects.framework import ConfigError, EventKind, Frequency, Progress, Simulation
from simobjects.framework.pacing import LATE, SLICE, Pacer
from tests.unit.framework.fakes import machine

HZ = 1000


class Clock:
    """Real time that passes when somebody sleeps, or a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.stopped = False

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pacer(self, pace: float | None) -> Pacer:
        return Pacer(pace, HZ, lambda: self.stopped, lambda: self.now, self.sleep)


def played(clock: Clock, pacer: Pacer, cycles: int, work: float = 0.0, cycle: int = 0) -> int:
    """A machine that goes on for so many cycles, as the pacer lets it, each slice of which takes `work` seconds."""
    end = cycle + cycles
    while cycle < end:
        cycle = pacer.limit(cycle, end)
        clock.now += work
        pacer.keep(cycle)
    return cycle


@pytest.mark.parametrize("pace", [0.5, 1.0, 3.0])
def test_a_machine_that_is_faster_takes_its_time(pace: float) -> None:
    clock = Clock()
    played(clock, clock.pacer(pace), 2 * HZ, work=0.001)
    assert clock.now - 100 == pytest.approx(2 * pace)
    assert max(clock.slept) <= SLICE


@pytest.mark.parametrize("pace", [None, 0.0])
def test_without_a_pace_nothing_sleeps_and_nothing_is_cut(pace: float | None) -> None:
    clock = Clock()
    pacer = clock.pacer(pace)
    assert (pacer.limit(7, -1), pacer.limit(7, 10**12)) == (-1, 10**12)
    pacer.keep(10**9)
    assert clock.slept == []


def test_a_slice_is_short_in_real_time_and_no_longer_than_the_run() -> None:
    clock = Clock()
    pacer = clock.pacer(2.0)
    assert pacer.limit(500, -1) == 500 + int(SLICE / 2 * HZ)
    assert pacer.limit(500, 503) == 503
    assert Pacer(1000.0, 1, lambda: False).limit(5, -1) == 6, "it goes on, however slow it is"


def test_a_machine_that_is_slower_does_not_sleep() -> None:
    clock = Clock()
    played(clock, clock.pacer(1.0), HZ, work=10 * SLICE)
    assert clock.slept == []


def test_what_was_lost_long_ago_is_not_caught_up() -> None:
    """After a debugger's hour, say: the guest's next second takes a second."""
    clock = Clock()
    pacer = clock.pacer(1.0)
    at = played(clock, pacer, HZ)
    clock.now += 3600
    at = played(clock, pacer, 1, cycle=at)
    begun = clock.now
    played(clock, pacer, HZ, cycle=at)
    assert clock.now - begun == pytest.approx(1.0, abs=LATE)


def test_a_little_delay_is_caught_up() -> None:
    clock = Clock()
    pacer = clock.pacer(1.0)
    at = played(clock, pacer, HZ)
    clock.now += LATE / 2
    played(clock, pacer, HZ, cycle=at)
    assert clock.now - 100 == pytest.approx(2.0)


def test_a_wish_to_stop_ends_a_sleep() -> None:
    clock = Clock()
    pacer = clock.pacer(1.0)
    pacer.limit(0, -1)
    clock.stopped = True
    pacer.keep(1000 * HZ)
    assert clock.slept == []


def test_a_paced_machine_does_the_same_in_more_time() -> None:
    """A simulated millisecond (2000 cycles at 2 MHz) at a pace of 200: a fifth of a second at least, in slices."""
    free, paced = machine(), machine()
    free.clock = paced.clock = Frequency(2_000_000)
    paced.pace = 200
    counted = []
    for system in (free, paced):
        simulation, slices = Simulation(system), list[Progress]()
        begun = time.monotonic()
        events = list(simulation.run(progress=slices.append))
        taken = time.monotonic() - begun
        assert [event.kind for event in events] == [EventKind.END_OF_WORKLOAD]
        counted.append((simulation.cycle, simulation.stats.table(), simulation.config_hash, len(slices) > 1))
    assert counted[0][:3] == counted[1][:3]
    assert (counted[0][3], counted[1][3]) == (False, True)
    assert taken > 0.15


def test_limits_of_a_paced_run_are_as_ever() -> None:
    system = machine()
    system.clock, system.pace = Frequency(2_000_000), 100
    simulation = Simulation(system)
    assert simulation.run_all(cycles=900).kind is EventKind.CYCLE_LIMIT
    assert simulation.cycle == 900
    assert simulation.run_all(references=10).kind is EventKind.REFERENCE_LIMIT
    assert simulation.reference == 460


def test_a_pace_that_there_is_not() -> None:
    system = machine()
    system.pace = -1
    with pytest.raises(ConfigError, match=r"system\.pace = -1"):
        Simulation(system)
