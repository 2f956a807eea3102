# SPDX-License-Identifier: BSD-3-Clause
"""A peer that lies is caught at the next snapshot."""

from __future__ import annotations

import pytest

from simobjects.framework import Simulation, StatsError

from .fakes import machine


def test_books_that_do_not_balance() -> None:
    simulation = Simulation(machine(total=10))
    list(simulation.run(references=5))
    simulation.peers[simulation.system.tank].lie = 1
    with pytest.raises(StatsError, match=r"system\.tank: 'kept \+ spilled = drops' does not hold at 'x': 6 != 5"):
        simulation.stats.snapshot("x")


def test_a_count_that_goes_down() -> None:
    simulation = Simulation(machine(total=10))
    list(simulation.run(references=5))
    simulation.stats.snapshot("one")
    peer = simulation.peers[simulation.system.tank]
    peer.kept, peer.spilled = 4, 1
    with pytest.raises(StatsError, match=r"system\.tank\.kept went down from 5 at 'one' to 4 at 'two'"):
        simulation.stats.snapshot("two")
