# SPDX-License-Identifier: BSD-3-Clause
"""The scheme as part of the machine: by object or by name, from the command line, with parameters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from simobjects import (
    ConfigError,
    DirectInsertion,
    ShadowRefTable,
    ShadowTLBArray,
    Simulation,
    SpareHost,
    System,
    Tagged,
    WideGuest,
)
from simobjects.framework import config_hash, dump_config, load_config, overriding
from simobjects.kvm.schemes import ShadowScheme, historical, what_ifs
from tests.helpers.played_machine import Played, virtual_system

EVERY = {**historical(), **what_ifs()}


def test_the_names() -> None:
    assert list(historical()) == ["e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6"]
    assert set(what_ifs()) == {"flush_once", "tagged", "large_pages", "spare_host", "wide_guest", "magic_page"}


@pytest.mark.parametrize("short", EVERY)
def test_name_and_object_are_one_machine(short: str) -> None:
    by_name = virtual_system(short, guest_entries=None)
    by_object = virtual_system(EVERY[short](), guest_entries=None)
    assert type(by_name.host.scheme) is EVERY[short]
    assert config_hash(by_name) == config_hash(by_object)
    again = load_config(dump_config(by_name))
    assert config_hash(again) == config_hash(by_name)


@pytest.mark.parametrize("short", EVERY)
def test_a_scheme_brings_its_tables(short: str) -> None:
    system = virtual_system(short, guest_entries=None)
    Simulation(system)
    tables = {table.name: table.make for table in EVERY[short].tables}
    assert tables
    for name, make in tables.items():
        assert type(getattr(system, name)) is make


def test_a_table_that_the_script_places() -> None:
    system = virtual_system("e0")
    system.mine = ShadowTLBArray()
    sim = Simulation(system)
    assert sim.stats["system.mine.bytes"] == 64 * (16 + 4 + 16)
    assert not hasattr(system, "shadow_tlb")
    other = virtual_system("e0")
    other.shadow_refs = ShadowRefTable()
    text = "system.host.scheme: system.shadow_refs (ShadowRefTable) is not used by scheme e0"
    assert Simulation(other).notes == (text,)


def overridden(values: Mapping[str, object], scheme: Any = "e4", **settings: Any) -> System:
    """A machine made while `values` were given on the command line."""
    with overriding(values) as used:
        system = virtual_system(scheme, **settings)
        Simulation(system)
        used.check()
    return system


@pytest.mark.parametrize("given", ["e3b", ShadowScheme, "e4"])
def test_set_replaces_what_the_script_says(given: Any) -> None:
    said = DirectInsertion() if given is ShadowScheme else given
    assert isinstance(overridden({"system.host.scheme": "tagged"}, said).host.scheme, Tagged)


def test_set_of_a_parameter_of_the_scheme() -> None:
    assert overridden({"system.host.scheme.patience": "0"}, SpareHost(patience=7)).host.scheme.patience == 0
    both = {"system.host.scheme.pids": "15", "system.host.scheme": "tagged"}
    assert overridden(both).host.scheme.pids == 15
    wide = overridden({"system.host.scheme.factor": "8"}, WideGuest(), guest_entries=None)
    assert wide.guest_tlb.entries == 512


def test_set_of_a_parameter_that_this_scheme_has_not() -> None:
    with pytest.raises(ConfigError, match=r"system\.host\.scheme\.patience"):
        overridden({"system.host.scheme.patience": "0"}, "e4")


@pytest.mark.parametrize(
    ("name", "near"), [("e3B", "e3b"), ("E4", "e4"), ("spare", "spare_host"), ("large_page", "large_pages")]
)
def test_a_wrong_name_is_answered_with_the_list_and_the_nearest(name: str, near: str) -> None:
    for make in (lambda: Simulation(virtual_system(name)), lambda: overridden({"system.host.scheme": name})):
        with pytest.raises(ConfigError) as caught:
            make()
        text = str(caught.value)
        assert f"system.host.scheme = {name!r}" in text and f"did you mean: {near}" in text
        assert "one of: e0, e1, e2, e3, e3b, e4, e5, e6, flush_once, " in text


def test_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected: a ShadowScheme"):
        Simulation(virtual_system(ShadowRefTable()))  # type: ignore[arg-type]


def test_a_kernel_chooses_the_scheme_unless_the_script_does() -> None:
    system = virtual_system(None, kernel="2.6.28")
    Simulation(system)
    assert system.host.scheme.short == "e3"
    with pytest.raises(ConfigError, match=r"'e3', which kernel 2.6.28 had"):
        Simulation(virtual_system(DirectInsertion(), kernel="2.6.28"))


@pytest.mark.parametrize("patience", [0, 3])
def test_patience_is_an_end(patience: int) -> None:
    """With every slot the host's, a map looks at so many and takes the one after."""
    machine = Played(SpareHost(patience=patience), costs={"e6_visit": 1000, "c_map": 0})
    for page in range(70):
        machine.probe.touch(2, 0x4000_0000 + page * 4096)
    machine.guest_entry(2, 0x1000_0000, 0x20_0000)
    machine.touch(0x1000_0000)
    assert machine.exit_instructions("dtlb_v") // 1000 == patience
    assert set(machine.live()) == {patience + 1}
