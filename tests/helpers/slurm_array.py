# SPDX-License-Identifier: BSD-3-Clause
"""A sweep as a job array of a real SLURM; a job and the scheduler are killed in the middle.

`slurm_array FOLDER [PATTERN ...]`; statistics of these names are kept, whole run directories without any.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from simobjects.study.status import status
from simobjects.study.sweep import run_sweep
from tests.helpers.commands import SOURCES
from tests.helpers.slurm import one_node
from tests.helpers.studied import CONFIG, kill, one, sizes, tables, wait_for

SLOW = "100000"  # 0.5 s a point


def main(folder: Path, *keep: str) -> None:
    run_sweep(replace(sizes(folder / "calm", "8..256:x2", pause_us=SLOW), keep=keep), executor=one())
    out = folder / "out"
    with one_node(folder / "slurm") as node:
        environment = {**node.environment, "PYTHONPATH": SOURCES}
        submit = [
            sys.executable, "-m", "simobjects", "sweep", str(CONFIG), "--over", "system.core.tlb.entries=8..256:x2",
            "--set", "system.core.length=500", "--set", f"system.core.pause_us={SLOW}", "--out", str(out),
            "--submit", "slurm", "--array", "2", "--time", "10m", "--partition", "p",
            *(word for pattern in keep for word in ("--keep", pattern)),
        ]  # fmt: skip
        done = subprocess.run(submit, env=environment, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "out/slurm.sh"
        wait_for(lambda: len(status(out).running) == 2)
        first, second = (_job(run.pid) for run in status(out).running)
        assert first != second, "each job of the array has a worker of its own"
        kill(first)
        node.kill_controller()
        wait_for(node.is_empty)
        unfinished = status(out)
        assert unfinished.pending > 0
        assert unfinished.done >= 3
        assert (out / "points.csv").read_text().count("pending") == unfinished.pending, "what is there is collected"
        done = subprocess.run(submit, env=environment, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        wait_for(node.is_empty)
        logs = "".join(path.read_text() for path in (out / "slurm").glob("*.txt"))
        assert status(out).finished, logs
        assert tables(out) == tables(folder / "calm"), logs
        assert "already done" in logs


def _job(worker: int) -> int:
    """The `simobjects work` that has started a worker."""
    return int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
