# SPDX-License-Identifier: BSD-3-Clause
"""Machines as JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from simobjects.framework import (
    ConfigError,
    SimObject,
    Simulation,
    config_hash,
    config_json,
    dump_config,
    load_config,
    param,
)

from .fakes import BigTank, Pump, Tank, Valve, machine


def rich() -> Any:
    system = machine(size=32)
    system.pump.spares = [Valve(width=1), Valve(width=2)]
    system.pump.named = {"b": Valve(), "a": Valve(width=3)}
    system.tanks = [BigTank(), Tank()]
    system.by_name = {"x": Tank(scheme="lifo")}
    for valve in [system.pump.valve, *system.pump.spares, *system.pump.named.values()]:
        valve.tank = system.tanks[0]
    system.pump.regions = (1, 2)
    return system


def test_it_loads_back_to_an_equal_machine() -> None:
    system = rich()
    data = json.loads(config_json(system))
    loaded = load_config(data, [Pump, Tank, BigTank, Valve])
    assert dump_config(loaded) == dump_config(system)
    assert config_json(loaded) == config_json(system)
    assert config_hash(loaded) == config_hash(system)
    assert loaded.pump.regions == (1, 2)  # type: ignore[attr-defined]
    assert loaded.pump.valve.tank.path == "system.tanks[0]"  # type: ignore[attr-defined]


def test_a_loaded_machine_runs_the_same() -> None:
    system = rich()
    loaded = load_config(dump_config(system))
    tables = []
    for machine_ in (system, loaded):
        simulation = Simulation(machine_)
        list(simulation.run())
        tables.append(simulation.stats.table())
    assert tables[0] == tables[1]


def test_the_text_is_the_same_each_time_and_sorted() -> None:
    assert config_json(rich()) == config_json(rich())
    data = json.loads(config_json(rich()))
    assert list(data["system"]) == sorted(data["system"])


def test_the_order_of_the_script_does_not_matter() -> None:
    one, other = machine(size=5), machine()
    other.tank.size = 5
    other.clock = 533_000_000
    assert config_hash(one) == config_hash(other)


def test_the_hash_covers_values_but_not_names_without_effect() -> None:
    assert config_hash(machine()) != config_hash(machine(size=63))
    assert config_hash(machine()) == config_hash(machine(label="red"))
    assert config_json(machine()) != config_json(machine(label="red"))


def test_the_hash_covers_what_an_object_says_of_itself() -> None:
    class File(SimObject):
        name: str = param("x", "a file", identity=False)
        content: str = param("", "what it holds", identity=False)

        def identity(self) -> Mapping[str, Any]:
            return {"content": self.content}

    def with_file(**values: str) -> Any:
        system = machine()
        system.file = File(**values)
        return system

    assert config_hash(with_file(name="x")) == config_hash(with_file(name="y"))
    assert config_hash(with_file(content="1")) != config_hash(with_file(content="2"))


def test_the_hash_is_the_same_before_and_after_the_build() -> None:
    system = machine()
    before = config_hash(system)
    simulation = Simulation(system)
    assert simulation.run_name == before[:12] == config_hash(system)[:12]


def test_what_elaboration_adds_is_dumped_and_not_added_again() -> None:
    class Maker(SimObject):
        def elaborate(self) -> None:
            owner = self._node.parent
            if owner is not None and not hasattr(owner, "made"):
                setattr(owner, "made", Tank(size=7))  # noqa: B010

    system = machine()
    system.pump.valve.tank = system.tank
    system.maker = Maker()
    data = dump_config(system)
    assert data["system"]["children"]["made"]["params"]["size"] == 7
    assert dump_config(load_config(data, [Maker])) == data


def test_a_wrong_machine_is_not_dumped() -> None:
    with pytest.raises(ConfigError):
        dump_config(machine(size=0))


def test_classes_of_a_script_have_one_name_however_it_is_started() -> None:
    from simobjects.framework.config import type_name

    for module in ("__main__", "__simobjects__"):
        made = type("Own", (SimObject,), {"__module__": module})
        assert type_name(made) == "script:Own"


def test_objects_are_pydantic_models() -> None:
    tank: Any = Tank  # a type checker sees no pydantic in it: its constructor takes more than pydantic's would
    pump: Any = Pump
    assert tank.model_validate({"size": 3}).size == 3
    assert pump().model_dump()["total"] == 1000
    for cls in (tank, pump):
        assert cls.model_json_schema()["properties"]


def test_a_machine_can_be_copied() -> None:
    system = machine(size=3)
    twin = copy.deepcopy(system)
    assert twin.pump.outlet.other is twin.tank
    assert dump_config(twin) == dump_config(system)
