# SPDX-License-Identifier: BSD-3-Clause
"""The Bamboo board as a function: its parameters, from a script and from outside, and what the device tree says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simobjects import ConfigError, ElfProgram, EventKind, Simulation
from simobjects.boards import NATIVE, BambooMachine, bamboo
from simobjects.framework import overriding
from simobjects.kvm.schemes import historical
from simobjects.programs.device_tree import Facts, devices_of, make_tree
from tests.helpers.commands import simobjects
from tests.helpers.small_programs import console

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "configs" / "boards" / "bamboo.py"


def finished(system: BambooMachine) -> Simulation:
    simulation = Simulation(system)
    assert list(simulation.run())[-1].kind is EventKind.END_OF_WORKLOAD
    return simulation


@pytest.mark.parametrize("under", [NATIVE, *historical(), "2.6.28", "3.14", "commit"])
def test_a_program_says_the_same_natively_and_under_everything(under: str) -> None:
    simulation = finished(bamboo(ElfProgram("hello"), under))
    assert console(simulation) == "Hello from a PowerPC 440\n"
    assert hasattr(simulation.system, "host") == (under != NATIVE)


def test_a_release_brings_its_own_scheme_and_a_scheme_is_itself() -> None:
    assert [bamboo(ElfProgram("hello"), each).host.kernel for each in ("3.14", "e4")] == ["3.14", ""]
    simulation = Simulation(bamboo(ElfProgram("hello"), "2.6.28"))
    assert simulation.system.host.scheme.short == "e3"


def test_its_parameters_reach_the_parts() -> None:
    system = bamboo(
        ElfProgram("hello"), "e4", clock="500MHz", timebase_ratio=5, memory="64MiB", entries=128, guest_entries=32,
        core={"watchdog": 77}, host={"hz": "100Hz"},
    )  # fmt: skip
    Simulation(system)
    assert (system.clock, system.memory, system.core.timebase_ratio) == (500_000_000, 64 << 20, 5)
    assert (system.tlb.entries, system.guest_tlb.entries) == (128, 32)
    assert (system.core.watchdog, system.host.hz) == (77, 100)
    assert system.core.workload.start == "kvm"


def test_a_program_that_says_how_it_starts_starts_so() -> None:
    assert bamboo(ElfProgram("hello", start="board"), "e4").core.workload.start == "board"
    assert bamboo(ElfProgram("hello")).core.workload.start == "board"


@pytest.mark.parametrize(("uarts", "names"), [(1, ["serial@ef600300"]), (2, ["serial@ef600300", "serial@ef600400"])])
def test_the_tree_has_the_serial_ports_that_there_are(uarts: int, names: list[str]) -> None:
    system = bamboo(ElfProgram("hello"), uarts=uarts, timebase_ratio=4)
    Simulation(system)
    facts = Facts.of(system.core, system, 1 << 25, "", None)
    tree = make_tree(devices_of(system.core), facts)
    assert list(tree.children["plb"].children) == names
    assert tree.children["cpus"].children["cpu@0"].cell("timebase-frequency", 0) == 100_000_000


def test_what_it_runs_on_can_be_set_from_outside() -> None:
    with overriding({"system.under": "e6", "system.uarts": "2", "system.host.hz": "1kHz"}):
        system = bamboo(ElfProgram("hello"))
    assert (system.host.scheme.short, system.host.hz, system.board.uart1.irq) == ("e6", 1000, 1)


@pytest.mark.parametrize(("under", "fix"), [("natve", "write native"), ("e33", "write e3"), ("3.17", "write 3.16")])
def test_a_name_that_means_nothing_is_refused_with_the_nearest(under: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(bamboo(ElfProgram("hello"), under))
    (problem,) = caught.value.problems
    assert (problem.path, problem.name) == ("system", "under")
    assert problem.fix.startswith(fix)


def test_the_same_machine_has_the_same_name_however_it_was_asked_for() -> None:
    """The host's parameters name a run, not the word that chose them."""
    commit, scheme = (Simulation(bamboo(ElfProgram("hello"), each)) for each in ("commit", "7924bd4109"))
    assert commit.system.host.scheme.short == scheme.system.host.scheme.short == "e4"
    native, guest = (Simulation(bamboo(ElfProgram("hello"), each)) for each in (NATIVE, "e4"))
    assert native.config_hash != guest.config_hash
    with overriding({"system.under": "e4"}):
        assert Simulation(bamboo(ElfProgram("hello"))).config_hash == guest.config_hash


def test_the_script_sweeps_over_what_it_runs_on(tmp_path: Path) -> None:
    done = simobjects(
        *("sweep", str(SCRIPT), "--jobs", "1", "--out", "out", "--over", "system.under=native,e4"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    stats = [json.loads(path.read_text()) for path in (tmp_path / "out").rglob("stats.json")]
    assert len(stats) == 2
    assert len({json.dumps(each, sort_keys=True) for each in stats}) == 2
