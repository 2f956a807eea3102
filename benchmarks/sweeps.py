# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.sweeps`: one sweep over the shipped trace on one process, two, Dask and SLURM.

Prints points a second, efficiency (per worker, against one process) and the CPU time of a point, and compares the
tables byte by byte. Status 1: they differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from simobjects.study import DaskCluster, LocalProcesses, Slurm, Study, grid
from simobjects.study.plan import read_plan
from simobjects.study.store import noted_result
from tests.helpers.slurm import PATH, missing, one_node
from tests.helpers.studied import TABLES

CONFIG = Path(__file__).parents[1] / "configs" / "examples" / "kvm_guest.py"


def study(out: Path, points: int, references: int) -> Study:
    """Half as many sizes of the TLB as points, each with the scheme before and after the commit."""
    sizes = range(64, 64 + points // 2)
    space = grid({"system.tlb.entries": sizes, "system.host.scheme": ["e3b", "e4"]})
    return Study(CONFIG, space, out=out, references=references)


def local(jobs: int) -> Callable[[Study, Path], None]:
    """On this computer."""

    def run(made: Study, folder: Path) -> None:
        made.run(LocalProcesses(jobs))

    return run


def dask(made: Study, folder: Path) -> None:
    """On two worker processes of a cluster on this computer."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        begin = time.monotonic()
        made.run(DaskCluster(client))
        _started[made.out] = begin


def slurm(made: Study, folder: Path) -> None:
    """As an array of two jobs on one node."""
    with one_node(folder) as node, _environment({**node.environment, "PATH": PATH}):
        _started[made.out] = time.monotonic()
        made.submit(Slurm(array=2, partition="p"))
        while not node.is_empty():
            time.sleep(0.5)


_started: dict[Path, float] = {}
"""When the points of a way began, where something had to be started before."""


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


WAYS: dict[str, tuple[int, Callable[[Study, Path], None]]] = {
    "one process": (1, local(1)),
    "two processes": (2, local(2)),
    "Dask, two workers": (2, dask),
    "SLURM, array of two": (2, slurm),
}


def measure(points: int, references: int, ways: list[str], told: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Rows by way: seconds, points a second, efficiency, CPU ms of a point. AssertionError: the tables differ."""
    rows: dict[str, dict[str, float]] = {}
    digests = set()
    with tempfile.TemporaryDirectory() as folder:
        for number, way in enumerate(ways):
            told(way)
            workers, run = WAYS[way]
            made = study(Path(folder, str(number)), points, references)
            begin = time.monotonic()
            run(made, Path(folder, f"{number}-more"))
            seconds = time.monotonic() - _started.get(made.out, begin)
            found = [noted_result(made.out, task.key) for task in read_plan(made.out).sweep.tasks()]
            assert all(result is not None and result.status == "done" for result in found), way
            digests.add(tuple(hashlib.sha256((made.out / name).read_bytes()).hexdigest() for name in TABLES))
            cpu = median(result.cpu for result in found if result is not None)
            rate = points / seconds
            first = next(iter(rows.values()), {"rate": rate})
            rows[way] = {"seconds": seconds, "rate": rate, "cpu_ms": 1000 * cpu,
                         "efficiency": rate / workers / first["rate"]}  # fmt: skip
            told(table({way: rows[way]}).splitlines()[-1])
    assert len(digests) == 1, "the tables of two ways differ"
    return rows


def table(rows: dict[str, dict[str, float]]) -> str:
    """As Markdown."""
    lines = ["| where | seconds | points/s | efficiency | CPU of a point, ms |", "|---|---:|---:|---:|---:|"]
    for way, row in rows.items():
        cells = f"{row['seconds']:.0f} | {row['rate']:.1f} | {100 * row['efficiency']:.0f} % | {row['cpu_ms']:.0f}"
        lines.append(f"| {way} | {cells} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table and write results/sweeps.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--references", type=int, default=1000)
    arguments = parser.parse_args()
    ways = list(WAYS)
    if missing():
        ways.remove("SLURM, array of two")
    if subprocess.run([sys.executable, "-c", "import distributed"], capture_output=True).returncode:
        ways.remove("Dask, two workers")
    rows = measure(arguments.points, arguments.references, ways, lambda text: print(text, file=sys.stderr, flush=True))
    print(table(rows))
    print(f"{arguments.points} points of {arguments.references} references; all tables equal by byte")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "sweeps.json").write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
