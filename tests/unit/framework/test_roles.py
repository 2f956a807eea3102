# SPDX-License-Identifier: BSD-3-Clause
"""Peers are asked for what their classes say they do, and for nothing else, whatever the names of their methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from simobjects.framework import EngineError, EventKind, SimObject, Simulation, System
from simobjects.framework.roles import (
    Begins,
    CountsInstructions,
    KnowsLength,
    LeavesFiles,
    Outlet,
    Restored,
    Saved,
    Steps,
)

from .fakes import machine

NAMES = (
    "begin", "debug_drain", "debug_enable", "drain", "files", "instructions", "read_stats", "restore", "restored",
    "save", "step", "total_references",
)  # fmt: skip
"""Every name that a role has a method of, and those that declarations ask for."""


def refuse(*values: object, **named: object) -> None:
    raise AssertionError("a method of the user's own was called")


class OwnMethods(SimObject):
    """Its peer has methods of all those names, and says nothing of any role."""

    stateless: ClassVar[bool] = True

    def make_peer(self) -> object:
        return type("OwnPeer", (), dict.fromkeys(NAMES, refuse))()


class LonePeer:
    """An engine of the least that one needs, with names of its own besides."""

    def __init__(self) -> None:
        self.done = 0

    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]:
        self.done += min(references, 10 - self.done)
        return (1, {}) if self.done == 10 else (0, {})

    def now(self) -> int:
        return self.done

    def references(self) -> int:
        return self.done


class Lone(SimObject):
    """An engine."""

    is_engine: ClassVar[bool] = True

    def make_peer(self) -> object:
        return type("LoneEngine", (LonePeer,), dict.fromkeys(NAMES, refuse))()


def test_methods_of_a_peers_own_are_not_called(tmp_path: Path) -> None:
    system = machine()
    system.own = OwnMethods()
    simulation = Simulation(system)
    assert simulation.run_all().kind is EventKind.END_OF_WORKLOAD
    simulation.write(tmp_path / "run")
    simulation.save(tmp_path / "c")
    again = machine()
    again.own = OwnMethods()
    Simulation(again).restore(tmp_path / "c")


def test_nor_are_those_of_an_engine(tmp_path: Path) -> None:
    simulation = Simulation(System(lone=Lone()))
    told: list[Any] = []
    assert list(simulation.run_to(4))[-1].reference == 4
    assert simulation.run_all(progress=told.append).kind is EventKind.END_OF_WORKLOAD
    assert told[-1].total_references is None and told[-1].instructions == 0
    simulation.write(tmp_path)
    with pytest.raises(EngineError, match=r"system\.lone executes no instructions one at a time"):
        simulation.step()
    with pytest.raises(EngineError, match=r"system\.lone \(Lone\) executes no program"):
        simulation.start_profile()


def test_an_engine_that_lacks_something_is_refused() -> None:
    class Half(Lone):
        """Does not know the time."""

        def make_peer(self) -> object:
            return type("HalfPeer", (), {"advance": refuse, "references": refuse})()

    with pytest.raises(EngineError, match=r"system\.half is the engine of this machine, but HalfPeer has no now"):
        Simulation(System(half=Half()))


ROLES = (Begins, CountsInstructions, KnowsLength, LeavesFiles, Outlet, Restored, Saved, Steps)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.__name__)
def test_who_takes_a_role_has_its_methods(role: Any) -> None:
    class Empty:
        pass

    with pytest.raises(TypeError, match=rf"Empty is no {role.__name__}: it has no [a-z_, ]+$"):
        role.register(Empty)
    with pytest.raises(TypeError, match="abstract"):
        type("Derived", (role,), {})()
    registered = role.register(type("Full", (), dict.fromkeys(NAMES, refuse)))
    assert isinstance(registered(), role)


def test_the_roles_have_no_other_methods() -> None:
    """So that the documented names are all that there are."""
    asked = {name for role in ROLES for name in role.__abstractmethods__}
    assert asked | {"debug_drain", "debug_enable", "read_stats"} == set(NAMES)
