# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects sweep` as a command: what it prints, its exit codes, where things go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

SHORT = ("--set", "system.core.length=200")


def test_a_sweep_names_its_files(simobjects: Command, config: str) -> None:
    said = simobjects("sweep", config, "--over", "system.core.tlb.entries=8,16", *SHORT)
    assert said.code == 0
    assert said.out.split() == [
        f"sweeps/fake_config/{name}" for name in ("points.csv", "sweep.csv", "sweep.parquet", "sweep.svg")
    ]
    assert "2 points, 2 at a time" in said.err or "2 points, 1 at a time" in said.err
    assert "[2/2] " in said.err
    again = simobjects("sweep", config, "--over", "system.core.tlb.entries=8,16", *SHORT)
    assert again.err.count("already done") == 2


def test_a_failing_point_is_exit_code_1_with_a_list(simobjects: Command, config: str) -> None:
    over = "system.core.mode=good,raise"
    said = simobjects("sweep", config, "--over", over, *SHORT, "--out", "o", "--jobs", 1)
    assert said.code == 1
    assert "system.core.mode=raise: failed\n  " in said.err
    assert re.search(r"^  \S+fake_machine\.py:\d+: ValueError: the machine is made to fail$", said.err, re.MULTILINE)
    assert "\n  more in o/logs" in said.err
    assert "1 of 2 points failed; the same command tries them again" in said.err


BAD = [
    (["--over", "system.core.pages=1..8"], "has no step; write 1..8:x2 or 1..8:+1"),
    (["--over", "system.core.pages=8", "--set", "system.core.pages=9"], "is both set and swept"),
    (["--over", "system.core.pages=8,9", "--plot", "mises"], "no statistic mises; did you mean misses?"),
    (["--over", "system.core.pages=8,9", "--plot", "staple"], "no statistic staple"),
    (["--over", "system.core.pages=8,9", "--plot", "stak:kinds"], "'stak' is no kind of figure; did you mean stack?"),
    (["--over", "system.core.pages=8,9", "--plot", "stack:misses"], "misses is one value, which has no parts"),
    (["--over", "system.core.pages=8,9", "--plot", "kinds[eve]"], "no value kinds[eve]; write one of even, odd"),
    (["--over", "system.core.pages=8,9", "--plot", "heat"], "no map: it needs two swept parameters"),
    (["--over", "system.core.pages=8,9", "--plot", "series"], "a series shows one run in windows, not a sweep"),
    (["--over", "system.core.mode=good,better", "--plot", "misses"], "takes several numeric values"),
    (["--over", "system.core.pages=8", "--jobs", "0"], "0 is not above 0"),
    ([], "the following arguments are required: --over"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_a_wrong_command_line_is_exit_code_2(
    simobjects: Command, config: str, arguments: list[str], message: str
) -> None:
    said = simobjects("sweep", config, *arguments)
    assert said.code == 2
    assert message in said.err
    assert not list(Path().rglob("run.json")), "nothing ran"


def test_a_script_that_does_not_exist(simobjects: Command) -> None:
    said = simobjects("sweep", "nowhere.py", "--over", "system.core.pages=8,9")
    assert said.code == 2
    assert "nowhere.py: does not exist" in said.err
    assert not Path("sweeps").exists()
