# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects run`: overrides, limits, results, errors and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[3]
FILES = [
    *("citations.bib", "config.json", "events.jsonl", "graph.svg", "provenance.json", "run.json", "stats.csv"),
    *("stats.json", "stats.txt"),
]


def test_a_run_leaves_its_directory_and_names_it(simobjects: Command, config: str) -> None:
    said = simobjects("run", config)
    directory = Path(said.out.strip())
    assert said.code == 0
    assert directory.parent == Path("runs")
    assert sorted(path.name for path in directory.iterdir()) == FILES
    assert "end of workload at cycle" in said.err
    assert "5000 references" in said.err


def test_set_reaches_what_the_script_computes_from_it(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--set", "system.core.tlb.entries=8")
    data = json.loads(Path(said.out.strip(), "config.json").read_text())
    core = data["system"]["children"]["core"]
    assert core["children"]["tlb"]["params"]["entries"] == 8
    assert core["params"]["pages"] == 24


def test_runs_of_the_same_machine_have_the_same_name_and_bytes(simobjects: Command, config: str) -> None:
    first = simobjects("run", config, "--out", "a").out.strip()
    second = simobjects("run", config, "--out", "b").out.strip()
    assert Path(first).name == Path(second).name
    for name in set(FILES) - {"provenance.json"}:  # which says when each ran
        assert Path(first, name).read_bytes() == Path(second, name).read_bytes()


@pytest.mark.parametrize(
    ("option", "value", "end"),
    [("--references", "1_000", "reference limit"), ("--references", "1k", "reference 1000"), ("--cycles", 9, "cycle")],
)
def test_limits(simobjects: Command, config: str, option: str, value: object, end: str) -> None:
    said = simobjects("run", config, option, value)
    assert said.code == 0
    assert end in said.err
    assert "-" in Path(said.out.strip()).name


def test_watchdog_is_exit_code_1_with_statistics(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--set", "system.core.mode=watchdog")
    assert said.code == 1
    assert Path(said.out.strip(), "stats.txt").is_file()


def test_table_prints_statistics(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--table", "system.core.tlb")
    assert "system.core.tlb.hit_rate" in said.out
    assert "system.core.cycles" not in said.out


def test_debug_lines_between_two_cycles(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--debug", "system.core=misses@0..30")
    assert said.out.splitlines()[:3] == [
        "           0 system.core: misses: page 14",
        "          10 system.core: misses: page 0",
        "          20 system.core: misses: page 36",
    ]
    assert len(said.out.splitlines()) == 4


def test_debug_to_a_file(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--debug", "system.core=hits,misses@..20", "--debug-file", "trace.txt")
    assert said.code == 0
    assert Path("trace.txt").read_text().count("\n") == 2


def test_every_problem_is_in_one_report(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--set", "system.core.tlb.entries=9999", "--set", "system.core.lenght=5")
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("ConfigError: 2 problems in this configuration\n")
    assert "system.core.tlb.entries = '9999'" in said.err
    assert "at: command line" in said.err
    assert "did you mean: system.core.length" in said.err
    assert "Traceback" not in said.err


def test_traceback_on_request(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--set", "system.core.lenght=5", "--traceback")
    assert said.code == 2
    assert "Traceback" in said.err


USAGE = [
    (["--set", "system.core.length"], "--set system.core.length: expected path=value"),
    (["--debug", "system.cor=misses"], "did you mean system.core?"),
    (["--debug", "system.core=mises"], "did you mean misses?"),
    (["--debug", "system.core=misses@30..10"], "swap the two"),
    (["--debug", "system.core=misses@x..10"], "expected PATH=KINDS"),
    (["--debug-file", "x.txt"], "without --debug"),
    (["--references", "many"], "'many' is no whole number"),
    (["--references", "0"], "0 is not above 0"),
    (["--reference", "5"], "unrecognized arguments: --reference 5; did you mean --references?"),
    (["--refrences=5"], "unrecognized arguments: --refrences=5; did you mean --references?"),
    (["--quick"], "unrecognized arguments: --quick\n"),
    (["--table", "system.croe"], "no statistic is called 'system.croe'; did you mean 'system.core'?"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_a_wrong_command_line_is_exit_code_2(
    simobjects: Command, config: str, arguments: list[str], message: str
) -> None:
    said = simobjects("run", config, *arguments)
    assert said.code == 2
    assert message in said.err
    assert not list(Path().glob("runs/*"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("core.length", "did you mean: system.core.length"),
        ("system.cor.length", "did you mean: system.core.length"),
        ("system.host.scheme", "fix: name one of the machine's objects: system, "),
    ],
)
def test_a_path_that_is_not_there(simobjects: Command, config: str, path: str, message: str) -> None:
    """The nearest path is named only if its last name is alike: much of a long path always is."""
    said = simobjects("run", config, "--set", f"{path}=5")
    assert said.code == 2
    assert message in said.err


SCRIPTS = [
    ("x = 1\n", "config.py: binds no machine; write `system = System(...)`"),
    ("system = 5\n", "config.py: `system` is of type int"),
    ("x = 1\ny = undefined\n", "config.py:2: NameError: name 'undefined' is not defined"),
    ("def f():\n    return 1 / 0\n\nf()\n", "config.py:2: ZeroDivisionError"),
    ("x = (\n", "config.py:1: SyntaxError"),
    ("import sys\nsys.exit(3)\n", "config.py:2: the script ends the program"),
    ("import no_such_module\n", "config.py:1: ModuleNotFoundError"),
    ("from simobjects.framework import System\nsystem = System()\n", "one object that drives it; there is none"),
]


@pytest.mark.parametrize(("text", "message"), SCRIPTS)
def test_a_script_without_a_machine_is_exit_code_2(simobjects: Command, text: str, message: str) -> None:
    Path("config.py").write_text(text)
    said = simobjects("run", "config.py")
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_missing_script(simobjects: Command) -> None:
    assert "nowhere.py: does not exist" in simobjects("run", "nowhere.py").err
    assert ".: is a folder" in simobjects("run", ".").err


def test_the_out_folder_cannot_be_made(simobjects: Command, config: str) -> None:
    Path("file").write_text("")
    said = simobjects("run", config, "--out", "file")
    assert said.code == 2
    assert "file" in said.err


def test_help_names_the_exit_codes(simobjects: Command) -> None:
    for command in ([], ["run"], ["sweep"], ["compare"], ["trace", "info"]):
        said = simobjects(*command, "--help")
        assert said.code == 0
        assert "130  stopped by Ctrl-C" in said.out
    assert simobjects().code == 2
    assert simobjects("--version").out.startswith("simobjects ")


def test_a_step_where_no_console_has_a_script(simobjects: Command, config: str) -> None:
    where = ("--checkpoint", "p", "--at-step", "prompt")
    said = simobjects("run", config, *where)
    assert (said.code, said.err) == (2, "simobjects: --at-step prompt: no console has a script; leave it out\n")
    said = simobjects("run", ROOT / "configs" / "examples" / "program_guest.py", *where)
    assert said.code == 2
    assert "no console has a script; give system.board.uart0.script" in said.err
