# SPDX-License-Identifier: BSD-3-Clause
"""Points that run one after the other in one process have the answers of points that have a process each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simobjects.kvm.schemes.direct import DirectInsertion
from simobjects.study import child
from simobjects.study.config_script import build
from simobjects.study.plain import Plain, plain
from simobjects.study.store import drop_empty_logs
from simobjects.study.task import BLANK, Task

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
    assert len(files) == len({run for _, _, run, _ in apart} - {""}) == 5
    for order in (1, -1):
        for path in files:
            path.unlink()
        assert [result_of(answer) for answer in together(asked[::order])] == apart[::order]
        assert written(tmp_path) == files


def result_of(answer: dict[str, Any]) -> tuple[str, str, str, str]:
    facts = json.loads(answer["result"])
    return facts["key"], facts["status"], facts["run"], facts["error"]


def written(folder: Path) -> dict[Path, list[bytes]]:
    """The rows, but for the line that says when they ran."""
    lines = {path: path.read_bytes().splitlines() for path in folder.glob("*-kept-*")}
    return {path: [record, *table] for path, (record, _, *table) in lines.items()}


def test_a_log_holds_what_its_own_point_has_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of one that prints nothing becomes that of the next one, also when somebody removes it meanwhile."""
    asked = requests(tmp_path, "run")[:8]
    nodes = []

    def run(task: Task, *others: object) -> dict[str, Any]:
        number = int(task.key.removeprefix("run"))
        if number in (2, 3, 6):
            print(f"point {number}")
        if number == 4:
            print("no end of a line", end="", file=sys.stderr)
        if number == 5:
            assert [path.name for path in task.log.parent.glob(f"{BLANK}*")] == []
            drop_empty_logs(tmp_path)  # another sweep in this folder has ended; nobody has a lease here
        sys.stdout.flush()
        found = task.log.stat().st_ino if task.log.exists() else 0
        return {"result": json.dumps([number, found, str(task.log)])}

    def keep(blank: child._Blank, log: str) -> None:
        kept(blank, log)
        if log.endswith("run0.txt"):
            print("late", flush=True)  # a thread, say, that nobody waits for

    kept = child._Blank.keep
    monkeypatch.setattr(child._Blank, "keep", keep)
    monkeypatch.setattr(child, "_run", run)
    for answer in together(asked):
        number, node, log = json.loads(answer["result"])
        assert Path(log).name == f"run{number}.txt"
        nodes.append(node)
    assert nodes[0] != nodes[1] == nodes[2] != nodes[3] and nodes[5] == 0
    logs = {path.name: path.read_text() for path in (tmp_path / "logs").iterdir()}
    assert logs == {
        "run2.txt": "point 2\n", "run3.txt": "point 3\n", "run4.txt": "no end of a line", "run6.txt": "point 6\n"
    }  # fmt: skip


def test_a_waiting_log_goes_with_the_sweep(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"{BLANK}vm-1-2-3").touch()
    drop_empty_logs(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_remembered_is_that_of_the_last_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second script imports a class that joins a family of which the first one's points have asked."""
    first = requests(tmp_path, "check")[0]
    (tmp_path / "second.py").write_text(SCRIPT.replace('"e4"', '"newest"'))
    task = Task.read(first["task"])
    second = {**first, "task": replace(task, script=str(tmp_path / "second.py")).text()}

    def importing(script: Path) -> Plain | None:
        if script.name == "second.py":

            class Newest(DirectInsertion):
                """The newest scheme."""

                short = "newest"

        return plain(script)

    monkeypatch.setattr(child, "plain", importing)
    answers = [answer["checked"] for answer in together([first, second, first])]
    assert ["failed" in answer for answer in answers] == [False, False, False]
    assert answers[0] == answers[2]
