# SPDX-License-Identifier: BSD-3-Clause
"""Which way a run went: what `run.json` says of it, and that a checkpoint of one way goes on with the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simobjects import GuestKernel, HostKernel, MicroTLB, PythonScheme, RunningScheme, Simulation, System, TraceWorkload
from simobjects.boards import stream_machine
from simobjects.cli import main


def machine(host: dict[str, Any] | None = None, **core: Any) -> System:
    kernel = None if host is None else HostKernel(**host)
    return stream_machine(TraceWorkload("sqlite"), kernel, core=core, guest=GuestKernel(memory="128MiB"))


class Watchful(RunningScheme):
    def on_enter(self) -> None:
        self.charge(1)


class WatchfulScheme(PythonScheme):
    running = Watchful


BLOCKS, STRETCHES = "passed over by blocks", "passed over by stretches"


@pytest.mark.parametrize(
    ("host", "core", "references", "handlers"),
    [
        (None, {}, BLOCKS, STRETCHES),
        ({"scheme": "e4"}, {}, BLOCKS, STRETCHES),
        ({"scheme": "e3b"}, {}, BLOCKS, STRETCHES),
        ({"scheme": "e1"}, {}, BLOCKS, "step by step: the scheme has work at each guest entry"),
        ({"scheme": WatchfulScheme()}, {}, BLOCKS, "step by step: the scheme has work at each guest entry"),
        ({"exit_timing": "later"}, {}, BLOCKS, "step by step: exit timing looks at each exit"),
        ({}, {"itlb": MicroTLB(entries=4)}, "passed over by records: micro-TLBs are on", STRETCHES),
        ({}, {"fast": False}, *["one by one: the fast path is switched off"] * 2),
    ],
)  # fmt: skip
def test_a_simulation_says_what_it_passes_over(host: Any, core: Any, references: str, handlers: str) -> None:
    simulation = Simulation(machine(host, **core))
    assert simulation.path == {"references": references, "handlers": handlers}


def test_run_json_says_it_and_the_results_are_the_same(tmp_path: Path) -> None:
    script = Path(__file__).parents[3] / "configs" / "examples" / "kvm_guest.py"
    records, stats = [], []
    for fast in ("true", "false"):
        out = tmp_path / fast
        limits = ["--references", "300000", "--out", str(out), "--set", f"system.core.fast={fast}"]
        assert main(["run", str(script), *limits]) == 0
        (directory,) = out.iterdir()
        records.append(json.loads((directory / "run.json").read_text()))
        stats.append((directory / "stats.json").read_bytes())
    assert records[0]["config_hash"] == records[1]["config_hash"]
    assert records[0]["path"]["references"] == BLOCKS
    assert records[1]["path"]["references"].startswith("one by one")
    assert stats[0] == stats[1]


def test_a_checkpoint_is_the_same_file_on_both_paths_and_goes_on_with_either(tmp_path: Path) -> None:
    fast, plain = Simulation(machine({})), Simulation(machine({}, fast=False))
    files = []
    for name, simulation in (("fast", fast), ("plain", plain)):
        simulation.run_all(references=200_000)
        simulation.save(tmp_path / name)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    other = Simulation(machine({}, fast=False))
    other.restore(tmp_path / "fast")
    for simulation in (fast, other):
        simulation.run_all(references=100_000)
    assert other.stats.table() == fast.stats.table()
