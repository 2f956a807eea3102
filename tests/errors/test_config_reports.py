# SPDX-License-Identifier: BSD-3-Clause
"""The whole text of every report of a wrong configuration."""

from __future__ import annotations

import pytest

from tests.errors.scripts import report

CASES = {
    "value_too_large": (
        """\
system = machine()
system.tank.size = 5000
""",
        """\
1 problem in this configuration
  1. system.tank.size = 5000
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: choose a value of at most 4096
""",
    ),
    "value_too_small": (
        """\
system = machine()
system.tank.size = 0
""",
        """\
1 problem in this configuration
  1. system.tank.size = 0
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: choose a value of at least 1
""",
    ),
    "value_of_wrong_type": (
        """\
system = machine()
system.tank.size = '64'
""",
        """\
1 problem in this configuration
  1. system.tank.size = '64'
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: write size=64, without quotes
""",
    ),
    "switch_is_no_integer": (
        """\
system = machine()
system.tank.size = True
""",
        """\
1 problem in this configuration
  1. system.tank.size = True
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: write it like the default, size=64
""",
    ),
    "number_with_fraction_is_no_integer": (
        """\
system = machine()
system.tank.size = 64.5
""",
        """\
1 problem in this configuration
  1. system.tank.size = 64.5
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: write it like the default, size=64
""",
    ),
    "choice_with_a_near_name": (
        """\
system = machine()
system.tank.scheme = 'fifoo'
""",
        """\
1 problem in this configuration
  1. system.tank.scheme = 'fifoo'
     expected: one of: fifo, lifo
     at: script.py:2
     did you mean: fifo
     fix: write 'fifo'
""",
    ),
    "choice_in_capitals": (
        """\
system = machine()
system.tank.scheme = 'FIFO'
""",
        """\
1 problem in this configuration
  1. system.tank.scheme = 'FIFO'
     expected: one of: fifo, lifo
     at: script.py:2
     did you mean: fifo
     fix: write 'fifo'
""",
    ),
    "choice_without_a_near_name": (
        """\
system = machine()
system.tank.scheme = 'heap'
""",
        """\
1 problem in this configuration
  1. system.tank.scheme = 'heap'
     expected: one of: fifo, lifo
     at: script.py:2
     fix: choose one of: fifo, lifo
""",
    ),
    "text_expected": (
        """\
system = machine()
system.tank.label = 7
""",
        """\
1 problem in this configuration
  1. system.tank.label = 7
     expected: text
     at: script.py:2
     fix: write it like the default, label='blue'
""",
    ),
    "memory_size_with_ambiguous_unit": (
        """\
system = machine()
system.tank.volume_limit = '16kB'
""",
        """\
1 problem in this configuration
  1. system.tank.volume_limit = '16kB'
     expected: a memory size such as '16KiB', or a whole number of bytes
     at: script.py:2
     fix: write '16KiB' (KiB means x 1024), or the number of bytes
""",
    ),
    "memory_size_with_single_letter": (
        """\
system = machine()
system.tank.volume_limit = '16K'
""",
        """\
1 problem in this configuration
  1. system.tank.volume_limit = '16K'
     expected: a memory size such as '16KiB', or a whole number of bytes
     at: script.py:2
     fix: write '16KiB' (KiB means x 1024), or the number of bytes
""",
    ),
    "memory_size_that_is_no_whole_number": (
        """\
system = machine()
system.tank.volume_limit = '0.3KiB'
""",
        """\
1 problem in this configuration
  1. system.tank.volume_limit = '0.3KiB'
     expected: a memory size such as '16KiB', or a whole number of bytes
     at: script.py:2
     fix: write a whole number of bytes, for example 307
""",
    ),
    "frequency_in_wrong_case": (
        """\
system = machine()
system.tank.rate = '400mhz'
""",
        """\
1 problem in this configuration
  1. system.tank.rate = '400mhz'
     expected: a frequency such as '400MHz', or a whole number of Hz, of at least 1kHz
     at: script.py:2
     fix: write '400MHz'
""",
    ),
    "frequency_in_an_unknown_unit": (
        """\
system = machine()
system.tank.rate = '400rpm'
""",
        """\
1 problem in this configuration
  1. system.tank.rate = '400rpm'
     expected: a frequency such as '400MHz', or a whole number of Hz, of at least 1kHz
     at: script.py:2
     fix: use one of the units Hz, kHz, MHz, GHz
""",
    ),
    "frequency_below_its_bound": (
        """\
system = machine()
system.tank.rate = '10Hz'
""",
        """\
1 problem in this configuration
  1. system.tank.rate = '10Hz'
     expected: a frequency such as '400MHz', or a whole number of Hz, of at least 1kHz
     at: script.py:2
     fix: choose a value of at least 1kHz
""",
    ),
    "frequency_as_float": (
        """\
system = machine()
system.tank.rate = 4e8
""",
        """\
1 problem in this configuration
  1. system.tank.rate = 400000000.0
     expected: a frequency such as '400MHz', or a whole number of Hz, of at least 1kHz
     at: script.py:2
     fix: write it as text, for example '400MHz'
""",
    ),
    "latency_without_a_number": (
        """\
system = machine()
system.pump.delay = 'soon'
""",
        """\
1 problem in this configuration
  1. system.pump.delay = 'soon'
     expected: a time such as '50ns', or a whole number of ps
     at: script.py:2
     fix: write it like '50ns'
""",
    ),
    "latency_below_zero": (
        """\
system = machine()
system.pump.delay = -5
""",
        """\
1 problem in this configuration
  1. system.pump.delay = -5
     expected: a time such as '50ns', or a whole number of ps
     at: script.py:2
     fix: choose at least 0ps
""",
    ),
    "ratio_with_too_many_decimals": (
        """\
system = machine()
system.pump.gain = 1.23456
""",
        """\
1 problem in this configuration
  1. system.pump.gain = 1.23456
     expected: a ratio such as '1.25', exact to thousandths
     at: script.py:2
     fix: round it, for example 1.235
""",
    ),
    "ratio_that_is_no_number": (
        """\
system = machine()
system.pump.gain = 'much'
""",
        """\
1 problem in this configuration
  1. system.pump.gain = 'much'
     expected: a ratio such as '1.25', exact to thousandths
     at: script.py:2
     fix: write it like '1.25'
""",
    ),
    "range_without_an_end": (
        """\
system = machine()
system.pump.where = '0x1000'
""",
        """\
1 problem in this configuration
  1. system.pump.where = '0x1000'
     expected: an address range such as '0x0..0x1000000' or '0xEF600000+4KiB'
     at: script.py:2
     fix: write it like '0x0..0x1000000' or '0xEF600000+4KiB'
""",
    ),
    "range_that_is_empty": (
        """\
system = machine()
system.pump.where = '0x1000..0x1000'
""",
        """\
1 problem in this configuration
  1. system.pump.where = '0x1000..0x1000'
     expected: an address range such as '0x0..0x1000000' or '0xEF600000+4KiB'
     at: script.py:2
     fix: the end must lie above the start
""",
    ),
    "sequence_with_a_wrong_item": (
        """\
system = machine()
system.pump.regions = (1, 'x')
""",
        """\
1 problem in this configuration
  1. system.pump.regions = (1, 'x')
     expected: a list of int
     at: script.py:2
     fix: write it like the default, regions=()
""",
    ),
    "unknown_name_with_a_near_one": (
        """\
system = machine()
system.tank.sise = 64
""",
        """\
1 problem in this configuration
  1. system.tank.sise = 64
     expected: a parameter, child or port of Tank
     at: script.py:2
     did you mean: size
     fix: rename it to size, or remove it
""",
    ),
    "unknown_name_without_a_near_one": (
        """\
system = machine()
system.pump.valve.colour = 'red'
""",
        """\
1 problem in this configuration
  1. system.pump.valve.colour = 'red'
     expected: a parameter, child or port of Valve
     at: script.py:2
     fix: remove it; Valve has: width, tank
""",
    ),
    "unknown_keyword": (
        """\
system = machine()
system.tank = Tank(sizes=64)
system.pump.outlet = system.tank.inlet
""",
        """\
1 problem in this configuration
  1. system.tank.sizes = 64
     expected: a parameter, child or port of Tank
     at: script.py:2
     did you mean: size
     fix: rename it to size, or remove it
""",
    ),
    "system_takes_objects_only": (
        """\
system = machine()
system.clok = '400MHz'
""",
        """\
1 problem in this configuration
  1. system.clok = '400MHz'
     expected: a parameter of System, or a SimObject as its child
     at: script.py:2
     did you mean: clock
     fix: rename it to clock, or assign a SimObject
""",
    ),
    "system_child_with_a_reserved_name": (
        """\
system = machine()
system.check = Tank()
""",
        """\
1 problem in this configuration
  1. system.check = Tank(...)
     expected: a name that is not taken
     at: script.py:2
     fix: 'check' is a method of System; rename the child
""",
    ),
    "child_that_is_no_object": (
        """\
system = machine()
system.pump.valve = 5
""",
        """\
1 problem in this configuration
  1. system.pump.valve = 5
     expected: a Valve
     at: script.py:2
     fix: assign a Valve(...)
""",
    ),
    "child_of_the_wrong_class": (
        """\
system = machine()
system.pump.valve = Tank()
""",
        """\
1 problem in this configuration
  1. system.pump.valve = Tank(...)
     expected: a Valve
     at: script.py:2
     fix: assign a Valve, not Tank
""",
    ),
    "second_owner": (
        """\
system = machine()
class House(SimObject):
    valve: Valve = child(Valve, 'a valve')
system.house = House()
system.house.valve = system.pump.valve
""",
        """\
1 problem in this configuration
  1. system.house.valve = Valve (system.pump.valve)
     expected: an object without an owner; it belongs to system.pump.valve
     at: script.py:5
     fix: make a second object, or declare a ref(...) to share this one
""",
    ),
    "ownership_cycle": (
        """\
class Box(SimObject):
    inner: SimObject | None = child(None, 'what is inside', optional=True)
system = machine()
system.box = Box(inner=Box())
system.box.inner.inner = system.box
""",
        """\
1 problem in this configuration
  1. system.box.inner.inner = Box (system.box)
     expected: no ownership cycle (system.box -> system.box.inner -> system.box)
     at: script.py:5
     fix: make one of the two a ref(...)
""",
    ),
    "system_inside_a_system": (
        """\
system = machine()
system.sub = System()
""",
        """\
1 problem in this configuration
  1. system.sub = System (system)
     expected: an object that is not a machine itself
     at: script.py:2
     fix: put its parts here instead of the System
""",
    ),
    "list_that_is_none": (
        """\
system = machine()
system.pump.spares = Valve()
""",
        """\
1 problem in this configuration
  1. system.pump.spares = Valve(...)
     expected: a list of Valve
     at: script.py:2
     fix: assign a list of Valve(...) objects
""",
    ),
    "list_with_a_wrong_item": (
        """\
system = machine()
system.pump.spares = [Valve(), Tank()]
""",
        """\
1 problem in this configuration
  1. system.pump.spares[1] = Tank(...)
     expected: a Valve
     at: script.py:2
     fix: assign a Valve, not Tank
""",
    ),
    "dict_with_a_wrong_key": (
        """\
system = machine()
system.pump.named['a b'] = Valve()
""",
        """\
1 problem in this configuration
  1. system.pump.named['a b'] = Valve(...)
     expected: a key of letters, digits, _ and - that starts with a letter
     at: script.py:2
     fix: rename the key; it becomes part of a path
""",
    ),
    "dict_that_is_none": (
        """\
system = machine()
system.pump.named = [Valve()]
""",
        """\
1 problem in this configuration
  1. system.pump.named = [Valve(width=4)]
     expected: a dict of Valve
     at: script.py:2
     fix: assign a dict of Valve(...) objects
""",
    ),
    "reference_to_the_wrong_class": (
        """\
system = machine()
system.pump.valve.tank = system.pump
""",
        """\
1 problem in this configuration
  1. system.pump.valve.tank = Pump (system.pump)
     expected: a reference to a Tank
     at: script.py:2
     fix: assign the Tank itself, such as system.x
""",
    ),
    "reference_to_an_object_outside": (
        """\
system = machine()
system.pump.valve.tank = Tank()
""",
        """\
1 problem in this configuration
  1. system.pump.valve.tank = Tank(...)
     expected: a Tank of this machine; this one belongs to nothing in it
     at: script.py:2
     fix: attach it, for example system.x = Tank(...)
""",
    ),
    "reference_that_nothing_answers": (
        """\
class Lost(SimObject):
    valve: Ref[BigTank] = ref('a big tank')
system = machine()
system.lost = Lost()
""",
        """\
1 problem in this configuration
  1. system.lost.valve
     expected: a BigTank somewhere in the machine
     at: script.py:4
     fix: add one: system.x = BigTank(...)
""",
    ),
    "reference_that_several_answer": (
        """\
system = System()
system.pump = Pump()
system.tank = Tank()
system.pump.outlet = system.tank.inlet
system.tank2 = Tank()
""",
        """\
1 problem in this configuration
  1. system.pump.valve.tank
     expected: exactly one Tank to refer to; there are system.tank, system.tank2
     at: script.py:2
     fix: say which: system.pump.valve.tank = system.tank
""",
    ),
    "required_parameter_missing": (
        """\
class Strict(SimObject):
    size: int = param(..., 'a size')
system = machine()
system.strict = Strict()
""",
        """\
1 problem in this configuration
  1. system.strict.size
     expected: a value: this parameter has no default
     at: script.py:4
     fix: give Strict(size=...)
""",
    ),
    "required_child_missing": (
        """\
class Strict(SimObject):
    valve: Valve = child(None, 'a valve')
system = machine()
system.strict = Strict()
""",
        """\
1 problem in this configuration
  1. system.strict.valve
     expected: a Valve here
     at: script.py:4
     fix: assign one: system.strict.valve = Valve(...)
""",
    ),
    "port_given_a_number": (
        """\
system = machine()
system.pump.alarm = 5
""",
        """\
1 problem in this configuration
  1. system.pump.alarm = 5
     expected: a responder port of Alarm
     at: script.py:2
     fix: assign the port of another object, such as system.x.port
""",
    ),
    "port_given_an_object": (
        """\
system = machine()
system.pump.outlet = system.tank
""",
        """\
1 problem in this configuration
  1. system.pump.outlet = Tank (system.tank)
     expected: a responder port of Flow
     at: script.py:2
     did you mean: inlet
     fix: assign its port: system.tank.inlet
""",
    ),
    "port_of_the_same_role": (
        """\
system = machine()
system.pump.alarm = system.pump.outlet
""",
        """\
1 problem in this configuration
  1. system.pump.alarm = system.pump.outlet
     expected: a responder port; both system.pump.alarm and system.pump.outlet are requestors
     at: script.py:2
     fix: connect it to a responder of Alarm
""",
    ),
    "port_of_another_protocol": (
        """\
system = machine()
system.pump.alarm = system.tank.inlet
""",
        """\
1 problem in this configuration
  1. system.pump.alarm = system.tank.inlet
     expected: ports of one protocol; system.pump.alarm speaks Alarm and system.tank.inlet Flow
     at: script.py:2
     fix: connect system.pump.alarm to a responder of Alarm
""",
    ),
    "port_that_must_be_connected": (
        """\
system = System()
system.pump = Pump()
system.tank = Tank()
""",
        """\
1 problem in this configuration
  1. system.pump.outlet
     expected: a connection to a responder port of Flow
     at: script.py:2
     fix: connect it: system.pump.outlet = system.tank.inlet
""",
    ),
    "port_of_an_object_outside": (
        """\
system = machine()
system.pump.outlet = BigTank().inlet
""",
        """\
1 problem in this configuration
  1. system.pump.outlet = <BigTank>.inlet
     expected: a port inside the machine; BigTank(...) is not attached to it
     at: script.py:2
     fix: attach the BigTank: system.x = ...
""",
    ),
    "port_with_too_many_connections": (
        """\
class Cup(SimObject):
    inlet = responder(Flow, 'one only')
class Tap(SimObject):
    outlet = requestor(Flow, 'x')
system = machine()
system.cup = Cup()
system.taps = [Tap(), Tap()]
for tap in system.taps:
    tap.outlet = system.cup.inlet
""",
        """\
1 problem in this configuration
  1. system.cup.inlet
     expected: one connection; system.taps[0].outlet, system.taps[1].outlet are connected to it
     at: script.py:6
     fix: declare the port with many=True, or use one responder for each
""",
    ),
    "root_that_is_no_system": (
        """\
system = Tank()
""",
        """\
2 problems in this configuration
  1. <Tank> = Tank(...)
     expected: a System, the root of a machine
     at: script.py:1
     fix: attach it to a System: system.x = Tank(...)
  2. <Tank>
     expected: a machine with one object that drives it; there is none
     at: script.py:1
     fix: add the object that runs the workload, such as a core
""",
    ),
    "no_engine": (
        """\
system = System()
system.tank = Tank()
""",
        """\
1 problem in this configuration
  1. system
     expected: a machine with one object that drives it; there is none
     at: script.py:1
     fix: add the object that runs the workload, such as a core
""",
    ),
    "two_engines": (
        """\
system = System()
system.pump = Pump()
system.tank = Tank()
system.pump.outlet = system.tank.inlet
system.pump2 = Pump()
system.pump2.outlet = system.tank.inlet
""",
        """\
1 problem in this configuration
  1. system
     expected: a machine with one object that drives it; there are system.pump, system.pump2
     at: script.py:1
     fix: keep one of them
""",
    ),
    "check_of_several_parameters": (
        """\
system = machine()
system.tank.scheme = 'lifo'
system.tank.size = 7
""",
        """\
1 problem in this configuration
  1. system.tank.size = 7
     expected: an even size for a lifo tank
     at: script.py:3
     fix: add one
""",
    ),
    "problem_found_while_elaborating": (
        """\
class Shy(SimObject):
    def elaborate(self):
        self.problem('', expected='company', fix='add another Shy')
system = machine()
system.shy = Shy()
""",
        """\
1 problem in this configuration
  1. system.shy
     expected: company
     at: script.py:5
     fix: add another Shy
""",
    ),
    "object_made_while_elaborating": (
        """\
class Maker(SimObject):
    tank2: BigTank | None = child(None, 'made here', optional=True)
    def elaborate(self):
        self.tank2 = BigTank(size=9999)
system = machine()
system.pump.valve.tank = system.tank
system.maker = Maker()
""",
        """\
1 problem in this configuration
  1. system.maker.tank2.size = 9999
     expected: an integer from 1 to 4096
     at: script.py:7
     fix: choose a value of at most 4096
""",
    ),
    "many_at_once": (
        """\
system = System()
system.tank = Tank(size=5000, entires=64)
system.pump = Pump()
system.pump.valve.width = 'wide'
""",
        """\
4 problems in this configuration
  1. system.pump.outlet
     expected: a connection to a responder port of Flow
     at: script.py:3
     fix: connect it: system.pump.outlet = system.tank.inlet
  2. system.pump.valve.width = 'wide'
     expected: an integer from 1 to 64
     at: script.py:4
     fix: write it like the default, width=4
  3. system.tank.size = 5000
     expected: an integer from 1 to 4096
     at: script.py:2
     fix: choose a value of at most 4096
  4. system.tank.entires = 64
     expected: a parameter, child or port of Tank
     at: script.py:2
     fix: remove it; Tank has: size, scheme, volume_limit, rate, label, inlet
""",
    ),
    "problems_of_an_object_under_an_unknown_name": (
        """\
system = machine()
system.pump.valv = Valve(width=99)
""",
        """\
2 problems in this configuration
  1. system.pump.valv = Valve(...)
     expected: a parameter, child or port of Pump
     at: script.py:2
     did you mean: valve
     fix: rename it to valve, or remove it
  2. <Valve>.width = 99
     expected: an integer from 1 to 64
     at: script.py:2
     fix: choose a value of at most 64
""",
    ),
}

