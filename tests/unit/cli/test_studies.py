# SPDX-License-Identifier: BSD-3-Clause
"""`status`, `collect`, `work`, `sweep --shard` and `--submit --dry-run` as commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

OVER = ("--over", "system.core.tlb.entries=8,16,32", "--set", "system.core.length=200", "--jobs", "1")


def test_shards_and_a_collection_are_a_sweep(simobjects: Command, config: str) -> None:
    assert simobjects("sweep", config, *OVER, "--out", "whole").code == 0
    assert simobjects("sweep", config, *OVER, "--out", "parts", "--shard", "2/2").code == 0
    assert not Path("parts/sweep.csv").exists()
    said = simobjects("status", "parts")
    assert "parts: 3 points: 1 done, 0 running, 0 failed, 2 to do" in said.out
    assert simobjects("collect", "parts").code == 0
    assert Path("parts/points.csv").read_text().count("pending") == 2
    assert simobjects("work", "parts", "--shard", "1/2", "--jobs", "1").code == 0
    assert simobjects("collect", "parts").code == 0
    for name in ("points.csv", "sweep.csv", "sweep.parquet", "sweep.svg"):
        assert Path("parts", name).read_bytes() == Path("whole", name).read_bytes()
    facts = json.loads(simobjects("status", "parts", "--json").out)
    assert (facts["points"], facts["done"], facts["running"], facts["failed"]) == (3, 3, [], [])


def test_points_run_in_the_folder_where_the_sweep_was_begun(
    simobjects: Command, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script may read a file beside it, and a value may name one, whoever works from wherever."""
    Path("begun").mkdir()
    Path("begun/mine.py").write_text(f"open('data')\n{Path(config).read_text()}")
    Path("begun/data").write_text("")
    monkeypatch.syspath_prepend(Path(config).parent)
    monkeypatch.chdir("begun")
    assert simobjects("sweep", "mine.py", *OVER, "--out", "../o", "--shard", "1/2").code == 0
    monkeypatch.chdir("..")
    assert simobjects("work", "o", "--shard", "2/2", "--jobs", "1").code == 0
    assert "3 done" in simobjects("status", "o").out


def test_a_script_that_has_changed_since_loses_no_result_and_runs_no_point(
    simobjects: Command, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results of two scripts would stand under the name of one."""
    monkeypatch.syspath_prepend(Path(config).parent)
    script = Path("mine.py")
    script.write_text(Path(config).read_text())
    assert simobjects("sweep", script, *OVER, "--out", "o", "--shard", "1/2").code == 0
    script.write_text(f"{script.read_text()}# more\n")
    assert "2 done, 0 running, 0 failed, 1 to do" in simobjects("status", "o").out
    said = simobjects("work", "o", "--shard", "2/2", "--jobs", "1")
    assert said.code == 3
    assert "mine.py: is not as it was when the sweep was begun; give the sweep again" in said.err
    script.unlink()
    assert simobjects("collect", "o").code == 0
    assert Path("o/points.csv").read_text().count("done") == 2
    assert "mine.py: does not exist" in simobjects("work", "o").err


def test_status_tells_of_failures(simobjects: Command, config: str) -> None:
    over = ("--over", "system.core.mode=good,raise", "--set", "system.core.length=200", "--jobs", "1")
    assert simobjects("sweep", config, *over, "--out", "o").code == 1
    said = simobjects("status", "o")
    assert "1 done, 0 running, 1 failed, 0 to do" in said.out
    told = r"failed  system\.core\.mode=raise: \S+fake_machine\.py:\d+: ValueError: the machine is made to fail\n"
    assert re.search(told, said.out)
    assert simobjects("collect", "o").code == 1


def test_a_job_array_is_shown_before_it_is_submitted(simobjects: Command, config: str) -> None:
    array = ("--submit", "slurm", "--array", "40", "--time", "1h", "--partition", "p", "--dry-run")
    said = simobjects("sweep", config, *OVER, "--out", "o", *array)
    assert said.code == 0
    assert "#SBATCH --array=1-40" in said.out
    assert "#SBATCH --time=1:00:00" in said.out
    assert "#SBATCH --partition=p" in said.out
    assert f"simobjects work {Path.cwd()}/o --shard $SLURM_ARRAY_TASK_ID/40 --jobs 1" in said.out
    assert not Path("o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sweep", "--shard", "3/2"), "write K/N with K from 1 to N: 3/40"),
        (("sweep", "--dry-run"), "add --submit slurm"),
        (("sweep", "--array", "40"), "--array: there is nothing to submit; add --submit slurm"),
        (("sweep", "--partition", "p"), "--partition: there is nothing to submit; add --submit slurm"),
        (("sweep", "--submit", "slurm", "--shard", "1/2"), "--shard: --submit slurm says where the points run"),
        (("sweep", "--submit", "slurm", "--dask", "tcp://a:1"), "--dask: --submit slurm says where the points run"),
        (("sweep", "--submit", "slurm", "--dry-run", "--partition", "a\nb"), "has no line ends"),
        (("sweep", "--submit", "slurm", "--dry-run", "--time", "soon"), "write 90m, 1h or 1-12:00:00"),
        (("work", "nowhere"), "nowhere: holds no study.json; name the folder of a sweep"),
        (("status", "nowhere"), "holds no study.json"),
        (("collect", "nowhere"), "holds no study.json"),
    ],
)
def test_wrong_commands(simobjects: Command, config: str, arguments: tuple[str, ...], message: str) -> None:
    more = (config, *OVER) if arguments[0] == "sweep" else ()
    said = simobjects(arguments[0], *more, *arguments[1:])
    assert said.code in (2, 3)
    assert message in said.err
