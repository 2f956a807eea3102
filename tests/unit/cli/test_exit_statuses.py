# SPDX-License-Identifier: BSD-3-Clause
"""Every command with every exit status that it has, as the table of docs/command-line.md says them."""

from __future__ import annotations

import argparse
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simobjects.base.errors import ExitCode
from simobjects.cli import _main, main
from simobjects.cli.arguments import parser
from tests.unit.cli.conftest import CONFIG

ROOT = Path(__file__).parents[3]
KVM, BARE = (str(ROOT / "configs" / "examples" / f"{name}.py") for name in ("kvm_guest", "bare_metal"))
PAGE = (ROOT / "docs" / "command-line.md").read_text()
MISSING = "system.core.workload.trace=./no.arrow"

STATUSES: dict[str, dict[int, str]] = {
    "run": {
        0: "CONFIG --references 100 --out OUT",
        1: "CONFIG --set system.core.mode=watchdog --out OUT",
        2: "CONFIG --set system.core.lenth=1 --out OUT",
        3: f"{BARE} --set system.core.workload.elf=./no.elf --out OUT",
    },
    "sweep": {
        0: "CONFIG --over system.core.pages=8,16 --references 100 --jobs 1 --out OUT",
        1: "CONFIG --over system.core.mode=good,watchdog --set system.core.length=100 --jobs 1 --out OUT",
        2: "CONFIG --over system.core.nix=1 --jobs 1 --out OUT",
        3: f"{KVM} --set {MISSING} --over system.tlb.entries=64 --jobs 1 --out OUT",
    },
    "status": {0: "swept", 2: "swept --jsn", 3: "no"},
    "collect": {0: "swept", 1: "failed", 2: "swept --plot nothing", 3: "no"},
    "work": {0: "swept --jobs 1", 1: "failed --jobs 1", 2: "swept --shard 3/2", 3: "no"},
    "plot": {
        0: "swept system.core.tlb.misses -o OUT.svg",
        2: "swept system.core.tlb.nix -o OUT.svg",
        3: "no system.core.tlb.misses -o OUT.svg",
    },
    "export": {0: "swept system.core.tlb.misses", 2: "swept system.core.nix", 3: "no system.core.tlb.misses"},
    "report": {
        0: "swept -o OUT.html --no-sensitivity",
        2: "swept -o OUT.html --metric nothing",
        3: "no -o OUT.html",
    },
    "reproduce": {
        0: "swept --jobs 1 --out OUT",
        1: "changed --jobs 1 --out OUT",
        2: "swept --jobs 0 --out OUT",
        3: "no --out OUT",
    },
    "compare": {0: "one two", 1: "one two --fail-on-difference", 2: "one", 3: "no one"},
    "sensitivity": {
        0: "unsure.py --references 500 --metric system.core.cycles --out OUT",
        2: f"{KVM} --metric nothing --out OUT",
        3: f"{KVM} --set {MISSING} --out OUT",
    },
    "graph": {0: "CONFIG -o OUT.svg", 2: "no.py -o OUT.svg", 3: f"{KVM} --set {MISSING} -o OUT.svg"},
    "objects": {0: "HardwareTLB", 2: "HardwareTBL"},
    "trace info": {0: "sqlite", 2: "sqlite --entries x", 3: "./no.arrow"},
    "trace import": {
        0: "lackey.txt -o OUT.arrow",
        2: "lackey.txt -o no/folder/t.arrow",
        3: "no.txt -o OUT.arrow",
    },
    "trace capture": {
        0: "-o OUT.arrow --references 1k -- /bin/true",
        2: "-o OUT.arrow --references 0 -- /bin/true",
        3: "-o OUT.arrow -- ./no",
    },
    "trace suite": {0: "--list", 2: "no -o OUT"},
    "guest build": {2: "lackey.txt"},
    "guest fit": {0: "vmlinux -o OUT --for parent", 2: "lackey.txt -o OUT", 3: "no -o OUT"},
    "timing": {0: "timing timing", 2: "timing", 3: "no timing"},
    "disasm": {0: "94210010", 2: "zz", 3: "--binary no"},
    "demo": {0: "--references 2M --out OUT", 2: "--references x"},
    "examples": {0: "", 2: "--copy lackey.txt"},
    "completion": {0: "bash", 2: "cmd"},
}
"""By command and status how it comes to that. `guest build` takes minutes to come to 0 (`make guest-twice`)."""