OVERRIDES = {
    "override_with_a_wrong_value": (
        {"system.tank.size": "9999"},
        """\
1 problem in this configuration
  1. system.tank.size = '9999'
     expected: an integer from 1 to 4096
     at: command line
     fix: choose a value of at most 4096
""",
    ),
    "override_with_a_wrong_unit": (
        {"system.memory": "64MB"},
        """\
1 problem in this configuration
  1. system.memory = '64MB'
     expected: a memory size such as '16KiB', or a whole number of bytes, of at least 1B
     at: command line
     fix: write '64MiB' (MiB means x 1048576), or the number of bytes
""",
    ),
    "override_of_an_unknown_parameter": (
        {"system.tank.sise": "64"},
        """\
1 problem in this configuration
  1. system.tank.sise = '64'
     expected: a parameter of this machine
     at: command line
     did you mean: system.tank.size
     fix: write system.tank.size
""",
    ),
    "override_of_an_unknown_object": (
        {"system.basin.size": "64"},
        """\
1 problem in this configuration
  1. system.basin.size = '64'
     expected: a parameter of this machine
     at: command line
     did you mean: system.tank.size
     fix: write system.tank.size
""",
    ),
    "override_without_a_near_name": (
        {"system.tank.x": "64"},
        """\
1 problem in this configuration
  1. system.tank.x = '64'
     expected: a parameter of this machine
     at: command line
     fix: system.tank has: label, rate, scheme, size, volume_limit
""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_report(name: str) -> None:
    script, expected = CASES[name]
    assert report(script) == expected.rstrip("\n")


@pytest.mark.parametrize("name", OVERRIDES)
def test_report_of_an_override(name: str) -> None:
    overrides, expected = OVERRIDES[name]
    assert report("system = machine()", overrides) == expected.rstrip("\n")
