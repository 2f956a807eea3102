# SPDX-License-Identifier: BSD-3-Clause
"""Workers that stay: no state reaches the next point; kill -9 of anybody; a full disk; two sweeps at once."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from simobjects.study import child, leases
from simobjects.study.plan import Sweep
from simobjects.study.space import parse_space
from simobjects.study.store import PARTIAL, drop_empty_logs
from simobjects.study.sweep import collect, run_sweep
from simobjects.study.task import Result
from simobjects.study.whereabouts import here
from simobjects.study.worker import Worker, _Child, _Work
from tests.helpers.commands import environment
from tests.helpers.studied import CONFIG, KEPT, children_of, command, kill, one, runs, sizes, tables, wait_for

SLOW = {"pause_us": "20000"}  # 0.1 s a point

DIRTY = f"""
import builtins, os, random, sys, tempfile
import simobjects.framework.system as ours
seen = [hasattr(builtins, "left"), hasattr(ours, "left"), "LEFT" in os.environ, os.getcwd().startswith("/proc"),
        sys.path[0] == "left", "left_behind" in sys.modules]
builtins.left = ours.left = True
os.environ["LEFT"] = "1"
sys.modules["left_behind"] = sys
pid = os.getpid()
sys.path.insert(0, {str(CONFIG.parent)!r})
with open(os.environ["SEEN"], "a") as file:
    print(pid, os.getppid(), any(seen), random.random(), file=file)
{CONFIG.read_text()}
os.chdir("/proc")
sys.path.insert(0, "left")
"""


def test_no_state_of_a_script_reaches_the_next_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that is not plain: all points come from one worker, each from a process that no other has used."""
    script = tmp_path / "dirty.py"
    script.write_text(DIRTY)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    outcome = run_sweep(replace(sizes(tmp_path / "out"), config=script), executor=one())
    assert [result.status for _, result in outcome.results] == ["done"] * 4
    lines = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    assert len({pid for pid, *_ in lines}) == len(lines) == 8, "four are looked at, four run"
    assert len({parent for _, parent, *_ in lines}) == 1
    assert {dirty for _, _, dirty, _ in lines} == {"False"}


def test_a_crash_takes_no_other_point_with_it(tmp_path: Path) -> None:
    space = parse_space(["system.core.mode=good,die,kill,raise,better", "system.core.tlb.entries=8,16"])
    outcome = run_sweep(replace(sizes(tmp_path), space=space))
    found = {point.values["system.core.mode"]: result.status for point, result in outcome.results}
    assert found == {"good": "done", "die": "failed", "kill": "failed", "raise": "failed", "better": "done"}


PLAIN = """\
from simobjects import Core440, CostModel, GuestKernel, HardwareTLB, SyntheticWorkload, System
system = System(clock="400MHz", memory="128MiB")
system.costs = CostModel()
system.core = Core440(workload=SyntheticWorkload(pattern="random", data_pages=2000))
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel(era="2.6.29", memory="64MiB")
system.core.translation = system.tlb.core_side
system.core.exceptions = system.guest.vectors
"""


def plain_sweep(folder: Path, more: str = "", records: str = "5000") -> Sweep:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.py").write_text(more + PLAIN)
    fixed = {"system.core.workload.records": records}
    space = parse_space(["system.tlb.entries=16..128:x2"])
    return Sweep(folder / "script.py", space, folder / "out", fixed=fixed, folder=folder)


def files(out: Path) -> dict[str, bytes]:
    """Every file of the runs of a sweep, but for what says when and where they ran."""
    found = (path for path in out.glob("[0-9a-f]*/*") if path.name != "provenance.json")
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def test_plain_points_share_a_process_and_have_the_bytes_of_points_that_do_not(tmp_path: Path) -> None:
    """The process that runs a point is there, waiting, when the point is done, and runs the next one."""
    seen: list[list[int]] = []

    def look(point: object, result: Result) -> None:
        seen.append([pid for worker in children_of(os.getpid()) for pid in children_of(worker)])

    assert all(result.status == "done" for _, result in run_sweep(plain_sweep(tmp_path / "a"), look, one()).results)
    assert len(seen) == 4 and len({tuple(pids) for pids in seen}) == 1 and len(seen[0]) == 1
    run_sweep(plain_sweep(tmp_path / "b", "import os\n"), executor=one())
    assert files(tmp_path / "a" / "out") == files(tmp_path / "b" / "out") != {}