ELSEWHERE = {("demo", 0), ("guest fit", 0)}
"""Shown by tests of their own: the demo takes seconds, a kernel has to be made."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With runs, sweeps and files that the commands of the table read."""
    here = tmp_path_factory.mktemp("statuses")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        _make()
    return here


def _make() -> None:
    config = str(CONFIG)
    for name, length in (("one", "100"), ("two", "200")):
        assert main(["run", config, "--set", f"system.core.length={length}", "--out", "runs"]) == 0
        (newest,) = Path("runs").iterdir()
        newest.rename(name)
    sweep = ["sweep", config, "--set", "system.core.length=100", "--jobs", "1"]
    assert main([*sweep, "--over", "system.core.tlb.entries=8,16", "--out", "swept"]) == 0
    assert main([*sweep, "--over", "system.core.mode=good,watchdog", "--out", "failed"]) == 1
    shutil.copytree("swept", "changed")
    table = Path("changed", "sweep.csv")
    table.write_text(re.sub(r"(system\.core,references,[^\n]*,)100\n", r"\g<1>101\n", table.read_text()))
    Path("lackey.txt").write_text("I  04000000,4\n L 1ffeffe7,8\n")
    text = Path(config).read_text()
    sure = "length=5000"
    assert sure in text
    Path("unsure.py").write_text(
        f"import sys\nsys.path.insert(0, {str(CONFIG.parent)!r})\n"
        "from simobjects.framework import SimObject, estimate\n"
        f"class Guess(SimObject):\n    'A guess.'\n    width: int = estimate(5, 'a guess', low=4, high=6)\n"
        f"{text.partition('if __name__')[0]}system.guess = Guess()\n"
    )
    assert main(["run", KVM, "--set", "system.host.exit_timing=later", "--references", "2k", "--out", "runs"]) == 0
    (timed,) = Path("runs").glob("*/*_timing")
    timed.rename("timing")
    shutil.rmtree("runs")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str, str], int]]:
    """Gives a command of the table in the folder; its exit status."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))

    def given(command: str, words: str) -> int:
        said = words.replace("CONFIG", str(CONFIG)).replace("OUT", str(tmp_path / "out"))
        return int(main([*command.split(), *said.split()]))

    yield given


def commands(top: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    below = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name
    for action in below:
        for word, one in action.choices.items():
            yield from commands(one, f"{name} {word}".strip())


def test_every_command_is_in_the_table() -> None:
    assert set(STATUSES) == set(commands(parser()))
    assert {word.partition(" ")[0] for word in STATUSES} == set(re.findall(r"^\| \[`(\w+)`\]", PAGE, re.MULTILINE))


def test_the_page_has_the_statuses_of_the_program() -> None:
    """The help of each command ends with them too."""
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", PAGE.partition("## Exit codes")[2], re.MULTILINE))
    assert {int(number): text for number, text in rows.items()} == {code.value: code.meaning for code in ExitCode}
    assert {status for row in STATUSES.values() for status in row} == {code.value for code in ExitCode} - {130}


@pytest.mark.parametrize(
    ("command", "status"),
    [(command, status) for command, row in STATUSES.items() for status in row if (command, status) not in ELSEWHERE],
)
def test_a_status_means_what_the_page_says(
    here: Callable[[str, str], int], capsys: pytest.CaptureFixture[str], command: str, status: int
) -> None:
    if command == "trace capture" and status == 0 and shutil.which("valgrind") is None:
        pytest.skip("Valgrind is not installed")
    assert here(command, STATUSES[command][status]) == status
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    if status >= 2:
        assert re.search(r"^(simobjects|usage|\w+Error): ", said.err, re.MULTILINE), said.err


@pytest.mark.parametrize("command", STATUSES)
def test_ctrl_c_is_130_in_every_command(
    here: Callable[[str, str], int], monkeypatch: pytest.MonkeyPatch, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It strikes as the command begins its work."""

    def interrupted(name: str) -> Callable[[argparse.Namespace], int]:
        def begin(arguments: argparse.Namespace) -> int:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("it went on")

        return begin

    monkeypatch.setattr(_main, "work", interrupted)
    assert here(command, STATUSES[command].get(0, STATUSES[command][2])) == 130
    assert capsys.readouterr().err.split() == ["simobjects:", "stopped"]
