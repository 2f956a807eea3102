# SPDX-License-Identifier: BSD-3-Clause
"""A kernel release in one word: the scheme, the costs that were its own, and clear refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simobjects import ConfigError, Simulation
from simobjects.framework import config_json, dump_config, load_config
from simobjects.framework.overrides import overriding
from simobjects.kvm.releases import RELEASES, Release, find_release, register_release
from simobjects.kvm.schemes import historical
from tests.helpers.played_machine import Played, virtual_system

SCHEMES = historical()

EXPECTED = {
    "2.6.26": ("e0", 59),
    "2.6.27": ("e0", 62),
    "2.6.27.62": ("e0", 62),
    "2.6.28": ("e3", 62),
    "parent": ("e3b", 62),
    "c0ca609c5f": ("e3b", 62),
    "commit": ("e4", 62),
    "7924bd4109": ("e4", 62),
    "2.6.29": ("e5", 62),
    "2.6.30": ("e6", 62),
    "2.6.39.4": ("e6", 62),
    "3.0": ("e6", 62),
    "3.14.79": ("e6", 62),
    "3.16": ("e6", 62),
}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_kernel_decides_scheme_and_costs(name: str, expected: tuple[str, int]) -> None:
    system = virtual_system(None, kernel=name)
    Simulation(system)
    assert (system.host.scheme.short, system.costs.e0_entry) == expected


@pytest.mark.parametrize(("name", "fixed"), [("2.6.26", 59), ("2.6.27", 62)])
def test_what_differs_between_two_releases_of_one_scheme(name: str, fixed: int) -> None:
    machine = Played(None, kernel=name)
    before = machine.exit_instructions("dec")
    machine.probe.enter()
    assert machine.exit_instructions("dec") - before == fixed + 19 * machine.hwater


def test_every_historical_scheme_has_a_kernel_but_the_steps_between_two() -> None:
    assert {kernel.scheme for kernel in RELEASES.values()} == {"e0", "e3", "e3b", "e4", "e5", "e6"}
    assert {kernel.scheme for kernel in RELEASES.values()} <= set(SCHEMES)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("2.6.25", "2.6.26"),
        ("2.4.37", "2.6.26"),
        ("2.6.280", "2.6.28"),
        ("2.6.40", "2.6.3"),
        ("3.17", "3.16"),
        ("6.1", "3.16"),
        ("comit", "commit"),
        ("7924bd4108", "7924bd4109"),
    ],
)
def test_unknown_kernel_names_the_nearest(name: str, near: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(virtual_system(None, kernel=name))
    text = str(caught.value)
    assert f"system.host.kernel = '{name}'" in text
    assert "2.6.26 to 3.16, parent or commit" in text
    assert f"fix: write {near}" in text


def test_what_a_release_estimates_may_be_varied_and_what_is_counted_may_not() -> None:
    system = virtual_system(None, kernel="3.14")
    Simulation(system)
    measured = (system.costs.c_dispatch, system.costs.c_emulate, system.costs.c_hand_on, system.costs.search_entry)
    assert measured == (158, 98, 86, 14)
    varied = virtual_system(None, kernel="3.14", costs={"c_dispatch": 60})
    Simulation(varied)
    assert (varied.costs.c_dispatch, varied.costs.c_emulate) == (60, 98)
    with pytest.raises(ConfigError, match="86, which kernel 3.14 had"):
        Simulation(virtual_system(None, kernel="3.14", costs={"c_hand_on": 0}))


def test_unknown_kernel_that_looks_like_none() -> None:
    with pytest.raises(ConfigError, match="name one of them"):
        Simulation(virtual_system(None, kernel="windows"))


def test_contradictions_are_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(virtual_system("e4", kernel="2.6.26", costs={"e0_entry": 62}))
    text = str(caught.value)
    assert "system.host.scheme = 'e4'" in text and "'e0', which kernel 2.6.26 had" in text
    assert "system.costs.e0_entry = 62" in text and "leave e0_entry out, or system.host.kernel" in text


def test_contradiction_from_the_command_line() -> None:
    with overriding({"system.host.scheme": "e4"}):
        system = virtual_system(None, kernel="2.6.28")
        with pytest.raises(ConfigError, match="which kernel 2.6.28 had"):
            Simulation(system)


def test_a_machine_of_a_kernel_is_written_and_read_back() -> None:
    system = virtual_system(None, kernel="2.6.26")
    again = load_config(dump_config(system))
    assert config_json(again) == config_json(system)
    Simulation(again)


@pytest.fixture
def own_release() -> Iterator[Release]:
    """A kernel that a user has made."""
    yield register_release(Release("vendor", "e3", {"e0_entry": 99}, {"tsr_dis": "delivery"}))
    del RELEASES["vendor"]


def test_a_users_kernel_is_chosen_by_its_name(own_release: Release) -> None:
    system = virtual_system(None, kernel=own_release.name)
    Simulation(system)
    assert (system.host.scheme.short, system.costs.e0_entry, system.host.tsr_dis) == ("e3", 99, "delivery")


def test_a_users_kernel_is_among_those_that_a_report_names(own_release: Release) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(virtual_system(None, kernel="vendr"))
    assert "2.6.26 to 3.16, parent or commit, vendor" in str(caught.value)
    assert "fix: write vendor" in str(caught.value)


def test_a_script_that_is_executed_again_registers_its_kernel_again(own_release: Release) -> None:
    changed = register_release(Release(own_release.name, "e4"))
    assert find_release(own_release.name) is changed


@pytest.mark.parametrize("name", ["2.6.28", "2.6.28.10", "commit", "7924bd4109"])
def test_our_kernels_keep_their_names(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is a kernel '{name}' already"):
        register_release(Release(name, "e4"))
    with pytest.raises(ValueError, match="without a name"):
        register_release(Release("", "e4"))


def test_a_release_may_say_numbers_with_their_units(own_release: Release) -> None:
    register_release(Release(own_release.name, "e4", host={"hz": "1kHz", "page_size": "16KiB"}))
    system = virtual_system(None, kernel=own_release.name, hz="1000Hz")
    Simulation(system)
    assert (system.host.hz, system.host.page_size) == (1000, 16384)
    with pytest.raises(ConfigError, match=r"'1kHz', which kernel vendor had"):
        Simulation(virtual_system(None, kernel=own_release.name, hz="100Hz"))