def test_plain_points_have_the_environment_of_their_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of earlier points goes on with the next sweep, unless that has another environment."""
    seen: list[list[int]] = []

    def look(point: object, result: Result) -> None:
        seen.append([pid for worker in children_of(os.getpid()) for pid in children_of(worker)])

    used = []
    for number, more in enumerate(("", "", "other")):
        monkeypatch.setenv("MORE", more)
        run_sweep(plain_sweep(tmp_path / str(number)), look, one())
        used.append(seen[-1][-1])
    assert used[0] == used[1] != used[2]


def test_a_crash_takes_no_other_plain_point_with_it(tmp_path: Path) -> None:
    """The process of three points is killed while it runs the second one: the others have another."""
    killed: list[int] = []

    def murder(point: object, result: Result) -> None:
        if not killed:
            killed.extend(pid for worker in children_of(os.getpid()) for pid in children_of(worker))
            for pid in killed:
                kill(pid)

    sweep = plain_sweep(tmp_path, records="1000000")
    outcome = run_sweep(sweep, murder, one())
    assert len(killed) == 1
    assert [result.status for _, result in outcome.results] == ["done", "failed", "done", "done"]
    assert "ended by SIGKILL" in outcome.results[1][1].error
    again = run_sweep(sweep, executor=one())
    assert [(result.status, result.skipped) for _, result in again.results] == [
        ("done", True), ("done", False), ("done", True), ("done", True)
    ]  # fmt: skip


def test_a_process_that_has_grown_too_much_says_that_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = plain_sweep(tmp_path).tasks()[0]
    request = {"what": "check", "task": task.text(), "values": {}, "picture": False}
    for room, last in ((child._ROOM, False), (-(1 << 50), True)):
        monkeypatch.setattr(child, "_ROOM", room)
        monkeypatch.setattr(child, "_MOST_GROWN", room)
        requests, answers = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(requests[1])
            child.serve_child(requests[0], answers[1], set())
        os.close(answers[1])
        os.write(requests[1], json.dumps(request).encode() + b"\n")
        os.close(requests[1])
        with open(answers[0], "rb") as said:
            answer = json.loads(said.read())
        os.waitpid(pid, 0)
        os.close(requests[0])
        assert answer["last"] is last
        assert answer["checked"]["problems"] == ""


def test_kill_9_of_the_worker_loses_no_point(tmp_path: Path) -> None:
    """It is started again, and the points that it had are run again."""
    run_sweep(sizes(tmp_path / "calm", **SLOW), executor=one())
    killed: list[int] = []

    def murder(point: object, result: Result) -> None:
        if not killed:
            killed.extend(pid for pid in children_of(os.getpid()) if is_worker(pid))
            for pid in killed:
                kill(pid)

    outcome = run_sweep(sizes(tmp_path / "killed", **SLOW), murder, one())
    assert killed
    assert [result.status for _, result in outcome.results] == ["done"] * 4
    assert tables(tmp_path / "killed") == tables(tmp_path / "calm")


def is_worker(pid: int) -> bool:
    """The tests' own helpers are children of this process too."""
    return b"study.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


@KEPT
def test_kill_9_of_the_whole_sweep_and_the_next_call_goes_on(tmp_path: Path, keep: tuple[str, ...]) -> None:
    """The worker and its children end with the one that started them; their leases are no obstacle."""
    run_sweep(replace(sizes(tmp_path / "calm", **SLOW), keep=keep), executor=one())
    over = ["--over", "system.core.tlb.entries=8..64:x2", "--jobs", "1", "--out", "killed"]
    fixed = ["--set", "system.core.length=500", "--set", f"system.core.pause_us={SLOW['pause_us']}"]
    kept = [word for pattern in keep for word in ("--keep", pattern)]
    with command(tmp_path, "sweep", str(CONFIG), *over, *fixed, *kept) as running:
        wait_for(lambda: written(tmp_path / "killed"))
        workers = children_of(running.pid)
        kill(running.pid)
        wait_for(lambda: not any(runs(pid) for pid in workers))
    before = written(tmp_path / "killed")
    outcome = run_sweep(replace(sizes(tmp_path / "killed", **SLOW), keep=keep), executor=one())
    assert any(result.skipped for _, result in outcome.results)
    assert before.items() <= written(tmp_path / "killed").items(), "no finished point is run again"
    assert tables(tmp_path / "killed") == tables(tmp_path / "calm")
    assert not list((tmp_path / "killed").glob(".partial*"))
    assert not list((tmp_path / "killed" / "leases").iterdir())


def written(out: Path) -> dict[str, int]:
    """When each run was finished, by its name."""
    rows = {path.stem: path.stat().st_mtime_ns for path in out.glob("[0-9a-f]*-kept-*.csv")}
    return rows | {path.parent.name: path.stat().st_mtime_ns for path in out.glob("[0-9a-f]*/run.json")}


