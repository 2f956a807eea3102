# SPDX-License-Identifier: BSD-3-Clause
"""The replaying core against its plain Python twin: one recording under random hosts, hardware and costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from simobjects.cext.core.supervisor import PythonGuest
from simobjects.cext.core.tlb import TLB
from simobjects.cext.replay.replay_core import ReplayCore
from simobjects.cext.traces.recorded import RecordedStream
from simobjects.programs.elf_program import program_file
from simobjects.traces.columns import Columns
from simobjects.traces.tracefile import open_trace
from tests.helpers.kvm_guests import guest_system
from tests.helpers.real_machine import RealMachine
from tests.helpers.recordings import recorded
from tests.property.machine_strategies import MachineCase
from tests.property.program_strategies import connection, programs
from tests.property.test_program_host import entries, twin_entries
from tests.reference.core import Core
from tests.reference.exit_timing import ExitTiming
from tests.reference.program_host import ProgramHost
from tests.reference.replay import ReplayTwin
from tests.reference.settings import Settings
from tests.reference.tlb import TLB as PlainTLB
from tests.reference.tlb import Entry
from tests.reference.vcpu import Era

MARKER = 9
"""Why `advance` comes back at a mark."""
REFERENCES = 5_000
"""Of the recording: three windows of the program, with misses, markers and its console."""

WATCHDOG = 200
"""Exits: with few entries and a scheme that pins many, pages of one instruction may drive each other out for ever."""


class Replayed(RealMachine):
    """The same machine with a core that replays."""

    def __init__(self, params: dict[str, Any], columns: Columns, case: MachineCase, connect: dict[str, Any]) -> None:
        self.given, self.connect = None, connect
        self.tlb, self.guest_tlb = TLB(params["n"]), TLB(params["g"])
        self.core: Any = ReplayCore()
        costs = self._costs(params)
        self.core.connect(self.tlb, costs, RecordedStream(*columns), watchdog=WATCHDOG)
        self.host = self._host(params, costs, self.guest_tlb, case.vmm_stream, case.task_streams)
        self.core.attach(self.host, PythonGuest(lambda vector, ea: None, params["g"]))
        self.core.begin()


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    path: Path = tmp_path_factory.mktemp("twin") / "r.arrow"
    recorded(guest_system(program_file("refill"), "e4"), path, references=REFERENCES)
    return open_trace(path, cache=False).columns


@pytest.mark.parametrize("scheme", ["e0", "e2", "e3b", "e4", "e6", "spare_host"])
def test_replay_and_twin_are_equal(scheme: str, columns: Columns) -> None:
    records = [tuple(map(int, row)) for row in zip(*columns, strict=True)]

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(programs(scheme))
    def check(drawn: tuple[MachineCase, Era, int, Any]) -> None:
        case, era, generation, _ = drawn
        params = {
            **case.params, "micro_i": 0, "micro_d": 0, "g": 64, "guest_memory": 32 << 20, "signal_every": 0,
            "n": max(case.params["n"], 8),
        }  # fmt: skip
        connect = {**connection(era, generation), "hold_ticks": False, "mark": None}
        real = Replayed(params, columns, case, connect)
        values = Settings.of(params)
        core = Core(values, PlainTLB(values.n))
        host = ProgramHost(values, core, case.vmm_stream, case.task_streams, era, ExitTiming(generation, 1000, 100))
        host.guest_tlb.place(63, Entry())  # an imitated guest's; this one writes its own
        twin = ReplayTwin(host, WATCHDOG)
        twin.play(records)  # type: ignore[arg-type]
        while real.core.advance(-1, -1)[0] == MARKER:
            pass
        assert real.host is not None
        stats, expected = real.host.read_stats(), dict(host.stats())
        expected["exits_by_kind"] = expected.pop("exits")
        different = {name: (stats[name], expected[name]) for name in expected if stats[name] != expected[name]}
        assert different == {}
        counted = real.core.read_stats()
        assert counted["cycles"] == list(core.cycles.values())
        assert (counted["instructions"], counted["loads"], counted["stores"]) == (
            twin.instructions, twin.loads, twin.stores,
        )  # fmt: skip
        assert counted["misses"] == [twin.missed[2], twin.missed[0], twin.missed[1]]
        assert counted["kernel_lookups"] == twin.lookups
        assert entries(real.tlb, values.n) == twin_entries(core.tlb)
        assert entries(real.guest_tlb, 64) == twin_entries(host.guest_tlb)

    check()
