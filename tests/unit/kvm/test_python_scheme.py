# SPDX-License-Identifier: BSD-3-Clause
"""Schemes in plain Python: equal to the compiled one when they do the same, and clear when they fail."""

from __future__ import annotations

import functools
import traceback
from pathlib import Path
from typing import Any

import pytest

from simobjects import ConfigError, DirectInsertion, EventKind, PythonScheme, RunningScheme, Simulation
from simobjects.cext.kvm.schemes.python_scheme import FREE, GUEST, HOST
from simobjects.cli import main
from simobjects.kvm.schemes import HookError
from simobjects.study.config_script import build
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import Played, virtual_system

ROOT = Path(__file__).parents[3]


class Plain(PythonScheme):
    """Without hooks: E4."""


class RunningInPython(RunningScheme):
    """E4 once more, every decision taken here."""

    def choose(self, index: int, ea: int) -> int:
        return self.next_slot()

    def on_invalidate(self, index: int) -> None:
        self._scan(lambda slot: self.guest_entry(slot) == index)

    def on_pid(self, pid: int) -> None:
        self._scan(lambda slot: self.guest_entry(slot) >= 0 and self.references()[slot][3] == 0)

    def on_put(self) -> None:
        self.sweep()

    def _scan(self, wanted: Any) -> None:
        for slot in range(self.last + 1):
            if wanted(slot):
                self.release(slot)
        self.charge(7 * len(self.references()))


class InPython(PythonScheme):
    running = RunningInPython


def finished(machine: Played) -> list[Any]:
    run_to_end(machine)
    return [peer.read_stats() for peer in (machine.host, machine.core, machine.tlb, machine.guest)]


@pytest.mark.parametrize("description", [Plain, InPython])
def test_same_decisions_same_run(description: type[PythonScheme]) -> None:
    assert finished(live(description())) == finished(live("e4"))


def test_pages_are_held_and_dropped_once() -> None:
    machine = live(InPython())
    run_to_end(machine)
    assert machine.pages_held() == len(machine.live()) > 0
    machine.host.teardown()
    assert (machine.pages_held(), machine.host.double_drops()) == (0, 0)


def test_hooks_hear_of_everything() -> None:
    heard: list[tuple[Any, ...]] = []

    class Listening(PythonScheme):
        class running(RunningScheme):
            def choose(self, index: int, ea: int) -> int:
                heard.append(("choose", index, ea))
                return 5

            def on_invalidate(self, index: int) -> None:
                heard.append(("invalidate", index))

            def on_pid(self, pid: int) -> None:
                heard.append(("pid", pid))

            def on_privilege(self, user: bool) -> None:
                heard.append(("privilege", user))

            def on_put(self) -> None:
                heard.append(("put",))

            def on_load(self) -> None:
                heard.append(("load",))

            def on_enter(self) -> None:
                heard.append(("enter",))

    machine = Played(Listening())
    heard.clear()
    machine.kernel_mode()
    machine.set_pid(9)
    machine.guest_entry(3, 0x1000_0000, 0x20_0000, tid=9)
    machine.core.touch(0x1000_0123, 0, False)
    machine.tlbwe(3, 2, 0x3F, tid=9)
    machine.probe.put()
    machine.probe.load()
    assert [each for each in heard if each != ("enter",)] == [
        ("privilege", False),
        ("pid", 9),
        ("choose", 3, 0x1000_0123),
        ("invalidate", 3),
        ("choose", 3, 0x1000_0000),
        ("put",),
        ("load",),
    ]
    assert heard.count(("enter",)) == 5
    assert set(machine.live()) == {5}


def test_what_a_hook_can_see_and_do() -> None:
    machine = Played(Plain())
    scheme = machine.scheme
    machine.refill(2, 0x1000_0000, 0x20_0000)
    (slot,) = machine.live()
    assert (scheme.last, scheme.holder(slot), scheme.guest_entry(slot)) == (62, GUEST, 2)
    assert scheme.read(slot) == machine.tlb.read(slot)
    assert not scheme.of_kernel(slot)
    machine.probe.touch(2, 0x4000_0000)
    hosts = machine.host_index()
    assert (scheme.holder(hosts), scheme.guest_entry(hosts)) == (HOST, -1)
    assert scheme.next_slot() == hosts + 1 == machine.host_index()
    scheme.release(slot)
    assert (scheme.holder(slot), scheme.guest_entry(slot), machine.pages_held()) == (FREE, -1, 0)
    machine.kernel_mode()
    machine.core.touch(0xC000_0000, 0, False)
    (slot,) = machine.live()
    assert scheme.of_kernel(slot)


@pytest.mark.parametrize("what", ["holder", "of_kernel", "guest_entry", "read", "release"])
@pytest.mark.parametrize("slot", [-1, 63, 64, 10**6])
def test_slots_that_are_none(what: str, slot: int) -> None:
    scheme = Played(Plain()).scheme
    with pytest.raises(IndexError, match=f"slot {slot}: a scheme has slots 0 to 62"):
        getattr(scheme, what)(slot)


@pytest.mark.parametrize("index", [-1, 64, 10**6])
def test_guest_entries_that_are_none(index: int) -> None:
    scheme = Played(Plain()).scheme
    with pytest.raises(IndexError, match=f"guest entry {index}: the guest's TLB has 0 to 63"):
        scheme.release_entry(index)