def test_what_an_ended_point_has_half_written_goes_with_it(tmp_path: Path) -> None:
    """The worker ends its children with a signal that they do not hear."""
    task = sizes(tmp_path, "8").tasks()[0]
    lease = leases.take(tmp_path, task.key, "a point")
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        (tmp_path / f"{PARTIAL}machine-{here().name}-abcd").mkdir()
        os.write(writer, b".")
        time.sleep(60)
        os._exit(0)
    os.read(reader, 1)
    worker = Worker(1, reader, writer)
    worker._children[reader] = _Child(pid, _Work({"what": "run"}, task, lease))
    assert len(list(tmp_path.glob(".*"))) == 1
    worker._end_children()
    assert list(tmp_path.glob(".*")) == []
    assert list((tmp_path / "leases").iterdir()) == []


def test_a_worker_that_must_wait_leaves_no_file_of_its_own(tmp_path: Path) -> None:
    """The point that it was asked for is somebody else's, and there may be no other request."""
    task = sizes(tmp_path, "8").tasks()[0]
    lease = leases.take(tmp_path, task.key, "x")
    assert lease is not None
    reader, writer = os.pipe()
    Worker(1, reader, writer)._start({"id": 1, "what": "run", "task": task.text()})
    assert Result.read(json.loads(os.read(reader, 1 << 16))["result"]).status == "busy"
    assert list((tmp_path / "leases").iterdir()) == [lease.path]


@KEPT
def test_two_sweeps_share_a_folder_and_its_work(tmp_path: Path, keep: tuple[str, ...]) -> None:
    """Together they run each point once."""
    fixed = {**SLOW, "pause_us": "60000"}
    ran: list[str] = []

    def note(point: object, result: Result) -> None:
        if not result.skipped:
            ran.append(result.key)

    sweep = replace(sizes(tmp_path, **fixed), keep=keep)
    other = threading.Thread(target=run_sweep, args=(sweep, note, one()))
    other.start()
    outcome = run_sweep(sweep, note, one())
    other.join()
    assert [result.status for _, result in outcome.results] == ["done"] * 4
    assert sorted(ran) == sorted(set(ran))
    assert len(ran) == 4


def test_a_point_that_a_vanished_node_had_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = sizes(tmp_path, "8,16")
    lease = leases.take(tmp_path, sweep.tasks()[1].key, "x")
    assert lease is not None
    text = lease.path.read_text().replace(lease.holder.realm, "vanished")
    lease.path.write_text(text)
    old = lease.path.stat().st_mtime - leases.STALE_SECONDS + 2  # it becomes stale while the sweep waits for it
    os.utime(lease.path, (old, old))
    outcome = run_sweep(sweep, executor=one())
    assert [result.status for _, result in outcome.results] == ["done", "done"]


@KEPT
def test_a_full_disk_loses_no_finished_point(tmp_path: Path, keep: tuple[str, ...]) -> None:
    place = tmp_path / "small"
    place.mkdir()
    size = "size=100k" if keep else "size=200k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        out = place / "out"
        kept = [word for pattern in keep for word in ("--keep", pattern)]
        full = subprocess.run(
            [*program(), "sweep", str(CONFIG), "--over", "system.core.tlb.entries=1..16:+1", "--jobs", "1",
             "--set", "system.core.length=500", "--out", str(out), *kept],
            capture_output=True, text=True, env=environment(),
        )  # fmt: skip
        assert full.returncode in (1, 2), full.stderr
        assert "No space left on device" in full.stderr
        assert "Traceback" not in full.stderr
        done = set(written(out))
        assert 0 < len(done) < 16
        subprocess.run(["mount", "-o", "remount,size=20m", str(place)], check=True)
        outcome = run_sweep(replace(sizes(out, "1..16:+1"), keep=keep), executor=one())
        assert [result.status for _, result in outcome.results] == ["done"] * 16
        assert {result.run for _, result in outcome.results if result.skipped} == done
        run_sweep(replace(sizes(tmp_path / "calm", "1..16:+1"), keep=keep), executor=one())
        assert tables(out) == tables(tmp_path / "calm")
    finally:
        subprocess.run(["umount", str(place)], check=True)


def program() -> list[str]:
    import sys

    return [sys.executable, "-m", "simobjects"]


def test_a_log_that_another_sweep_removes_is_no_error(tmp_path: Path) -> None:
    """Two that end together both look for empty logs."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "gone.txt").symlink_to("nowhere")
    (tmp_path / "logs" / "empty.txt").touch()
    drop_empty_logs(tmp_path)
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["gone.txt"]


def test_tables_can_be_made_of_what_is_there(tmp_path: Path) -> None:
    whole = run_sweep(sizes(tmp_path), executor=one())
    before = tables(tmp_path)
    for name in ("sweep.csv", "points.csv", "sweep.parquet", "sweep.svg"):
        (tmp_path / name).unlink()
    assert collect(tmp_path).results == tuple((p, replace(r, skipped=False)) for p, r in whole.results)
    assert tables(tmp_path) == before
