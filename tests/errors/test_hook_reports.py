# SPDX-License-Identifier: BSD-3-Clause
"""Hooks that nothing would ever call, or that cannot be called: refused with file, line and the nearest name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import simobjects
from simobjects import ConfigError, PythonScheme, RunningScheme, Simulation
from simobjects.cext.core.supervisor import PythonGuest
from simobjects.framework import SimObjectsError
from simobjects.guest.eras import ERAS, Era
from simobjects.guest.steps import Addresses, Event, Script
from tests.errors.scripts import report
from tests.helpers.played_machine import native_system, virtual_system


def scheme_of(body: str) -> type[PythonScheme]:
    """The class `Mine` of a script, its first line being line 2 of the file scheme.py."""
    names: dict[str, Any] = {**vars(simobjects), "__name__": "script"}
    exec(compile(f"class Mine(PythonScheme):\n{body}", "scheme.py", "exec", dont_inherit=True), names)
    found: type[PythonScheme] = names["Mine"]
    return found


def refused(body: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Simulation(virtual_system(scheme_of(body)()))
    return str(caught.value)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("chose", "choose"),
        ("Choose", "choose"),
        ("chooose", "choose"),
        ("chosoe", "choose"),
        ("on_ivalidate", "on_invalidate"),
        ("on_invalid", "on_invalidate"),
        ("onpid", "on_pid"),
        ("on_Pid", "on_pid"),
        ("put", "on_put"),
        ("load", "on_load"),
        ("on_priviledge", "on_privilege"),
        ("onEnter", "on_enter"),
    ],
)
def test_a_misspelt_hook_of_a_scheme(slip: str, meant: str) -> None:
    text = refused(f"  class running(RunningScheme):\n    def {slip}(self, *given):\n      return 0\n")
    assert text == (
        "1 problem in this configuration\n"
        f"  1. system.host.scheme.running.{slip}\n"
        "     expected: a hook of RunningScheme, or a name unlike those of the hooks: nothing calls it\n"
        "     at: scheme.py:3\n"
        f"     did you mean: {meant}\n"
        f"     fix: rename it to {meant}; a method for your own use may be _{slip}"
    )


def test_a_hook_that_there_is_not() -> None:
    text = refused("  class running(RunningScheme):\n    def on_map(self, slot):\n      pass\n")
    assert "running.on_map\n" in text and "at: scheme.py:3" in text and "did you mean" not in text
    assert "take one of the hooks (choose, on_invalidate, on_pid," in text


@pytest.mark.parametrize(
    ("definition", "right"),
    [
        ("def choose(self, index): return 0", "choose(self, index, ea)"),
        ("def choose(self, index, ea, more): return 0", "choose(self, index, ea)"),
        ("def on_pid(self): pass", "on_pid(self, pid)"),
        ("def on_put(self, reason): pass", "on_put(self)"),
        ("on_load = lambda: None", "on_load(self)"),
        ("on_enter = staticmethod(lambda self: None)", "on_enter(self)"),
    ],
)
def test_a_hook_that_takes_other_arguments(definition: str, right: str) -> None:
    name = right.partition("(")[0]
    text = refused(f"  class running(RunningScheme):\n    {definition}\n")
    assert f"  1. system.host.scheme.running.{name}\n" in text
    assert f"can be called as RunningScheme does: {right}\n     at: scheme.py:3\n     fix: write def {right}" in text


def test_a_hook_that_is_no_method() -> None:
    text = refused("  class running(RunningScheme):\n    choose = 5\n    def victim(self): pass\n")
    assert "expected: the method choose(self, index, ea), a hook of RunningScheme\n     at: scheme.py:4" in text


def test_hooks_beside_the_running_half() -> None:
    text = refused("  def choose(self, index, ea): return 0\n")
    assert "scheme.choose\n     expected: this hook in `running`; here nothing calls it\n" in text
    assert "at: scheme.py:2\n" in text


def test_a_running_half_under_another_name() -> None:
    text = refused("  class Running(RunningScheme):\n    def choose(self, index, ea): return 0\n")
    assert "scheme.Running\n" in text and "did you mean: running" in text and "at: scheme.py:3" in text


def test_a_tool_replaced_without_a_hook_that_uses_it() -> None:
    text = refused("  class running(RunningScheme):\n    def next_slot(self): return 3\n")
    assert "running.next_slot\n     expected: a hook beside it (choose," in text and "at: scheme.py:3" in text


def test_a_hook_set_on_the_running_scheme() -> None:
    body = "  class running(RunningScheme):\n    def __init__(self, *given):\n      super().__init__(*given)\n"
    with pytest.raises(SimObjectsError, match="choose is set on the running scheme itself"):
        Simulation(virtual_system(scheme_of(f"{body}      self.choose = lambda i, ea: 0\n")()))


def test_helpers_of_a_scheme_have_names_of_their_own() -> None:
    class Helped(PythonScheme):
        def reduce(self) -> int:
            return 1

        class running(RunningScheme):
            def choose(self, index: int, ea: int, patience: int = 4) -> int:
                return self.pick() + self._chose()

            def next_slot(self) -> int:
                return 2

            def pick(self) -> int:
                return self.oldest

            def is_hot(self) -> bool:
                return False

            def _chose(self) -> int:
                return 0

            def reload(self) -> None:
                pass

            @property
            def oldest(self) -> int:
                return 1

    Simulation(virtual_system(Helped()))


OBJECTS = {
    "elaborat": ("def elaborat(self): pass", "elaborate"),
    "Check": ("def Check(self): return ()", "check"),
    "makepeer": ("def makepeer(self): return None", "make_peer"),
    "wrie": ("def wrie(self, peers): pass", "wire"),
    "read_stat": ("def read_stat(self): return {}", "read_stats"),
    "artefacts": ("def artefacts(self, peers): return {}", "artifacts"),
    "identiy": ("identiy = lambda self: {}", "identity"),
}


@pytest.mark.parametrize("slip", OBJECTS)
def test_a_misspelt_hook_of_an_object(slip: str) -> None:
    definition, meant = OBJECTS[slip]
    script = f"class Mine(SimObject):\n  'Mine.'\n  {definition}\nsystem = machine()\n"
    assert report(f"{script}system.mine = Mine()\nsystem.more = Mine()\n") == (
        "1 problem in this configuration\n"
        f"  1. system.mine.{slip}\n"
        "     expected: a hook of SimObject, or a name unlike those of the hooks: nothing calls it\n"
        "     at: script.py:3\n"
        f"     did you mean: {meant}\n"
        f"     fix: rename it to {meant}; a method for your own use may be _{slip}"
    )


@pytest.mark.parametrize(
    ("definition", "right"),
    [
        ("def elaborate(self, peers): pass", "elaborate(self)"),
        ("def check(): return ()", "check(self)"),
        ("def wire(self): pass", "wire(self, peers)"),
    ],
)
def test_a_hook_of_an_object_that_takes_other_arguments(definition: str, right: str) -> None:
    name = right.partition("(")[0]
    text = report(f"class Mine(SimObject):\n  'Mine.'\n  {definition}\nsystem = machine()\nsystem.mine = Mine()\n")
    assert f"  1. system.mine.{name}\n     expected: a hook that can be called as SimObject does: {right}\n" in text
    assert "at: script.py:3\n" in text and f"fix: write def {right}" in text


def test_helpers_of_an_object_have_names_of_their_own() -> None:
    script = (
        "class Mine(SimObject):\n  'Mine.'\n  size: int = param(1, '', ge=1)\n"
        "  def fire(self): pass\n  def totals(self): pass\n  def drain(self): pass\n"
        "system = machine()\nsystem.mine = Mine()\nsystem.mine.size = 0\n"
    )
    assert report(script).startswith("1 problem in this configuration\n  1. system.mine.size = 0\n")


def test_a_hook_of_a_workload() -> None:
    class Mine(simobjects.SyntheticWorkload):
        def quantum_instruction(self) -> int:
            return 5

    with pytest.raises(ConfigError, match=r"did you mean: quantum_instructions\n"):
        Simulation(native_system(workload=Mine()))


@pytest.fixture
def registered(request: pytest.FixtureRequest) -> Iterable[str]:
    ERAS["mine"] = Era("mine", "for a test", request.param)
    yield "mine"
    del ERAS["mine"]


def _misspelt(at: Addresses, kuap: bool) -> dict[Any, Script]:
    made: dict[Any, Script] = dict(ERAS["2.6.29"].scripts(at, kuap))
    made["SWICH"] = made[Event.SWITCH]
    return made


def _without(at: Addresses, kuap: bool) -> dict[Any, Script]:
    return {event: script for event, script in ERAS["2.6.29"].scripts(at, kuap).items() if event is not Event.IDLE}


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        (_misspelt, "has a script for 'SWICH', which is no Event; did you mean Event.SWITCH?"),
        (_without, "has no script for IDLE"),
        (lambda at: {}, "write def scripts(at, kuap)"),
    ],
    indirect=["registered"],
)
def test_an_era_that_cannot_play(registered: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(native_system(guest={"era": registered}))
    text = str(caught.value)
    assert "1. system.guest.era = 'mine'" in text and told in text and "at: tests/errors/test_hook_reports.py:" in text


@pytest.mark.parametrize("handler", [None, lambda: None, lambda vector: None, lambda vector, ea, more: None])
def test_a_handler_that_no_interrupt_can_call(handler: Any) -> None:
    """What a handler raises in a run is only kept: one that cannot be called at all must not begin."""
    with pytest.raises(TypeError, match="is no handler"):
        PythonGuest(handler, 64)


def test_a_handler_that_can_be_called() -> None:
    PythonGuest(lambda vector, ea: None, 64)
    PythonGuest(lambda *given: None, 64)
    PythonGuest(max, 64)
