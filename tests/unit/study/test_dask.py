# SPDX-License-Identifier: BSD-3-Clause
"""A sweep on a real Dask cluster of two worker processes; a worker and the scheduler are killed in the middle."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simobjects.study.executors.dask_cluster import DaskCluster, run_there
from simobjects.study.executors.slurm import ExecutorError
from simobjects.study.plan import Sweep
from simobjects.study.status import status
from simobjects.study.sweep import run_sweep
from simobjects.study.task import Result
from tests.helpers.commands import environment
from tests.helpers.studied import KEPT, children_of, kill, one, sizes, tables, wait_for

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install 'simobjects[dask]'")

SLOW = "40000"  # 0.2 s a point


@contextmanager
def program(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler or worker of Dask, which writes to a file of its own."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + name, *arguments]
    with (folder / f"{name}-{len(list(folder.iterdir()))}.txt").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, env=environment(), stdout=log, stderr=log)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and the processes: it and two workers of one thread."""
    folder.mkdir()
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    with program(folder, "scheduler", *quiet, "--port", "0") as scheduler:
        log = folder / "scheduler-0.txt"
        wait_for(lambda: re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text()))
        found = re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text())
        assert found is not None
        more = (found[0], *quiet, "--nthreads", "1", "--no-nanny")
        with program(folder, "worker", *more) as first, program(folder, "worker", *more) as second:
            with distributed.Client(found[0], timeout="60s") as client:
                client.wait_for_workers(2, timeout=60)
            yield found[0], [scheduler, first, second]


@KEPT
def test_a_worker_and_then_the_scheduler_are_killed(tmp_path: Path, keep: tuple[str, ...]) -> None:
    """No finished point is lost; another worker takes over, the next call goes on, the bytes are the same."""

    def sweep(folder: Path) -> Sweep:
        return replace(sizes(folder, "8..512:x2", pause_us=SLOW), keep=keep)

    run_sweep(sweep(tmp_path / "calm"), executor=one())
    out = tmp_path / "out"
    with cluster(tmp_path / "dask") as (address, (scheduler, first, second)):
        with distributed.Client(address, timeout="60s") as client:
            executor = DaskCluster(client)
            assert executor.workers == 2
            killed: list[int] = []

            def murder(point: object, result: Result) -> None:
                if not killed:
                    killed.append(first.pid)
                    kill(first.pid)

            outcome = run_sweep(sweep(out), murder, executor)
            assert [result.status for _, result in outcome.results] == ["done"] * 7, outcome.results
            assert tables(out) == tables(tmp_path / "calm")
        again = tmp_path / "again"

        def end(point: object, result: Result) -> None:
            kill(scheduler.pid)

        with pytest.raises(ExecutorError, match="scheduler of Dask is gone; finished points are kept"):
            run_sweep(sweep(again), end, DaskCluster(address))
        assert 0 < status(again).done < 7
        wait_for(lambda: not children_of(first.pid))
        outcome = run_sweep(sweep(again), executor=one())
        assert any(result.skipped for _, result in outcome.results)
        assert tables(again) == tables(tmp_path / "calm")


def test_what_travels_is_text(tmp_path: Path) -> None:
    run_sweep(sizes(tmp_path, "8"), executor=one())
    (task,) = sizes(tmp_path, "8").tasks()
    result = Result.read(run_there(task.text()))
    assert (result.status, result.skipped) == ("done", True)


def test_no_scheduler_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9"):
        run_sweep(sizes(tmp_path, "8"), executor=DaskCluster("tcp://127.0.0.1:9"))
