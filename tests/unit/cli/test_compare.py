# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects compare`: side by side, ratios, selection, damaged input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command


@pytest.fixture
def runs(simobjects: Command, config: str) -> list[str]:
    """Two runs that differ in one parameter."""
    return [simobjects("run", config, "--set", f"system.core.tlb.entries={n}").out.strip() for n in (16, 32)]


def row(text: str, name: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.startswith(name))


def test_side_by_side_with_ratios(simobjects: Command, runs: list[str]) -> None:
    said = simobjects("compare", *runs)
    assert said.code == 0
    assert row(said.out, "configuration") == ["configuration", *(Path(run).name for run in runs)]
    assert row(said.out, "system.core.tlb.entries") == ["system.core.tlb.entries", "16", "32"]
    assert row(said.out, "system.core.pages") == ["system.core.pages", "48", "96"]
    name, first, second, ratio, unit = row(said.out, "system.core.tlb.misses")
    assert f"{int(second) / int(first):.3f}" == ratio
    assert unit == "lookup"
    assert "system.core.tlb.lookups" not in said.out, "what is equal is not shown"


def test_all_and_patterns(simobjects: Command, runs: list[str]) -> None:
    assert row(simobjects("compare", *runs, "--all").out, "system.core.tlb.lookups")[3] == "1.000"
    said = simobjects("compare", *runs, "--stat", "system.core.tlb.kinds[*", "--stat", "*.lookups")
    assert [line.split()[0] for line in said.out.split("\n\n")[1].splitlines()[1:]] == [
        "system.core.tlb.lookups",
        "system.core.tlb.kinds[even]",
        "system.core.tlb.kinds[odd]",
    ]
    said = simobjects("compare", *runs, "--stat", "system.core.tlb.kinds")
    assert "kinds[odd]" in said.out, "the name of a vector selects its values"
    said = simobjects("compare", *runs, "--stat", "nothing*")
    assert said.code == 2
    assert "no statistic matches nothing*" in said.err


def test_three_runs_and_stats_json_itself(simobjects: Command, runs: list[str]) -> None:
    said = simobjects("compare", *runs, Path(runs[0], "stats.json"))
    assert said.code == 0
    assert len(row(said.out, "system.core.tlb.misses")) == 7


def test_equal_runs(simobjects: Command, runs: list[str]) -> None:
    said = simobjects("compare", runs[0], runs[0], "--fail-on-difference")
    assert said.code == 0
    assert "the configurations are equal" in said.out
    assert "every statistic of the window total is equal" in said.out


def test_a_difference_can_be_an_exit_code(simobjects: Command, runs: list[str]) -> None:
    assert simobjects("compare", *runs, "--fail-on-difference").code == 1
    assert simobjects("compare", *runs, "--fail-on-difference", "--stat", "*.lookups").code == 0


def test_bad_input_is_exit_code_3_and_names_the_file(simobjects: Command, runs: list[str]) -> None:
    stats = Path(runs[1], "stats.json")
    Path(runs[1], "run.json").unlink()  # with it, that they were changed is all that is said
    whole = stats.read_text()
    damaged = [
        (whole[:100], "damaged or cut off at line"),
        ("[]", "holds no statistics of a run"),
        (json.dumps({"format": 2}), "written in format 2"),
        (json.dumps({"format": 1, "windows": [{"label": "total", "stats": [{}]}]}), "holds no statistics of a run"),
        ("\x00", "damaged"),
    ]
    for text, message in damaged:
        stats.write_text(text)
        said = simobjects("compare", *runs)
        assert said.code == 3
        assert f"{stats}: " in said.err
        assert message in said.err
    stats.write_text(whole)
    Path(runs[1], "config.json").write_text('{"system": 5}')
    assert "holds no configuration" in simobjects("compare", *runs).err
    Path(runs[1], "config.json").unlink()
    assert "not all runs have a config.json" in simobjects("compare", *runs).out
    assert simobjects("compare", runs[0], "nowhere").code == 3
    said = simobjects("compare", runs[0], ".")
    assert said.code == 3
    assert ".: passed over: holds no stats.json" in said.err


