# SPDX-License-Identifier: BSD-3-Clause
"""The command line on the machine that README and docs use."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from tests.unit.cli.test_interrupt import process, wait_for

ROOT = Path(__file__).parents[3]
GUEST = str(ROOT / "configs" / "examples" / "kvm_guest.py")
SHORT = ("--references", "300k")


def value(directory: str, path: str, stat: str, index: str = "") -> str:
    with Path(directory, "stats.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if (row["path"], row["stat"], row["index"]) == (path, stat, index):
                return row["value"]
    raise AssertionError(f"no {path}.{stat}[{index}]")


def test_run_and_compare_the_two_schemes(simobjects: Command) -> None:
    runs = [simobjects("run", GUEST, *SHORT, "--set", f"system.host.scheme={scheme}") for scheme in ("e3b", "e4")]
    assert [run.code for run in runs] == [0, 0]
    directories = [run.out.strip() for run in runs]
    for directory in directories:
        assert value(directory, "system.core", "references") == "300000"
    said = simobjects("compare", *directories)
    assert said.code == 0
    assert "system.host.scheme" in said.out
    assert "system.host.exit_cycles[" in said.out


def test_set_of_what_elaboration_adds_and_of_the_trace(simobjects: Command) -> None:
    said = simobjects("run", GUEST, *SHORT, "--set", "system.core.workload.trace=sqlit")
    assert said.code in (2, 3)
    assert "did you mean 'sqlite'" in said.err
    assert "Traceback" not in said.err


def test_debug_of_the_host(simobjects: Command) -> None:
    said = simobjects("run", GUEST, *SHORT, "--debug", "system.host=exits@0..200000")
    assert said.code == 0
    lines = said.out.splitlines()[:-1]
    assert lines
    assert all(" system.host: exits: " in line for line in lines)
    assert all(int(line[:12]) < 200_000 for line in lines)


def test_graph_and_objects(simobjects: Command) -> None:
    for form in ("svg", "dot", "mermaid"):
        said = simobjects("graph", GUEST, "--format", form)
        assert said.code == 0
        assert "HardwareTLB" in said.out
    listed = [line.split()[0] for line in simobjects("objects").out.splitlines()]
    assert {"Core440", "HardwareTLB", "HostKernel", "TraceWorkload"} <= set(listed)
    for name in listed:
        assert simobjects("objects", name).code == 0


def test_the_sweep_of_the_docs_has_the_same_bytes_for_any_number_of_workers(simobjects: Command) -> None:
    grid = ("--over", "system.guest_tlb.entries=16..64:x2", "--over", "system.host.scheme=e3b,e4", *SHORT)
    for jobs in (1, 2):
        said = simobjects("sweep", GUEST, *grid, "--jobs", jobs, "--out", f"jobs{jobs}")
        assert said.code == 0, said.err
    for name in ("points.csv", "sweep.csv", "sweep.parquet", "sweep.svg"):
        assert Path("jobs1", name).read_bytes() == Path("jobs2", name).read_bytes()
    with Path("jobs1", "points.csv").open() as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["done"] * 6


def test_limits_in_slices_give_the_same_run(simobjects: Command) -> None:
    whole = simobjects("run", GUEST, *SHORT).out.strip()
    again = simobjects("run", GUEST, *SHORT, "--out", "again").out.strip()
    assert Path(whole, "stats.json").read_bytes() == Path(again, "stats.json").read_bytes()
    cycles = int(float(json.loads(Path(whole, "run.json").read_text())["cycle"]))
    said = simobjects("run", GUEST, "--cycles", cycles // 2)
    assert said.code == 0
    assert "cycle limit at cycle" in said.err


@pytest.mark.parametrize("scheme", ["e3b", "e4"])
def test_interrupt_keeps_the_statistics_so_far(tmp_path: Path, scheme: str) -> None:
    trace = tmp_path / "exits.txt"
    arguments = ("--set", f"system.host.scheme={scheme}", "--debug", "system.host=exits", "--debug-file", str(trace))
    with process(tmp_path, "run", GUEST, *arguments) as running:
        wait_for(lambda: trace.exists() and trace.stat().st_size > 0)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert 0 < int(value(str(tmp_path / out.strip()), "system.core", "references")) < 82_020_902


def test_a_timeline_between_two_cycles(simobjects: Command, tmp_path: Path) -> None:
    window = ("--timeline-from", "1000000", "--timeline-to", "1500000", "--timeline-most", "1k")
    said = simobjects("run", GUEST, *SHORT, "--timeline", tmp_path / "exits.json", *window)
    assert said.code == 0
    assert "exits from cycle 1000000 to 1" in said.err
    events = json.loads((tmp_path / "exits.json").read_text())["traceEvents"]
    begun = [event["ts"] for event in events if event.get("cat") == "exit"]
    assert begun
    assert all(1_000_000 <= at < 1_500_000 for at in begun)


def test_a_profile_of_a_guest_has_stacks(simobjects: Command) -> None:
    said = simobjects("run", ROOT / "configs" / "examples" / "program_guest.py", "--profile")
    directory = Path(said.out.splitlines()[-1])
    names = ("system.host.profile.folded", "system.host.profile.speedscope.json")
    assert ";mmio;VMM runs " in (directory / names[0]).read_text()
    assert json.loads((directory / names[1]).read_text())["profiles"][0]["weights"]
    assert set(names) < set(json.loads((directory / "run.json").read_text())["files"])


def test_a_window_of_no_timeline(simobjects: Command) -> None:
    said = simobjects("run", GUEST, *SHORT, "--timeline-from", "1000000")
    assert said.code == 2
    assert "without --timeline FILE" in said.err
