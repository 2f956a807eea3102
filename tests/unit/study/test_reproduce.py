# SPDX-License-Identifier: BSD-3-Clause
"""A study run again by somebody else: what is equal is said to be, and what is not is found."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from simobjects.base.errors import InputError, UsageError
from simobjects.cli import main
from simobjects.study.executors.local import LocalProcesses, Reporter
from simobjects.study.reproduce import FirstPart, Outcome, Remade, reproduce
from simobjects.study.task import Task
from tests.helpers.reported import swept

SIZES, MODES = "system.core.tlb.entries=8,16", "system.core.mode=good,raise"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of four points, of which two fail."""
    return swept(tmp_path_factory.mktemp("original"), SIZES, MODES, length=200)


@pytest.fixture
def study(original: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(original, tmp_path / "study"))


def again(study: Path, name: str = "again", **options: object) -> Outcome:
    return reproduce(study, study.parent / name, executor=LocalProcesses(1), **options)  # type: ignore[arg-type]


def test_all_is_equal(study: Path) -> None:
    heard: list[FirstPart | Remade] = []
    outcome = again(study, tell=heard.append)
    assert outcome.equal and not outcome.interrupted
    assert len(outcome.points) == 4 and [each.name for each in outcome.tables] == [
        "points.csv", "sweep.csv", "sweep.parquet", "sweep.svg",
    ]  # fmt: skip
    assert isinstance(heard[0], FirstPart) and heard[0].of == 4
    assert [each for each in heard[1:] if isinstance(each, Remade)] == [*outcome.points, *outcome.tables]
    assert {each.expected for each in outcome.points if each.expected == "failed"} == {"failed"}
    assert all(each.expected == each.got for each in outcome.points)
    assert outcome.seconds > 0 and outcome.memory > 20_000_000 and outcome.disk > 10_000


def runs(study: Path) -> list[Path]:
    """The run directories, those of the points that did not fail."""
    return sorted(file.parent for file in study.glob("*/run.json"))


@pytest.mark.parametrize("name", ["stats.csv", "run.json"])
def test_an_edited_run_is_found(study: Path, name: str) -> None:
    place = runs(study)[0] / name
    place.write_bytes(place.read_bytes().replace(b"1", b"2", 1) + b" ")
    outcome = again(study, everything=False)
    assert not outcome.equal
    (wrong,) = [each for each in outcome.points if not each.equal]
    assert f"not as it was written: {name} is not as the run wrote it" in wrong.differs
    assert wrong.expected == "damaged" and wrong.got != "damaged"


def test_a_run_with_other_numbers_under_a_record_that_fits_is_found(study: Path) -> None:
    """Who forges the record too is found all the same: the numbers come out otherwise here."""
    from hashlib import sha256

    from simobjects.study import record

    run = runs(study)[0]
    known = record.read_record(run)
    forged = (run / "stats.csv").read_bytes().replace(b"lookups,,lookup,200", b"lookups,,lookup,201")
    assert forged != (run / "stats.csv").read_bytes()
    (run / "stats.csv").write_bytes(forged)
    files = {**known.files, "stats.csv": sha256(forged).hexdigest()}
    (run / "run.json").write_bytes(record.record_text(record.Record(**{**vars(known), "files": files})))
    (wrong,) = [each for each in again(study, everything=False).points if not each.equal]
    assert set(wrong.differs) == {"stats.csv", "run.json"}


def test_without_run_directories_the_rows_count(study: Path) -> None:
    for run in runs(study):
        shutil.rmtree(run)
    shutil.rmtree(study / "points")
    text = (study / "sweep.csv").read_text()
    lines = text.splitlines()
    lines[5] = f"{lines[5]}1"
    (study / "sweep.csv").write_text("\n".join(lines) + "\n")
    outcome = again(study, "second")
    assert [each.differs for each in outcome.points if not each.equal] == [("rows of sweep.csv",)]
    assert [each.name for each in outcome.tables if not each.equal] == ["sweep.csv"]
    (study / "sweep.csv").unlink()
    missing = again(study, "third", everything=False)
    lacking = "neither its run nor its rows in sweep.csv are there"
    assert all(lacking in each.differs[0] for each in missing.points if not each.equal)
    assert sum(not each.equal for each in missing.points) == 2


def test_another_machine_or_another_ending_is_found(study: Path, original: Path) -> None:
    table = (study / "points.csv").read_text()
    run = runs(study)[0]
    run.rename(run.with_name("0123456789ab"))
    (study / "points.csv").write_text(table.replace(run.name, "0123456789ab").replace(",failed,", ",watchdog,", 1))
    wrong = [each.differs for each in again(study, everything=False).points if not each.equal]
    assert (f"another machine: run 0123456789ab became {run.name}",) in wrong
    assert any("watchdog became failed" in each for each in wrong)