def test_one_run_or_no_such_window(simobjects: Command, runs: list[str]) -> None:
    assert simobjects("compare", runs[0]).code == 2
    said = simobjects("compare", *runs, "--window", "roi")
    assert said.code == 3
    assert "has no window 'roi'; choose one of its own with --window: total" in said.err


def test_any_stats_json_gives_a_table_or_a_clear_error(simobjects: Command, runs: list[str]) -> None:
    stats = Path(runs[1], "stats.json")
    Path(runs[1], "run.json").unlink()
    whole = stats.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        stats.write_bytes(whole[:place] + b"\xff" + whole[place + 3 :])
        assert simobjects("compare", *runs).code in (0, 3)


EDITS = {
    "stats.json": lambda text: text.replace(b'"misses"', b'"Misses"'),
    "config.json": lambda text: text.replace(b"16", b"17"),
    "run.json": lambda text: text.replace(b"end of workload", b"watchdog"),
}


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("how", ["edited", "emptied", "cut off", "no UTF-8", "removed"])
def test_a_run_that_was_changed_is_not_compared(simobjects: Command, runs: list[str], name: str, how: str) -> None:
    file = Path(runs[0], name)
    whole = file.read_bytes()
    changed = {"edited": EDITS[name](whole), "emptied": b"", "cut off": whole[:-9], "no UTF-8": b"\xff\xfe" + whole}
    if how == "removed":
        if name == "run.json":
            pytest.skip("that only makes the others unchecked")
        file.unlink()
    else:
        assert changed[how] != whole
        file.write_bytes(changed[how])
    said = simobjects("compare", *runs)
    assert said.code == 3
    assert said.out == ""
    assert f"{runs[0]}: {name} is {'missing' if how == 'removed' else 'not as the run wrote it'}" in said.err


def test_rows_of_a_sweep_are_no_runs_to_compare(simobjects: Command, config: str, runs: list[str]) -> None:
    over = ["--over", "system.core.tlb.entries=8", "--keep", "*.misses", "--out", "swept"]
    assert simobjects("sweep", config, *over).code == 0
    (row_file,) = Path("swept").glob("*-kept-*.csv")
    said = simobjects("compare", *runs, row_file, "swept/points.csv")
    assert said.code == 0
    assert f"{row_file}: passed over: is a row of a sweep, without a stats.json; the numbers are in" in said.err
    assert "swept/points.csv: passed over: is neither a run directory nor" in said.err


def test_what_is_no_run_is_passed_over_by_name(simobjects: Command, runs: list[str]) -> None:
    whole = simobjects("compare", *runs)
    others = ["runs/empty", "runs/notes.txt", "runs/other.json", "runs/above"]
    Path("runs/empty").mkdir()
    Path("runs/notes.txt").write_bytes(b"\xffmine\n")
    Path("runs/other.json").write_text("{}")
    Path("runs/above").mkdir()
    Path(runs[1]).rename("runs/above/below")
    said = simobjects("compare", runs[0], *others, "runs/above/below")
    assert said.code == 0
    assert said.out.split() == whole.out.replace(Path(runs[1]).name, "below").split()
    for name in others:
        assert f"{name}: passed over: " in said.err
    assert "there are runs below it, such as runs/above/below" in said.err
    said = simobjects("compare", *others)
    assert said.code == 3
    assert "none of these is a run: nothing to compare" in said.err
    assert f"only {runs[0]} is a run" in simobjects("compare", runs[0], *others).err


def test_what_cannot_be_checked_is_said(simobjects: Command, runs: list[str]) -> None:
    assert "run.json" not in simobjects("compare", *runs).err
    Path(runs[1], "run.json").unlink()
    said = simobjects("compare", *runs)
    assert said.code == 0
    assert f"without a run.json, so whether they are as they were written is not known: {runs[1]}" in said.err
