# SPDX-License-Identifier: BSD-3-Clause
"""Whole sweeps of the fake machine: the same bytes for any number of workers, resumed or not; failures; skipping."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from simobjects.base.errors import InputError
from simobjects.base.later import homes
from simobjects.study.checks import CheckError
from simobjects.study.execute import Limits
from simobjects.study.executors.local import LocalProcesses
from simobjects.study.figures import Figure
from simobjects.study.metric import PlotError
from simobjects.study.plan import Sweep, read_plan
from simobjects.study.space import Point, parse_space
from simobjects.study.store import StoreError
from simobjects.study.sweep import SweepOutcome, collect, run_sweep
from simobjects.study.task import Result
from simobjects.study.whereabouts import here

CONFIG = Path(__file__).parents[2] / "helpers" / "fake_config.py"
TABLES = ("points.csv", "sweep.csv", "sweep.parquet", "sweep.svg")
SIZES = "system.core.tlb.entries=8..32:x2"


def plan(out: Path, *overs: str, **more: object) -> Sweep:
    made = Sweep(CONFIG, parse_space(overs or (SIZES,)), out, fixed={"system.core.length": "500"})
    return replace(made, **more)  # type: ignore[arg-type]


def jobs(number: int) -> LocalProcesses:
    return LocalProcesses(number)


def tables(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in TABLES]


def statuses(outcome: SweepOutcome) -> list[str]:
    return [result.status for _, result in outcome.results]


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    overs = (SIZES, "system.core.mode=good,watchdog,raise")
    for number in (1, 2):
        run_sweep(plan(tmp_path / str(number), *overs), executor=jobs(number))
    assert tables(tmp_path / "1") == tables(tmp_path / "2")


def test_done_points_are_skipped_and_the_tables_stay_the_same(tmp_path: Path) -> None:
    first = run_sweep(plan(tmp_path))
    before = tables(tmp_path)
    seen: list[Result] = []
    second = run_sweep(plan(tmp_path), lambda point, result: seen.append(result))
    assert not any(result.skipped for _, result in first.results)
    assert all(result.skipped for result in seen)
    assert statuses(second) == ["done"] * 3
    assert tables(tmp_path) == before


def test_a_wider_sweep_runs_only_what_is_new(tmp_path: Path) -> None:
    run_sweep(plan(tmp_path))
    outcome = run_sweep(plan(tmp_path, "system.core.tlb.entries=8..64:x2"))
    assert [result.skipped for _, result in outcome.results] == [True, True, True, False]


def test_runs_to_other_ends_lie_side_by_side(tmp_path: Path) -> None:
    run_sweep(plan(tmp_path))
    before = tables(tmp_path)
    outcome = run_sweep(plan(tmp_path, limits=Limits(references=100)))
    assert not any(result.skipped or result.note for _, result in outcome.results)
    run = tmp_path / outcome.results[0][1].run
    assert json.loads((run / "run.json").read_text())["reference"] == 100
    assert run.name.endswith("-100refs")
    outcome = run_sweep(plan(tmp_path))
    assert all(result.skipped for _, result in outcome.results)
    assert tables(tmp_path) == before


HARMS: dict[str, Callable[[bytes], bytes | None]] = {
    "removed": lambda whole: None,
    "emptied": lambda whole: b"",
    "cut off": lambda whole: whole[: len(whole) // 2],
    "longer": lambda whole: whole + b" ",
    "no UTF-8": lambda whole: whole[:-4] + b"\xff\xfe" + whole[-2:],
    "a digit": lambda whole: whole.translate(bytes.maketrans(b"56789", b"67895")),
    "nested": lambda whole: b"[" * 100_000,
}


@pytest.mark.parametrize("name", ["run.json", "stats.csv", "stats.json", "stats.txt", "config.json", "events.jsonl"])
def test_a_point_with_a_changed_file_is_run_again_and_the_file_named(tmp_path: Path, name: str) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.tlb.entries=8,16"))
    before = tables(tmp_path)
    file = tmp_path / outcome.results[1][1].run / name
    whole = file.read_bytes()
    for harm in HARMS if name in ("run.json", "stats.csv") else ("removed", "a digit"):
        changed = HARMS[harm](whole)
        file.unlink()
        if changed is not None:
            file.write_bytes(changed)
        outcome = run_sweep(plan(tmp_path, "system.core.tlb.entries=8,16"))
        assert [result.skipped for _, result in outcome.results] == [True, False]
        what = "is missing" if changed is None else "is not as the run wrote it"
        assert [result.note for _, result in outcome.results] == ["", f"{name} {what}"]
        assert statuses(outcome) == ["done", "done"]
        assert tables(tmp_path) == before
        assert file.read_bytes() == whole


def test_a_record_edited_with_its_files_digest_is_found_too(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.mode=good,watchdog"))
    assert statuses(outcome) == ["done", "watchdog"]
    record = tmp_path / outcome.results[1][1].run / "run.json"
    record.write_text(record.read_text().replace('"watchdog"', '"end of workload"'))
    outcome = run_sweep(plan(tmp_path, "system.core.mode=good,watchdog"))
    assert statuses(outcome) == ["done", "watchdog"]
    assert outcome.results[1][1].note == "run.json is not as the run wrote it"


@pytest.mark.parametrize("what", ["file", "link", "folder of another run", "folder in place of a file"])
def test_whatever_lies_in_the_place_of_a_run_is_replaced(tmp_path: Path, what: str) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.tlb.entries=8,16"))
    before = tables(tmp_path)
    one, other = (tmp_path / result.run for _, result in outcome.results)
    if what == "folder in place of a file":
        (one / "stats.csv").unlink()
        (one / "stats.csv").mkdir()
    else:
        shutil.rmtree(one)
    if what == "file":
        one.write_text("mine")
    elif what == "link":
        one.symlink_to(tmp_path / "nowhere")
    elif what == "folder of another run":
        shutil.copytree(other, one)
    outcome = run_sweep(plan(tmp_path, "system.core.tlb.entries=8,16"))
    assert statuses(outcome) == ["done", "done"]
    assert bool(outcome.results[0][1].note)
    assert tables(tmp_path) == before


def test_a_table_that_is_changed_while_the_sweep_runs_is_not_read(tmp_path: Path) -> None:
    def meddle(point: Point, result: Result) -> None:
        table = tmp_path / result.run / "stats.csv"
        table.write_bytes(table.read_bytes().replace(b"1", b"2"))

    with pytest.raises(StoreError, match=r"stats\.csv is not as the run wrote it: something changed it while"):
        run_sweep(plan(tmp_path, "system.core.tlb.entries=8"), meddle)
    assert run_sweep(plan(tmp_path, "system.core.tlb.entries=8")).results[0][1].note


def test_a_failing_point_is_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.mode=good,raise,die,watchdog"))
    assert statuses(outcome) == ["done", "failed", "failed", "watchdog"]
    errors = [result.error for _, result in outcome.results]
    assert re.match(r"\S*fake_machine\.py:\d+: ValueError: the machine is made to fail\n", errors[1])
    assert errors[2] == "the process of this point was ended by SIGABRT"
    assert [bool(result.log) for _, result in outcome.results] == [False, True, True, False]
    assert "Traceback" in Path(outcome.results[1][1].log).read_text()
    with (tmp_path / "points.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["error"] for line in lines] == errors
    assert len(outcome.failed) == 3
    with (tmp_path / "sweep.csv").open(newline="") as file:
        assert {line["run"] for line in csv.DictReader(file)} == {lines[0]["run"], lines[3]["run"]}


def test_all_values_are_checked_before_the_first_point_starts(tmp_path: Path) -> None:
    """Also the hundredth, whose machine is not built for it."""
    overs = ("system.core.tlb.entries=1..100:+1,0,5000", "system.core.mode=good,raise")
    with pytest.raises(CheckError) as caught:
        run_sweep(plan(tmp_path, *overs))
    text = str(caught.value)
    assert "of 204 points some cannot" in text
    assert "system.core.tlb.entries = '0'" in text
    assert "system.core.tlb.entries = '5000'" in text
    assert "expected: an integer from 1 to 4096" in text
    assert not (tmp_path / "points").exists()


def test_a_misspelt_axis_starts_no_point(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"fix: write system\.core\.tlb\.entries"):
        run_sweep(plan(tmp_path, "system.core.tlb.entires=8,16"))
    assert not (tmp_path / "points").exists()


def test_an_axis_that_changes_no_statistic_is_reported(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, SIZES, "system.core.pause_us=0,1"))
    assert outcome.idle == ("system.core.pause_us",)
    assert run_sweep(plan(tmp_path)).idle == ()


def test_a_point_that_is_killed_says_what_to_try(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.mode=kill,good"))
    assert statuses(outcome) == ["failed", "done"]
    assert outcome.results[0][1].error == (
        "the process of this point was ended by SIGKILL; perhaps the memory was used up: try fewer --jobs"
    )


def test_the_long_table(tmp_path: Path) -> None:
    run_sweep(plan(tmp_path))
    table = parquet.read_table(tmp_path / "sweep.parquet")
    assert table.column_names == [
        "run", "system.core.tlb.entries", "window", "path", "stat", "index", "unit", "value",
    ]  # fmt: skip
    with (tmp_path / "sweep.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert table.num_rows == len(lines)
    assert list(dict.fromkeys(table["system.core.tlb.entries"].to_pylist())) == [8, 16, 32]
    for line, row in zip(lines, table.to_pylist(), strict=True):
        assert {key: value for key, value in line.items() if key not in ("value", "system.core.tlb.entries")} == {
            key: value for key, value in row.items() if key not in ("value", "system.core.tlb.entries")
        }
        assert float(line["value"]) == row["value"]


def test_two_points_that_are_one_machine_share_the_run(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.pause_us=0,1"), executor=jobs(2))
    assert statuses(outcome) == ["done", "done"]
    assert len({result.run for _, result in outcome.results}) == 1


def test_the_plot_shows_any_statistic(tmp_path: Path) -> None:
    run_sweep(plan(tmp_path))
    default = (tmp_path / "sweep.svg").read_bytes()
    outcome = run_sweep(plan(tmp_path, figure=Figure.parse("system.core.tlb.kinds[odd]")))
    assert (tmp_path / "sweep.svg").read_bytes() != default
    assert outcome.plot_problem == ""
    outcome = run_sweep(plan(tmp_path, figure=Figure.parse("system.core.tlb.misses"), window="roi"))
    assert "no statistic system.core.tlb.misses in the window 'roi'" in outcome.plot_problem
    assert not (tmp_path / "sweep.svg").exists()
    assert [file.name for file in outcome.files] == ["points.csv", "sweep.csv", "sweep.parquet"]


def test_whoever_collects_draws_what_the_sweep_draws_unless_told_otherwise(tmp_path: Path) -> None:
    shares = Figure("share", "system.core.tlb.kinds", where={"system.core.tlb.entries": ("8", "16")})
    run_sweep(plan(tmp_path, figure=shares, window="total", title="Mine"))
    picture = tmp_path / "sweep.svg"
    drawn = picture.read_bytes()
    assert b"Mine" in drawn
    picture.unlink()
    collect(tmp_path)
    assert picture.read_bytes() == drawn
    collect(tmp_path, Figure.parse("system.core.tlb.kinds[odd]"))
    other = picture.read_bytes()
    assert other != drawn and b"Mine" in other
    kept = read_plan(tmp_path)
    assert kept.sweep.window == "total" and kept.provenance["script_sha256"] == kept.sweep.script_sha256
    with pytest.raises(PlotError, match="no statistic nothing"):
        collect(tmp_path, Figure.parse("nothing"))
    assert picture.read_bytes() == other
    collect(tmp_path)
    assert picture.read_bytes() == other


@pytest.mark.parametrize("figure", [{"kind": "pie"}, {"stat": 3}, {"where": []}, {"kind": None}, {"more": ""}, 7])
def test_a_damaged_figure_in_the_plan_is_refused(tmp_path: Path, figure: object) -> None:
    run_sweep(plan(tmp_path, "system.core.tlb.entries=8"))
    facts = json.loads((tmp_path / "study.json").read_bytes())
    facts["figure"] = {**Figure().as_json(), **figure} if isinstance(figure, dict) else figure
    (tmp_path / "study.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"study\.json: is damaged .*the same sweep again writes it anew"):
        collect(tmp_path)


def test_what_is_to_be_drawn_is_looked_at_before_the_first_point(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match=r"no statistic system\.core\.tlb\.mises; did you mean .*misses"):
        run_sweep(plan(tmp_path, figure=Figure.parse("system.core.tlb.mises")))
    assert not list(tmp_path.glob("*/run.json"))


def test_no_numeric_parameter_gives_tables_without_a_curve(tmp_path: Path) -> None:
    outcome = run_sweep(plan(tmp_path, "system.core.mode=good,better"))
    assert statuses(outcome) == ["done", "done"]
    assert "none of the swept parameters takes several numeric values" in outcome.plot_problem


def test_a_script_named_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"from pathlib import Path\nimport sys\nsys.path.append({str(CONFIG.parent)!r})\n"
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Path("script.py").write_text(text + CONFIG.read_text().replace("5000", "50"))
        outcome = run_sweep(Sweep(Path("script.py"), parse_space([SIZES]), Path("out")))
        assert statuses(outcome) == ["done"] * 3, outcome.results
        assert (tmp_path / name / "out" / "sweep.csv").is_file()


def test_results_are_reported_as_they_come(tmp_path: Path) -> None:
    seen: list[tuple[Point, Result]] = []
    run_sweep(plan(tmp_path), lambda point, result: seen.append((point, result)), jobs(2))
    assert sorted(point.index for point, _ in seen) == [0, 1, 2]
    assert {point.index: result.key for point, result in seen} == {
        index: task.key for index, task in enumerate(plan(tmp_path).tasks())
    }


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_an_interrupted_sweep_left_half_written_is_removed(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """If its writer is gone: not what a process writes that runs, nor one of another computer."""
    me = here()
    dead = replace(me, born=me.born + 1)
    gone, mine, far = (
        tmp_path / f".partial-abc-1000refs-{who.name}-00" for who in (dead, me, replace(dead, realm="0ther"))
    )
    for partial in (gone, mine, far):
        make(partial)
    run_sweep(plan(tmp_path))
    assert sorted(tmp_path.glob(".partial*")) == sorted([mine, far])
    os.utime(far, (0, 0))
    run_sweep(plan(tmp_path))
    assert list(tmp_path.glob(".partial*")) == [mine]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written to"):
        run_sweep(plan(tmp_path / "file"))


def test_the_workers_have_what_scripts_import(tmp_path: Path) -> None:
    """The server that forks them has imported it; otherwise every point would spend its time on that again."""
    script, seen = tmp_path / "looks.py", tmp_path / "seen"
    look = f"import sys\nopen({str(seen)!r}, 'w').write(' '.join(sys.modules))\n"
    script.write_text(f"{look}sys.path.insert(0, {str(CONFIG.parent)!r})\n{CONFIG.read_text()}")
    run_sweep(replace(plan(tmp_path / "out"), config=script))
    assert set(homes("simobjects").values()) <= set(seen.read_text().split())
