# SPDX-License-Identifier: BSD-3-Clause
"""Ownership, paths, lists, dicts and references."""

from __future__ import annotations

import pytest

from simobjects.framework import (
    FrozenError,
    Ref,
    SimObject,
    Simulation,
    System,
    UnresolvedReference,
    child,
    param,
    ref,
    validate,
)

from .fakes import BigTank, Pump, Tank, Valve, machine


def test_paths() -> None:
    system = machine()
    system.pump.spares = [Valve(), Valve()]
    system.pump.named["left"] = Valve()
    assert system.path == "system"
    assert system.pump.valve.path == "system.pump.valve"
    assert system.pump.spares[1].path == "system.pump.spares[1]"
    assert system.pump.named["left"].path == "system.pump.named.left"
    assert Tank().path == "<Tank>"


def test_a_default_child_takes_the_keywords_of_its_declaration() -> None:
    assert Pump().valve.width == 8
    assert Pump(valve=Valve()).valve.width == 4


def test_a_child_by_keyword_and_by_assignment() -> None:
    system = System(tank=Tank(size=3))
    assert system.tank.path == "system.tank"
    system.pump = Pump(spares=[Valve()])
    assert system.pump.spares[0].path == "system.pump.spares[0]"


def test_replacing_a_child_frees_the_old_one() -> None:
    system = machine()
    old = system.pump.valve
    system.pump.valve = Valve(width=1)
    assert old.path == "<Valve>"
    system.pump.extra = old
    assert old.path == "system.pump.extra"
    system.pump.extra = None
    assert system.pump.extra is None


def test_system_children_can_be_lists_dicts_and_be_removed() -> None:
    system = System()
    system.tanks = [Tank(), Tank()]
    assert system.tanks[1].path == "system.tanks[1]"
    system.tanks = {"a": Tank()}
    assert system.tanks["a"].path == "system.tanks.a"
    system.tanks = None
    with pytest.raises(AttributeError):
        _ = system.tanks


def test_a_list_renames_its_items_as_it_changes() -> None:
    pump = Pump()
    one, two, three = Valve(width=1), Valve(width=2), Valve(width=3)
    pump.spares.extend([one, three])
    pump.spares.insert(1, two)
    assert [valve.path for valve in pump.spares] == [f"<Pump>.spares[{number}]" for number in range(3)]
    del pump.spares[0]
    assert (two.path, one.path) == ("<Pump>.spares[0]", "<Valve>")
    pump.spares[0] = one
    assert (one.path, two.path) == ("<Pump>.spares[0]", "<Valve>")
    pump.spares[:] = [two]
    assert list(pump.spares) == [two]
    pump.spares.insert(-1, one)
    assert list(pump.spares) == [one, two]
    assert [valve.path for valve in pump.spares] == ["<Pump>.spares[0]", "<Pump>.spares[1]"]


def test_a_dict_frees_what_it_drops() -> None:
    pump = Pump(named={"a": Valve()})
    old = pump.named["a"]
    pump.named["a"] = Valve()
    assert old.path == "<Valve>"
    del pump.named["a"]
    assert len(pump.named) == 0


def test_a_reference_is_the_only_such_object_below_the_nearest_ancestor() -> None:
    system = machine()
    assert system.pump.valve.tank is system.tank


def test_a_reference_prefers_an_ancestor_of_its_type() -> None:
    class Part(SimObject):
        owner: Ref[Shop] = ref("the shop it belongs to")

    class Shop(SimObject):
        part: Part = child(Part, "a part")

    system = System()
    system.shops = [Shop(), Shop()]
    assert system.shops[1].part.owner is system.shops[1]


def test_a_reference_given_wins() -> None:
    system = machine()
    system.tank2 = BigTank()
    system.pump.valve.tank = system.tank2
    assert system.pump.valve.tank is system.tank2
    validate(system)


def test_an_unclear_reference_cannot_be_read() -> None:
    system = machine()
    system.tank2 = BigTank()
    with pytest.raises(UnresolvedReference, match=r"may mean any of system\.tank, system\.tank2"):
        _ = system.pump.valve.tank
    with pytest.raises(UnresolvedReference, match="nothing: the machine has none"):
        _ = Valve().tank


def test_an_optional_reference_may_stay_empty() -> None:
    class Free(SimObject):
        tank: Ref[Tank] | None = ref("a tank, if there is one", optional=True)

    system = System()
    system.free = Free()
    assert system.free.tank is None
    system.tank = Tank()
    assert system.free.tank is system.tank
    system.free.tank = None
    assert system.free.tank is None


def test_nothing_changes_after_the_machine_is_built() -> None:
    system = machine()
    Simulation(system)
    with pytest.raises(FrozenError, match=r"system\.tank\.size cannot be changed"):
        system.tank.size = 3
    with pytest.raises(FrozenError):
        system.more = Tank()
    with pytest.raises(FrozenError):
        system.pump.spares.append(Valve())
    with pytest.raises(FrozenError):
        system.pump.named["x"] = Valve()


def test_attributes_cannot_be_deleted() -> None:
    system = machine()
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del system.tank


def test_elaboration_reaches_objects_made_by_elaboration_and_notes_are_told_once() -> None:
    class Doll(SimObject):
        depth: int = param(3, "dolls inside")
        inner: SimObject | None = child(None, "the next doll", optional=True)

        def elaborate(self) -> None:
            if self.depth and self.inner is None:
                self.inner = Doll(depth=self.depth - 1)
            self.note(f"{self.depth} inside")

    system = machine()
    system.doll = Doll()
    simulation = Simulation(system)
    assert system.doll.inner.inner.inner.path == "system.doll.inner.inner.inner"
    assert simulation.notes[0] == "system.doll: 3 inside"
    assert len(simulation.notes) == 4


def test_elaboration_waits_for_what_others_make() -> None:
    class Early(SimObject):
        tank: Ref[BigTank] = ref("made by Late")
        size: int = param(1, "taken from the tank")

        def elaborate(self) -> None:
            self.size = self.tank.size

    class Late(SimObject):
        tank: BigTank | None = child(None, "made here", optional=True)

        def elaborate(self) -> None:
            self.tank = self.tank or BigTank(size=12)

    system = machine()
    system.pump.valve.tank = system.tank
    system.early, system.late = Early(), Late()
    validate(system)
    assert system.early.size == 12


def test_an_error_in_a_hook_names_the_object() -> None:
    class Faulty(SimObject):
        def elaborate(self) -> None:
            raise ZeroDivisionError

    system = machine()
    system.faulty = Faulty()
    with pytest.raises(ZeroDivisionError) as caught:
        validate(system)
    assert caught.value.__notes__ == ["while elaborating system.faulty (Faulty)"]
