# SPDX-License-Identifier: BSD-3-Clause
"""Every statistic of whole machines is in its declared unit, exactly, by whatever way it is read."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel, HostTask, Simulation, System
from simobjects.cli._results import read_run
from simobjects.framework import Progress
from simobjects.framework.tree import walk
from simobjects.gdb.machine import SimulatedGuest
from simobjects.kvm.causal import REAL, causal_view
from simobjects.stats import Exact, Source, Values, number_text
from simobjects.stats.history import dump_snapshot, load_snapshot
from simobjects.stats.kinds import Formula
from simobjects.stats.source import View
from simobjects.stats.writers import csv_of, json_of
from tests.helpers.kvm_guests import guest_system
from tests.helpers.live_runs import two_processes
from tests.helpers.played_machine import native_system, virtual_system
from tests.helpers.small_programs import machine

PER_CYCLE = 1000
"""Peers count time in thousandths of a cycle (docs/model.md), and everything else in ones."""
CPI = {"guest_cpi": 1.777, "host_cpi": 1.333}
KINDS = ("native trace", "trace under KVM", "native program", "program under KVM")
PROGRAMS = KINDS[2:]
UNDER_KVM = (KINDS[1], KINDS[3])

Told = dict[tuple[str, str, str], Fraction]
"""Values by object path, statistic and label."""


def described(kind: str) -> System:
    """A machine whose times are no whole cycles."""
    if kind == "native trace":
        return native_system(costs=CPI, workload=two_processes())
    if kind == "trace under KVM":
        live: dict[str, Any] = {"hz": "4kHz", "tasks": [HostTask(every=2)], "vmm": {"signal_every": 3}}
        return virtual_system(costs=CPI, workload=two_processes(), guest={"io_every": 4_000}, **live)
    if kind == "native program":
        system = machine("refill")
    else:
        system = guest_system(Path("refill"), "e4")
    system.costs = CostModel(**CPI)
    return system


@dataclass(frozen=True)
class Finished:
    """A run with a snapshot in the middle, and what its peers had counted there and in the end."""

    kind: str
    simulation: Simulation
    middle: Told
    end: Told

    @property
    def part(self) -> Told:
        return {key: value - (0 if self.level(key) else self.middle[key]) for key, value in self.end.items()}

    def level(self, key: tuple[str, str, str]) -> bool:
        return not source(self.simulation, key[0]).stats[key[1]].monotone


def source(simulation: Simulation, path: str) -> Source:
    return next(found for found in simulation.stats.sources if found.path == path)


def counted(simulation: Simulation) -> Told:
    """What the peers count, divided as the model says: nothing here asks the declaration for its scale."""
    told: Told = {}
    for obj in walk(simulation.system):
        peer: Any = simulation.peers.get(obj)
        given = {**(peer.read_stats() if hasattr(peer, "read_stats") else {}), **(obj.read_stats() or {})}
        for name, value in given.items():
            stat = type(obj).__stats__[name]
            several = isinstance(value, (list, tuple))
            labels = source(simulation, obj.path).labels.get(name, ()) if several else ("",)
            for label, count in zip(labels, value if several else (value,), strict=True):
                told[obj.path, name, label] = Fraction(count, PER_CYCLE if stat.unit == "cycle" else 1)
    return told


@pytest.fixture(scope="module", params=KINDS)
def finished(request: pytest.FixtureRequest) -> Finished:
    simulation = Simulation(described(request.param))
    simulation.run_all(references=7_001)
    simulation.stats.snapshot("middle")
    middle = counted(simulation)
    simulation.run_all()
    simulation.stats.window("middle", simulation.stats.snapshot("end"), "part")
    return Finished(request.param, simulation, middle, counted(simulation))


def counts(told: Mapping[tuple[str, str, str], Any]) -> Told:
    return {key: Fraction(value) for key, value in told.items()}


def of_values(values: Values) -> Iterator[tuple[str, Told]]:
    """(way, values) of every way to ask a snapshot or a window."""
    stats = [(found, stat) for found in values.sources for stat in found.stats.values()]
    plain = [(found, stat) for found, stat in stats if not isinstance(stat, Formula)]

    def spread(found: Source, name: str, value: Any) -> Told:
        labels = found.labels.get(name, ()) if isinstance(value, tuple) else ("",)
        pairs = zip(labels, value if isinstance(value, tuple) else (value,), strict=True)
        return counts({(found.path, name, label): part for label, part in pairs})

    def gathered(read: Any) -> Told:
        return {key: part for found, stat in plain for key, part in spread(found, stat.name, read(found, stat)).items()}

    yield "[...]", gathered(lambda found, stat: values[f"{found.path}.{stat.name}"])
    yield "value", gathered(lambda found, stat: values.value(found, stat))
    yield "a formula's view", gathered(lambda found, stat: getattr(View(found, values.raws[found.path]), stat.name))
    yield (
        "by_label",
        counts(
            {
                (found.path, stat.name, label): value
                for found, stat in plain
                for label, value in values.by_label(f"{found.path}.{stat.name}").items()
            }
        ),
    )
    names = {(found.path, stat.name) for found, stat in plain}
    yield "rows", counts({(r.path, r.stat, r.index): r.value for r in values.rows() if (r.path, r.stat) in names})
    raw = gathered(lambda found, stat: values.raw(f"{found.path}.{stat.name}"))
    units = {(found.path, stat.name): stat.unit for found, stat in plain}
    yield "raw", {key: raw[key] / (PER_CYCLE if units[key[:2]] == "cycle" else 1) for key in raw}


def test_it_has_times_that_are_no_whole_cycles(finished: Finished) -> None:
    """Else nothing here would show a cut."""
    parts = [value for value in finished.end.values() if value.denominator > 1]
    assert len(parts) > (10 if finished.kind in UNDER_KVM else 2)
    time = finished.simulation.stats["system.core.time"]
    assert isinstance(time, Exact)
    assert int(time) == finished.simulation.cycle == finished.simulation.events[-1].cycle


def test_by_every_way_of_the_programming_interface(finished: Finished) -> None:
    stats = finished.simulation.stats
    windows = {window.label: window for window in stats.windows()}
    again = load_snapshot(stats.sources, json.loads(json.dumps(dump_snapshot(stats.snapshots["middle"]))))
    for values, expected in (
        (stats.snapshots["middle"], finished.middle),
        (again, finished.middle),
        (stats.current(), finished.end),
        (windows["total"], finished.end),
        (windows["part"], finished.part),
    ):
        for way, told in of_values(values):
            assert told == expected, (values.label, way)


def test_the_tree_gives_what_a_snapshot_gives(finished: Finished) -> None:
    stats, now = finished.simulation.stats, finished.simulation.stats.current()
    for found in stats.sources:
        for stat in found.stats.values():
            name = f"{found.path}.{stat.name}"
            assert stats[name] == now[name]
            if not isinstance(stat, Formula):
                assert (stats.by_label(name), stats.raw(name)) == (now.by_label(name), now.raw(name))


def test_by_every_file(finished: Finished, tmp_path: Path) -> None:
    stats = finished.simulation.stats
    rows = [row for row in csv.DictReader(io.StringIO(csv_of(stats))) if row["window"] == "total"]
    told = {(row["path"], row["stat"], row["index"]): row["value"] for row in rows}
    assert counts({key: told[key] for key in finished.end}) == finished.end, "CSV"
    total = next(window for window in json_of(stats)["windows"] if window["label"] == "total")
    values = {}
    for stat in total["stats"]:
        labels, value = stat.get("index", [""]), stat["value"]
        for label, part in zip(labels, value if "index" in stat else [value], strict=True):
            values[stat["path"], stat["stat"], label] = part
    assert {key: values[key] for key in finished.end} == {key: float(value) for key, value in finished.end.items()}, (
        "JSON: the nearest float"
    )
    finished.simulation.write(tmp_path)
    stored = read_run(tmp_path).values("total")
    assert {name: Fraction(stored[name][0]) for name in named(finished.end)} == named(finished.end), "compare"


def named(told: Told) -> dict[str, Fraction]:
    return {f"{path}.{stat}" + (f"[{label}]" if label else ""): value for (path, stat, label), value in told.items()}


def test_by_every_text(finished: Finished) -> None:
    stats = finished.simulation.stats
    texts = {"table": stats.table()}
    if finished.kind in PROGRAMS:
        texts["gdb's monitor"] = SimulatedGuest(finished.simulation).command("stats")
    for way, text in texts.items():
        lines = [re.fullmatch(r"(\S+(?: [^ ]+)*?)\s{2,}(\S+) .*", line) for line in text.splitlines()]
        shown = {line[1]: line[2] for line in lines if line}
        assert {name: Fraction(shown[name]) for name in named(finished.end)} == named(finished.end), way
    cells = re.findall(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", stats._repr_html_())
    page = {html.unescape(name): value for name, value in cells}
    assert {name: Fraction(page[name]) for name in named(finished.end)} == named(finished.end), "notebook"


def test_formulas(finished: Finished) -> None:
    stats = finished.simulation.stats
    time = finished.end["system.core", "vcpu_time", ""]
    found = stats["system.core.cycles_per_instruction"]
    assert found == pytest.approx(float(time / finished.end["system.core", "instructions", ""]), rel=1e-14)
    for values in (stats.current(), *stats.windows()):
        texts = {(row.path, row.stat): number_text(row.value) for row in values.rows()}
        for item in values.sources:
            for stat in item.stats.values():
                if isinstance(stat, Formula):
                    value = values[f"{item.path}.{stat.name}"]
                    assert value is None or isinstance(value, (int, float))
                    assert texts[item.path, stat.name] == number_text(value)


def test_what_a_real_miss_costs_is_in_cycles(finished: Finished) -> None:
    if finished.kind not in UNDER_KVM:
        with pytest.raises(ValueError, match="no HostKernel"):
            causal_view(finished.simulation)
        return
    view, end = causal_view(finished.simulation), finished.end
    real = sum(end["system.host", "exits_by_kind", kind] for kind in REAL)
    cycles = sum(end["system.host", "exit_cycles", kind] for kind in REAL)
    assert view.real_cycles == pytest.approx(float(cycles / real), rel=1e-14)
    assert view.handler_cycles == pytest.approx(float(end["system.host", "refill_cycles", ""] / real), rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_and_notes_are_in_cycles(kind: str) -> None:
    """Whole ones, of the time that the core counts."""
    simulation = Simulation(described(kind))
    notes: list[str] = []
    if kind in UNDER_KVM:
        simulation.debug("system.host", sink=notes.append)

    def look(state: Progress) -> None:
        assert state.cycles == int(counted(simulation)["system.core", "time", ""]) == simulation.cycle

    last = simulation.run_all(references=9_000, slice=1_000, progress=look)
    assert last.cycle == simulation.cycle
    if kind in UNDER_KVM:
        whole = [int(note.split()[0]) for note in notes]
        assert last.cycle / 2 < max(whole) <= last.cycle


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_profile_is_in_cycles_exactly(kind: str) -> None:
    simulation = Simulation(described(kind))
    simulation.start_profile(every=101)
    simulation.run_all()
    rows, told = simulation.profile.rows, counted(simulation)
    assert sum(row.cycles for row in rows) <= told["system.core", "time", ""]
    assert any(isinstance(row.cycles, Exact) for row in rows)
    if kind in UNDER_KVM:
        spent = sum(told["system.core", "cycles", name] for name in ("exits", "tick", "vmm"))
        instructions = Fraction("1.777") * told["system.host", "exits_by_kind", "mmio"]  # of the accesses to devices
        assert sum(row.exit_cycles for row in rows) == spent + instructions
