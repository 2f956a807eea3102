# SPDX-License-Identifier: BSD-3-Clause
"""The whole text of every report of a configuration file that does not fit."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simobjects.framework import ConfigError, dump_config, load_config
from tests.unit.framework.fakes import Pump, Tank, Valve, machine

CLASSES = [Pump, Tank, Valve]


def report(path: str, value: Any) -> str:
    """The report of loading a good configuration with one entry replaced; None removes it."""
    data = copy.deepcopy(dump_config(machine()))
    *inner, last = path.split("/")
    place: Any = data
    for key in inner:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(ConfigError) as caught:
        load_config(data, CLASSES)
    return str(caught.value)


TANK = "system/children/tank"
PUMP = "system/children/pump"
CASES: dict[str, tuple[str, Any, str]] = {
    "unknown_format": (
        "format",
        2,
        """\
1 problem in this configuration
  1. format = 2
     expected: a configuration of format 1
     at: loaded configuration
     fix: give what dump_config returned, or write the file again with this version
""",
    ),
    "no_type": (
        "system/children/tank/type",
        None,
        """\
1 problem in this configuration
  1. system.tank.params = {'label': 'blue', 'rate': 400000000, 'scheme': 'fifo', 'size': 64, ...}
     expected: an object with a type
     at: loaded configuration
     fix: give an object as dump_config writes it
""",
    ),
    "unknown_type": (
        "system/children/tank/type",
        "tests.unit.framework.fakes:Tonk",
        """\
1 problem in this configuration
  1. system.tank.type = 'tests.unit.framework.fakes:Tonk'
     expected: a SimObject class that is imported
     at: loaded configuration
     did you mean: tests.unit.framework.fakes:Tank
     fix: import the module that defines the class before loading, or pass it as types=[...]
""",
    ),
    "unknown_key": (
        "system/children/tank/colour",
        1,
        """\
1 problem in this configuration
  1. system.tank.colour
     expected: one of: children, connections, params, references, short, type
     at: loaded configuration
     fix: remove it
""",
    ),
    "unknown_parameter": (
        "system/children/tank/params/sise",
        5,
        """\
1 problem in this configuration
  1. system.tank.sise = 5
     expected: a parameter, child or port of Tank
     at: loaded configuration
     did you mean: size
     fix: rename it to size, or remove it
""",
    ),
    "wrong_value": (
        "system/children/tank/params/size",
        5000,
        """\
1 problem in this configuration
  1. system.tank.size = 5000
     expected: an integer from 1 to 4096
     at: loaded configuration
     fix: choose a value of at most 4096
""",
    ),
    "parameter_that_is_a_child": (
        "system/children/pump/params/valve",
        3,
        """\
1 problem in this configuration
  1. system.pump.valve = 3
     expected: a parameter of Pump
     at: loaded configuration
     fix: remove it
""",
    ),
    "reference_to_no_object": (
        "system/children/pump/children/valve/references/tank",
        "system.tonk",
        """\
1 problem in this configuration
  1. system.pump.valve.tank = 'system.tonk'
     expected: the path of an object in this file
     at: loaded configuration
     did you mean: system.tank
     fix: name an object that exists
""",
    ),
    "reference_of_the_wrong_class": (
        "system/children/pump/children/valve/references/tank",
        "system.pump",
        """\
1 problem in this configuration
  1. system.pump.valve.tank = Pump (system.pump)
     expected: a reference to a Tank
     at: loaded configuration
     fix: assign the Tank itself, such as system.x
""",
    ),
    "unknown_reference": (
        "system/children/pump/children/valve/references/tonk",
        "system.tank",
        """\
1 problem in this configuration
  1. system.pump.valve.tonk = 'system.tank'
     expected: a reference of Valve
     at: loaded configuration
     did you mean: tank
     fix: remove it
""",
    ),
    "connection_to_no_port": (
        "system/children/pump/connections/outlet",
        "system.tank.inlett",
        """\
1 problem in this configuration
  1. system.pump.outlet = 'system.tank.inlett'
     expected: a port of Tank
     at: loaded configuration
     did you mean: inlet
     fix: name a port that exists
""",
    ),
    "connection_to_no_object": (
        "system/children/pump/connections/outlet",
        "system.tonk.inlet",
        """\
1 problem in this configuration
  1. system.pump.outlet = 'system.tonk'
     expected: the path of an object in this file
     at: loaded configuration
     did you mean: system.tank
     fix: name an object that exists
""",
    ),
    "unknown_port": (
        "system/children/pump/connections/outlett",
        "system.tank.inlet",
        """\
1 problem in this configuration
  1. system.pump.outlett = 'system.tank.inlet'
     expected: a port of Pump
     at: loaded configuration
     did you mean: outlet
     fix: remove it
""",
    ),
    "private_name": (
        "system/children/tank/params/_node",
        1,
        """\
1 problem in this configuration
  1. system.tank._node
     expected: a name that starts with a letter
     at: loaded configuration
     fix: remove it
""",
    ),
    "parameters_that_are_a_list": (
        "system/children/tank/params",
        [1],
        """\
1 problem in this configuration
  1. system.tank.params = [1]
     expected: a mapping from names
     at: loaded configuration
     fix: give it as dump_config writes it
""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_report(name: str) -> None:
    path, value, expected = CASES[name]
    assert report(path, value) == expected.rstrip("\n")


@pytest.mark.parametrize("data", [None, 3, [], "system", {}, {"format": 1}, {"format": 1, "system": []}])
def test_data_of_any_shape_is_refused_in_words(data: Any) -> None:
    with pytest.raises(ConfigError):
        load_config(data)
