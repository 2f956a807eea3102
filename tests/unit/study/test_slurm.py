# SPDX-License-Identifier: BSD-3-Clause
"""A sweep as a job array of a real SLURM; a job and the scheduler are killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.cli import main
from simobjects.study.executors.slurm import ExecutorError, Slurm
from simobjects.study.status import status
from simobjects.study.sweep import run_sweep
from tests.helpers.slurm import missing, one_node
from tests.helpers.studied import CONFIG, ROOT, kill, one, sizes, tables, wait_for

SLOW = "100000"  # 0.5 s a point


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason="needs slurm-wlm and munge of Debian")
def test_a_job_array_gives_the_same_bytes_whoever_is_killed(tmp_path: Path) -> None:
    run_sweep(sizes(tmp_path / "calm", "8..256:x2", pause_us=SLOW), executor=one())
    out = tmp_path / "out"
    with one_node(tmp_path / "slurm") as node:
        environment = {**node.environment, "PYTHONPATH": str(ROOT)}
        submit = [
            sys.executable, "-m", "simobjects", "sweep", str(CONFIG), "--over", "system.core.tlb.entries=8..256:x2",
            "--set", "system.core.length=500", "--set", f"system.core.pause_us={SLOW}", "--out", str(out),
            "--submit", "slurm", "--array", "2", "--time", "10m", "--partition", "p",
        ]  # fmt: skip
        done = subprocess.run(submit, env=environment, cwd=tmp_path, capture_output=True, text=True)
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
        done = subprocess.run(submit, env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        wait_for(node.is_empty)
        logs = "".join(path.read_text() for path in (out / "slurm").glob("*.txt"))
        assert status(out).finished, logs
        assert tables(out) == tables(tmp_path / "calm"), logs
        assert "already done" in logs


def _job(worker: int) -> int:
    """The `simobjects work` that has started a worker."""
    return int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])


def test_without_slurm_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sweep(sizes(tmp_path, "8"), executor=one())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExecutorError, match="there is no sbatch here; run this where jobs are submitted"):
        Slurm(array=2).submit(tmp_path)
    assert os.access(tmp_path / "slurm.sh", os.R_OK)


def test_the_job_behind_the_array_draws_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "sbatch"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> given\necho 7\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    over = ("--over", "system.core.tlb.entries=8,16", "--set", "system.core.length=500", "--out", "o o")
    assert main(["sweep", str(CONFIG), *over, "--submit", "slurm", "--plot", "kinds[odd]", "--window", "total"]) == 0
    given = (tmp_path / "given").read_text()
    assert f"simobjects collect '{tmp_path}/o o' '--plot=kinds[odd]' --window=total\n" in given
    assert "--dependency=afterany:7\n" in given


def test_a_folder_may_have_blanks_in_its_name(tmp_path: Path) -> None:
    lines = Slurm().script(tmp_path / "o o").splitlines()
    assert f"#SBATCH --output='{tmp_path}/o o/slurm/%A_%a.txt'" in lines
    assert f"#SBATCH --output={tmp_path}/o/slurm/%A_%a.txt" in Slurm().script(tmp_path / "o").splitlines()


def test_what_sbatch_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sweep(sizes(tmp_path, "8"), executor=one())
    fake = tmp_path / "sbatch"
    fake.write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: q' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ExecutorError, match="sbatch refuses the job: sbatch: error: invalid partition specified: q"):
        Slurm(array=2, partition="q").submit(tmp_path)
