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
from simobjects.study.figures import Figure
from simobjects.study.plan import read_plan
from simobjects.study.sweep import run_sweep
from tests.helpers.slurm import missing
from tests.helpers.studied import CONFIG, KEPT, ROOT, one, sizes


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason="needs slurm-wlm and munge of Debian")
@KEPT
def test_a_job_array_gives_the_same_bytes_whoever_is_killed(tmp_path: Path, keep: tuple[str, ...]) -> None:
    """Where processes see none but their own, if this user may: no daemon's signal leads outside, and none stays."""
    scenario = [sys.executable, "-m", "tests.helpers.slurm_array", str(tmp_path), *keep]
    alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*alone, "true"], capture_output=True, timeout=60).returncode:
        alone = []
    done = subprocess.run([*alone, *scenario], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


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
    assert f"simobjects collect '{tmp_path}/o o'\n" in given
    begun = read_plan(tmp_path / "o o").sweep
    assert (begun.figure, begun.window) == (Figure.parse("kinds[odd]"), "total")
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