def test_parquet_of_another_installation_has_the_same_numbers(study: Path) -> None:
    import pyarrow.parquet as parquet

    table = parquet.read_table(study / "sweep.parquet")
    parquet.write_table(table.replace_schema_metadata({"simobjects": "{}"}), study / "sweep.parquet")
    outcome = again(study)
    assert outcome.equal
    assert "the same rows" in outcome.tables[2].remark
    parquet.write_table(table.slice(1), study / "sweep.parquet")
    assert [each.name for each in again(study, "second").tables if not each.equal] == ["sweep.parquet"]


def test_an_edited_figure_is_found_unless_another_version_drew_it(study: Path) -> None:
    figure, plan = study / "sweep.svg", study / "study.json"
    figure.write_bytes(figure.read_bytes().replace(b"</svg>", b"<!-- mine --></svg>"))
    outcome = again(study)
    assert [each.name for each in outcome.tables if not each.equal] == ["sweep.svg"] and not outcome.equal
    facts = json.loads(plan.read_bytes())
    facts["provenance"]["packages"]["matplotlib"] = "2.0"
    plan.write_text(json.dumps(facts))
    outcome = again(study, "second")
    assert outcome.equal and not outcome.tables[-1].judged
    assert outcome.tables[-1].remark.startswith("drawn by matplotlib 2.0, here by ")
    figure.unlink()
    assert again(study, "third").tables[-1].differs == ("it is missing",)


def test_points_that_the_study_has_not_run_are_not_compared(study: Path) -> None:
    text = (study / "points.csv").read_text().splitlines()
    text[1] = ",8,good,pending,"
    (study / "points.csv").write_text("\n".join(text) + "\n")
    outcome = again(study, everything=False)
    assert outcome.without == 1 and outcome.equal


def test_the_script_may_lie_elsewhere_but_must_be_the_same(study: Path, original: Path, tmp_path: Path) -> None:
    facts = json.loads((study / "study.json").read_bytes())
    script = Path(facts["script"])
    facts |= {"script": "/nowhere/timed.py", "folder": "/nowhere"}
    (study / "study.json").write_text(json.dumps(facts))
    with pytest.raises(
        InputError, match=r"nowhere/timed\.py: the script of the study is not here; say where it is with"
    ):
        again(study)
    moved = Path(shutil.copy(script, tmp_path / "elsewhere.py"))
    elsewhere = again(study, script=moved, folder=tmp_path)
    assert elsewhere.equal and elsewhere.tables[-1].name == "sweep.svg", "which is headed by the script's first name"
    moved.write_text(moved.read_text() + "\n")
    with pytest.raises(InputError, match="is not the script of the study, whose SHA-256 is"):
        again(study, "second", script=moved)


@pytest.mark.parametrize("text", ["", "run,a\n", "\x00", "run,system.core.tlb.entries,system.core.mode,status,error\n"])
def test_a_damaged_table_of_points_is_refused(study: Path, text: str) -> None:
    (study / "points.csv").write_text(text)
    with pytest.raises(InputError, match="make it again: simobjects collect"):
        again(study)
    (study / "points.csv").unlink()
    with pytest.raises(InputError, match="simobjects collect makes the tables"):
        again(study)


def test_only_an_empty_folder_is_taken(study: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "note").touch()
    with pytest.raises(UsageError, match="is not empty; remove it"):
        again(study)


class Stopping(LocalProcesses):
    """Ctrl-C after the first point."""

    def run(self, tasks: Sequence[Task], report: Reporter, stop: threading.Event) -> None:
        LocalProcesses(1).run(tasks[:1], report, stop)
        stop.set()


def test_ctrl_c_ends_it_with_what_there_is(study: Path) -> None:
    outcome = reproduce(study, study.parent / "again", executor=Stopping(1))
    assert outcome.interrupted and len(outcome.points) == 1 and not outcome.tables


def test_the_first_part_takes_about_as_long_as_it_may(study: Path) -> None:
    for note in (study / "points").rglob("*.json"):
        facts = json.loads(note.read_bytes())
        note.write_text(json.dumps({**facts, "seconds": 30.0, "run": facts["run"] or "x"}))
    parts: list[FirstPart] = []
    again(
        study,
        everything=False,
        seconds=60.0,
        tell=lambda what: parts.append(what) if isinstance(what, FirstPart) else None,
    )
    assert parts == [FirstPart(points=2, of=4, seconds=60.0)]


def test_the_command(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = study.parent / "here"
    assert main(["reproduce", str(study), "--out", str(out), "--jobs", "1"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].split() == ["expected", "got", "equal", "what"]
    assert said.out.count("  yes    ") == 8
    assert "4 of 4 points are equal by byte\nof the tables and the figure 4 of 4 are equal\n" in said.out
    assert "MB of memory at most in one process" in said.out
    assert main(["reproduce", str(study), "--out", str(out)]) == 2
    (runs(study)[0] / "stats.txt").write_text("1")
    assert main(["reproduce", str(study), "--part", "--jobs", "1"]) == 1
    assert "stats.txt is not as the run wrote it" in capsys.readouterr().out
    assert (study.parent / "study-reproduced").is_dir()
