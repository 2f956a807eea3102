# SPDX-License-Identifier: BSD-3-Clause
"""Points that run one after the other in one process have the answers of points that have a process each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simobjects.study import child
from simobjects.study.config_script import build
from simobjects.study.task import Task

SCRIPT = """\
from simobjects import Core440, CostModel, GuestKernel, GuestTLB, HardwareTLB, HostKernel, SyntheticWorkload, System
system = System(clock="400MHz", memory="256MiB")
system.costs = CostModel()
system.core = Core440(workload=SyntheticWorkload(pattern="random", data_pages=200, records=2000))
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel(era="2.6.29", memory="64MiB")
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(scheme="e4")
if system.tlb.entries == 40:
    system.second = GuestTLB(entries=8)
    system.host.guest_tlb = system.guest.guest_tlb = system.guest_tlb
if system.tlb.entries == 41:
    system.second = GuestTLB(entries=8)
system.core.translation = system.tlb.core_side
if system.tlb.entries != 42:
    system.core.exceptions = system.host.exits
"""

POINTS: Sequence[dict[str, str]] = (
    {"system.tlb.entries": "64"},
    {"system.tlb.entries": "0"},
    {"system.tlb.entries": "many"},
    {"system.tlb.entries": "40"},  # another shape
    {"system.tlb.entries": "41"},  # which object is meant is not clear
    {"system.tlb.entries": "42"},  # a port is left open
    {"system.tlb.entires": "64"},
    {"system.host.scheme": "e3b"},
    {"system.host.scheme": "e9"},
    {"system.host.scheme": "e5", "system.host.scheme.nothing": "1"},
    {"system.host.hz": "1MHz"},
    {"system.guest.memory": "1GiB"},
    {"system.core.workload.records": "10"},
    {"system.costs.host_cpi": "2.5", "system.tlb.entries": "64"},
    {"system.tlb.entries": "64"},
)


def requests(folder: Path, what: str) -> list[dict[str, Any]]:
    script = folder / "script.py"
    script.write_text(SCRIPT)
    build(script, {})  # with what it imports, once for all processes
    (folder / "logs").mkdir()
    task = Task("", "", str(script), str(folder), str(folder), keep=("system.*",))
    made = [replace(task, key=f"{what}{number}", overrides=values) for number, values in enumerate(POINTS)]
    return [{"what": what, "task": one.text(), "values": {}, "picture": False} for one in made]


def told(serve: Callable[[int, int], Any], given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a child answers to requests."""
    wanted, answers = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(wanted[1])
        os.close(answers[0])
        serve(wanted[0], answers[1])
    os.close(wanted[0])
    os.close(answers[1])
    os.write(wanted[1], b"".join(json.dumps(one).encode() + b"\n" for one in given))
    os.close(wanted[1])
    with open(answers[0], "rb") as said:
        lines = [json.loads(line) for line in said]
    os.waitpid(pid, 0)
    return [line for line in lines if "machine" not in line and "beat" not in line]


def together(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return told(lambda wanted, answers: child.serve_child(wanted, answers, set()), given)


def alone(request: dict[str, Any]) -> dict[str, Any]:
    (answer,) = told(lambda wanted, answers: child.run_child(request, answers, set()), [])
    return answer


def test_a_machine_is_refused_in_the_same_words(tmp_path: Path) -> None:
    asked = requests(tmp_path, "check")
    found = [answer["checked"] for answer in together(asked)]
    assert found == [alone(request)["checked"] for request in asked]
    refused = [number for number, answer in enumerate(found) if "failed" in answer]
    assert refused == [1, 2, 4, 5, 6, 8, 9, 10, 11]
    assert len({found[number]["failed"] for number in refused}) == len(refused)


def test_a_point_has_the_same_result_after_any_other(tmp_path: Path) -> None:
    asked = requests(tmp_path, "run")
    apart = [result_of(alone(request)) for request in asked]
    files = written(tmp_path)
    assert len(files) == 2 * len({run for _, _, run, _ in apart} - {""}) == 10
    for order in (1, -1):
        for path in files:
            path.unlink()
        assert [result_of(answer) for answer in together(asked[::order])] == apart[::order]
        assert written(tmp_path) == files


def result_of(answer: dict[str, Any]) -> tuple[str, str, str, str]:
    facts = json.loads(answer["result"])
    return facts["key"], facts["status"], facts["run"], facts["error"]


def written(folder: Path) -> dict[Path, bytes]:
    """The files of the runs, but for what says when they ran."""
    return {path: path.read_bytes() for path in folder.glob("*-kept-*/*") if path.name != "provenance.json"}
