# SPDX-License-Identifier: BSD-3-Clause
"""Debug traces."""

from __future__ import annotations

import logging

import pytest

from simobjects.framework import Simulation, UnknownNameError

from .fakes import machine


def test_lines_from_start_to_stop() -> None:
    simulation = Simulation(machine(total=10))
    lines: list[str] = []
    simulation.debug("system.pump", kinds=["push"], start=4, stop=8, sink=lines.append)
    list(simulation.run(slice=3))
    assert lines == ["           4 system.pump: push: drop 2", "           6 system.pump: push: drop 3"]


def test_the_log_is_the_default(caplog: pytest.LogCaptureFixture) -> None:
    simulation = Simulation(machine(total=1))
    simulation.debug("system.pump")
    with caplog.at_level(logging.INFO, "simobjects.debug"):
        list(simulation.run())
    assert caplog.messages == ["           0 system.pump: push: drop 0"]


@pytest.mark.parametrize(
    ("path", "kinds", "text"),
    [
        ("system.pum", None, "no object that can be traced at 'system.pum'; did you mean system.pump?"),
        ("system.tank", None, "no object that can be traced at 'system.tank'; did you mean system.pump?"),
        ("x", None, "no object that can be traced at 'x'; there is: system.pump"),
        ("system.pump", ["pusch"], "no debug kind of system.pump 'pusch'; did you mean push?"),
        ("system.pump", ["x"], "no debug kind of system.pump 'x'; there is: pull, push"),
    ],
)
def test_unknown_names(path: str, kinds: list[str] | None, text: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        Simulation(machine()).debug(path, kinds)
    assert str(caught.value) == text


def test_an_impossible_window() -> None:
    with pytest.raises(ValueError, match="expected 0 <= start <= stop"):
        Simulation(machine()).debug("system.pump", start=5, stop=4)