class Failing(PythonScheme):
    class running(RunningScheme):
        def choose(self, index: int, ea: int) -> int:
            if self.kvm_is_busy():
                raise RuntimeError("no slot today")
            return self.next_slot()

        def kvm_is_busy(self) -> bool:
            self.count = getattr(self, "count", 0) + 1
            return self.count > 20


def test_nobody_is_paid_for_an_exit() -> None:
    scheme = Played(Plain()).scheme
    with pytest.raises(ValueError, match=r"charge\(-1\): an exit cannot take fewer than no instructions"):
        scheme.charge(-1)
    scheme.charge(0)


def test_what_a_hook_raises_ends_the_run_at_its_place() -> None:
    sim = Simulation(virtual_system(Failing()))
    with pytest.raises(RuntimeError, match="no slot today") as caught:
        list(sim.run())
    place = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (place.name, Path(place.filename).name) == ("choose", "test_python_scheme.py")
    with pytest.raises(RuntimeError, match="no slot today"):
        list(sim.run())


@pytest.mark.parametrize("answer", [63, -1, None, "3", 2.0, True])
def test_wrong_answers(answer: Any) -> None:
    class Wrong(PythonScheme):
        class running(RunningScheme):
            def choose(self, index: int, ea: int) -> Any:
                return answer

    sim = Simulation(virtual_system(Wrong()))
    with pytest.raises(HookError) as caught:
        list(sim.run())
    line = Wrong.running.choose.__code__.co_firstlineno
    assert f"test_python_scheme.py:{line}: Wrong.choose gave {answer!r}" in str(caught.value)
    assert "expected a slot, a whole number from 0 to 62; correct what the hook returns" in str(caught.value)


def test_interrupt_in_a_hook_is_not_swallowed() -> None:
    class Interrupted(PythonScheme):
        class running(RunningScheme):
            def on_privilege(self, user: bool) -> None:
                raise KeyboardInterrupt

    sim = Simulation(virtual_system(Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        list(sim.run())


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"(?s)system\.host\.scheme = 'spare'.*did you mean: spare_host"):
        Simulation(virtual_system("spare"))

    class NoScheme(PythonScheme):
        running = dict  # type: ignore[assignment]

    with pytest.raises(ConfigError, match="to be a subclass of RunningScheme"):
        Simulation(virtual_system(NoScheme()))


def test_state_belongs_to_the_run() -> None:
    """Two simulations of one class do not share what their hooks keep."""
    systems = [virtual_system(Failing()) for _ in range(2)]
    runs = [(system, Simulation(system)) for system in systems]
    for system, sim in runs:
        with pytest.raises(RuntimeError):
            list(sim.run())
        assert sim.peers[system.host].shadow_scheme().count == 21


def test_memory_of_a_scheme_in_python() -> None:
    sim = Simulation(virtual_system(Plain(own_bytes=100)))
    assert sim.stats["system.host.scheme.bytes"] == 100
    assert sim.stats["system.host.scheme.cache_lines"] == 4
    assert sim.stats["system.shadow_refs.bytes"] == 512


def test_the_example_is_short_and_runs() -> None:
    path = ROOT / "configs" / "examples" / "python_scheme.py"
    assert len(path.read_text().splitlines()) < 60
    results = []
    for patience in ("0", "4"):
        sim = build(path, {"system.host.scheme.patience": patience})
        (event,) = sim.run(references=20_000_000)
        assert event.kind is EventKind.REFERENCE_LIMIT
        results.append(sim.stats.count("system.host.virt_misses"))
    assert results[1] < results[0]


def test_a_scheme_of_ones_own_joins_the_family() -> None:
    class Mine(PythonScheme):
        short = "mine"

    named = virtual_system("mine")
    assert type(named.host.scheme) is Mine
    assert Simulation(named).stats["system.shadow_refs.bytes"] == 512


def test_a_short_name_that_is_taken() -> None:
    with pytest.raises(TypeError, match="Own.short is 'e4', which .*DirectInsertion has already"):

        class Own(PythonScheme):
            short = "e4"

    assert type(virtual_system("e4").host.scheme) is DirectInsertion  # the refused class may not be collected yet


def test_a_wrong_answer_of_a_decorated_hook_is_placed_at_the_hook() -> None:
    """As the checks of hooks look through a decorator, so does the report of what one gave."""

    def passing_on(method: Any) -> Any:
        @functools.wraps(method)
        def inner(self: Any, index: int, ea: int) -> Any:
            return method(self, index, ea)

        return inner

    def choose(self: Any, index: int, ea: int) -> int:
        return 99

    class Decorated(PythonScheme):
        running = type("running", (RunningScheme,), {"choose": passing_on(choose)})

    with pytest.raises(HookError) as caught:
        list(Simulation(virtual_system(Decorated())).run())
    assert f"test_python_scheme.py:{choose.__code__.co_firstlineno}: Decorated.choose gave 99" in str(caught.value)


def test_a_wrong_answer_ends_the_command_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "configs" / "examples" / "python_scheme.py").read_text()
    script = tmp_path / "scheme.py"
    script.write_text(text.replace("return self.next_slot()", "return 99").replace("return slot", "return 99"))
    assert main(["run", str(script), "--references", "100k", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    line = text[: text.index("def choose")].count("\n") + 1
    assert f"scheme.py:{line}: SpareKernel.choose gave 99: expected a slot" in said and "Traceback" not in said
