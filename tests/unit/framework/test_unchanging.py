# SPDX-License-Identifier: BSD-3-Clause
"""What is remembered of classes, of their defaults and of a frozen tree, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects.framework import ConfigError, Ratio, Ref, SimObject, Simulation, System, children, param, ref
from simobjects.framework.config import identity_dump
from simobjects.framework.declared import declared
from simobjects.framework.tree import parts, walk
from simobjects.framework.unchanging import remembered, unchanging
from simobjects.framework.variants import variants

from .fakes import Pump, Tank, TankPeer, Valve, machine


class Family(SimObject):
    """A family."""


class First(Family):
    """Its first."""

    short = "first"


def test_a_family_is_asked_again_unless_classes_do_not_change() -> None:
    memory: dict[Any, Any] = {}
    with unchanging(memory):
        assert list(variants(Family)) == ["first"]
        made = type("Second", (Family,), {"short": "second", "__module__": __name__, "__doc__": "Another."})
        assert list(variants(Family)) == ["first"], "somebody has promised that there is no new class"
    assert list(variants(Family)) == ["first", "second"]
    with unchanging({}):
        assert variants(Family)["second"] is made
    assert list(memory) == [("variants", Family)]


def test_nothing_is_remembered_outside() -> None:
    found = iter(range(9))
    assert [remembered("a", lambda: next(found)) for _ in range(2)] == [0, 1]
    with unchanging({}):
        assert [remembered("a", lambda: next(found)) for _ in range(2)] == [2, 2]
        with unchanging({}):
            assert remembered("a", lambda: next(found)) == 3
        assert remembered("a", lambda: next(found)) == 2
    assert remembered("a", lambda: next(found)) == 4


def test_a_class_that_a_user_has_changed_names_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at for one machine is looked at for the next; within `unchanging` once."""
    before = identity_dump(machine())

    def check(self: object) -> tuple[()]:
        return ()

    with unchanging({}):
        assert identity_dump(machine()) == before
    monkeypatch.setattr(Tank, "check", check)
    assert identity_dump(machine()) != before


def test_objects_share_no_value_that_can_change() -> None:
    class Holder(SimObject):
        """Values that can change, and some that cannot."""

        names: list[str] = param(["a"], "a list")
        ratio: Ratio = param("1.25", "a ratio")
        size: int = param(3, "a number")
        valves: list[Valve] = children("valves")

    one, two, three = Holder(), Holder(), Holder()
    one.names.append("b")
    two.valves.append(Valve())
    assert (one.names, two.names, three.names) == (["a", "b"], ["a"], ["a"])
    assert (len(one.valves), len(two.valves), len(three.valves)) == (0, 1, 0)
    assert two.valves[0].path == "<Holder>.valves[0]" and one.ratio is three.ratio
    two.size = 5
    assert (one.size, Holder().size) == (3, 3)
    assert list(vars(one)) == list(vars(Holder())) == ["names", "ratio", "size", "valves"]


def test_a_class_whose_annotations_are_known_later_is_complete_then() -> None:
    class Early(SimObject):
        """Names a class that comes later, and has a reference that may be empty."""

        size: Later | None = param(None, "a number")  # type: ignore[valid-type]
        tank: Ref[Tank] | None = ref("a tank", optional=True)

    with pytest.raises(Exception, match="Later"):
        Early(size=3)
    assert declared(Early).fields is None

    Later = int
    assert Early(size=3).size == 3 and Later is int
    assert declared(Early).fields is not None
    assert Early().size is None and Early(size=4).size == 4


def test_the_tree_of_a_frozen_machine_is_what_it_was() -> None:
    system = machine()
    system.pump.spares = [Valve(), Valve()]
    simulation = Simulation(system)
    known = list(walk(system))
    assert known == parts(system) and [obj.path for obj in known][0] == "system"
    assert list(walk(system.pump)) == parts(system.pump) != known
    assert list(walk(system)) == known and simulation.system is system


def test_a_machine_that_could_not_be_built_may_change_again() -> None:
    class Broken(Tank):
        """A tank whose peer cannot be made."""

        fails: bool = param(True, "whether it does")

        def make_peer(self) -> TankPeer:
            if self.fails:
                raise RuntimeError("no peer")
            return super().make_peer()

    system = machine()
    system.tank = Broken()
    system.pump.outlet = system.tank.inlet
    before = parts(system)
    with pytest.raises(RuntimeError, match="no peer"):
        Simulation(system)
    system.spare = Tank(size=8)
    system.tank.fails = False
    assert list(walk(system)) == [system, *(obj for obj in parts(system) if obj is not system)]
    assert len(list(walk(system))) == len(before) + 1
    with pytest.raises(ConfigError, match="exactly one Tank"):
        Simulation(system)


def test_a_check_that_changes_the_tree_is_seen() -> None:
    class Adds(SimObject):
        """Adds a tank as it is checked, which no check should; the references are then looked up again."""

        def check(self) -> tuple[()]:
            root = self._node.parent
            if "late" not in vars(root):
                root.late = Valve(tank=root.tank)  # type: ignore[union-attr]
            return ()

    system = machine()
    system.adds = Adds()
    simulation = Simulation(system)
    assert simulation.system.late in list(walk(system))
    assert simulation.system.late.tank is system.tank and isinstance(system.pump, Pump) and isinstance(system, System)
