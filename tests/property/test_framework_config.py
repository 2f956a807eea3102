# SPDX-License-Identifier: BSD-3-Clause
"""Any machine survives being written and read, and no damaged file does more than raise ConfigError."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.draw import to_svg
from simobjects.framework import (
    ConfigError,
    Simulation,
    System,
    config_hash,
    config_json,
    dump_config,
    load_config,
)
from tests.unit.framework.fakes import BigTank, Pump, Tank, Valve, machine

valves = st.builds(Valve, width=st.integers(1, 64))
tanks = st.builds(
    lambda kind, even, **values: kind(size=2 * even, **values),
    st.sampled_from([Tank, BigTank]),
    st.integers(1, 2048),
    scheme=st.sampled_from(["fifo", "lifo"]),
    volume_limit=st.integers(0, 2**50),
    rate=st.integers(1000, 10**12),
    label=st.text(max_size=10),
)
pumps = st.builds(
    Pump,
    total=st.integers(0, 50),
    regions=st.lists(st.integers(1, 50), max_size=4, unique=True).map(lambda marks: tuple(sorted(marks))),
    gain=st.integers(-(10**6), 10**6).map(lambda milli: f"{milli / 1000:.3f}"),
    delay=st.integers(0, 2**60),
    where=st.tuples(st.integers(0, 2**63), st.integers(1, 2**62)),
    spares=st.lists(valves, max_size=3),
    named=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,4}", fullmatch=True), valves, max_size=3),
)


@st.composite
def machines(draw: st.DrawFn) -> Any:
    """A valid machine of any shape."""
    system = System(clock=draw(st.integers(1, 10**10)), pump=draw(pumps), tank=draw(tanks))
    system.more = draw(st.lists(tanks, max_size=2))
    everything = [system.tank, *system.more]
    system.pump.outlet = draw(st.sampled_from(everything)).inlet
    for valve in [system.pump.valve, *system.pump.spares, *system.pump.named.values()]:
        valve.tank = draw(st.sampled_from(everything))
    return system


@settings(max_examples=60, deadline=None)
@given(machines())
def test_it_loads_back_to_an_equal_machine(system: Any) -> None:
    text = config_json(system)
    loaded = load_config(json.loads(text))
    assert config_json(loaded) == text
    assert config_hash(loaded) == config_hash(system)
    assert to_svg(loaded) == to_svg(system)


@settings(max_examples=25, deadline=None)
@given(machines(), st.integers(1, 20))
def test_a_run_in_pieces_is_the_run_in_one(system: Any, piece: int) -> None:
    whole, pieces = Simulation(system), Simulation(load_config(dump_config(system)))
    list(whole.run())
    while not pieces._ended:
        list(pieces.run(references=piece))
    assert pieces.stats.table() == whole.stats.table()
    assert [window.label for window in pieces.stats.windows()] == [window.label for window in whole.stats.windows()]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a nested structure."""
    found = [path] if path else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read(data: st.DataObject) -> None:
    config: Any = copy.deepcopy(dump_config(machine()))
    *outer, last = data.draw(st.sampled_from(places(config)))
    holder = config
    for key in outer:
        holder = holder[key]
    if data.draw(st.booleans()):
        holder[last] = data.draw(json_values)
    elif isinstance(holder, dict):
        holder[data.draw(st.text(max_size=8))] = holder.pop(last)
    try:
        dump_config(load_config(config))
    except ConfigError as error:
        assert error.problems


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_data_of_any_shape_is_refused(data: Any) -> None:
    try:
        load_config(data)
    except ConfigError as error:
        assert "fix:" in str(error)
    else:
        raise AssertionError("it was accepted")
