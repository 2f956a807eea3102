# SPDX-License-Identifier: BSD-3-Clause
"""Who follows the README and then the quickstart, command after command in one folder, gets what they show.

Two things are not as on the page. The commands in STAND_INS set up what a test has already, or are the tests
themselves. And the commands that begin as in SHORTER get a limit, as they would take minutes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers.commands import ROOT
from tests.helpers.replay import Shell, Step, steps

STAND_INS = {
    "make demo": "simobjects demo",  # what it does once .venv is made; the second time it is shortened
    "make test": "true",
    "git clone": "true",
    "source .venv/bin/activate": "true",
}
SHORTER = {"simobjects sweep": "--references 500k"}
NEEDED = {"simobjects trace capture": "valgrind"}


def instead(step: Step) -> str:
    """What is given in place of a command."""
    text = step.text.partition("  #")[0].strip()
    for begin, other in STAND_INS.items():
        if text.startswith(begin):
            return other
    for begin, limit in SHORTER.items():
        if text.startswith(begin) and "--references" not in text:
            return f"{text} {limit}"
    return step.text


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_readme_and_the_quickstart_in_one_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copy(ROOT / "README.md", tmp_path)
    shell = Shell(tmp_path)
    table = re.search(r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", (ROOT / "README.md").read_text(), re.DOTALL)
    assert table is not None
    given: dict[str, list[str]] = {}
    recorded = True
    for page in ("README.md", "docs/quickstart.md"):
        for step in steps(page, "sh", "python"):
            tool = next((tool for begin, tool in NEEDED.items() if step.text.startswith(begin)), "")
            if tool and shutil.which(tool) is None:
                recorded = False
            if not recorded and ".trace" in step.text:
                continue
            command = instead(step)
            if command in given and command == "simobjects demo":
                command += " --references 200000"
            given.setdefault(command, []).append(shell.give(step, command))
        if page == "README.md":
            assert table[1] in given["simobjects demo"][0]
            assert (tmp_path / "runs" / "commit_claims" / "report.txt").read_text() == table[1]
    compared = given["simobjects compare runs/*"]
    assert len(compared) == 2, "once on each page"
    for output in compared:
        assert "runs/commit_claims: passed over: holds no stats.json" in output
        row = next(line.split() for line in output.splitlines() if line.startswith("system.host.scheme "))
        assert {"e3b", "e4"} <= set(row)
    for scheme in ("native", "e3b", "e4"):
        written = {file.name for file in (tmp_path / "runs" / "commit_claims" / f"{scheme}-64-walk").iterdir()}
        assert written >= {"config.json", "stats.txt", "stats.json", "stats.csv", "graph.svg"}
    assert len(list((tmp_path / "sweeps").glob("*/sweep.svg"))) == 2


def test_no_command_of_the_pages_is_passed_over_but_those_named_here() -> None:
    every = [step for page in ("README.md", "docs/quickstart.md") for step in steps(page, "sh", "python")]
    assert len(every) > 15
    for begin in (*STAND_INS, *SHORTER, *NEEDED):
        assert any(step.text.startswith(begin) for step in every), f"{begin}: no page has it any more"
    assert [step.status for step in every if step.status] == [2]
