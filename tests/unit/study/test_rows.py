# SPDX-License-Identifier: BSD-3-Clause
"""Points of which some statistics are kept: one file each, whole or run again, whatever happens to it."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from simobjects.base.errors import InputError
from simobjects.framework import Event, EventKind
from simobjects.study import row, store
from simobjects.study.config_script import build
from simobjects.study.execute import Limits, run_to_end
from simobjects.study.figures import Course
from simobjects.study.plan import Sweep
from simobjects.study.reproduce import reproduce
from simobjects.study.run_task import run_task
from simobjects.study.space import Point
from simobjects.study.store import StoreError, find_run, run_name, write_run
from simobjects.study.sweep import collect, run_sweep
from simobjects.study.task import Result
from simobjects.study.written import place_of, written
from tests.helpers.studied import CONFIG, one, sizes, tables

run_task_module = import_module("simobjects.study.run_task")
KEEP = ("*.misses", "*.references")


def kept(out: Path, spec: str = "8,16") -> Sweep:
    return replace(sizes(out, spec), keep=KEEP)


def rows(out: Path) -> list[Path]:
    return sorted(out.glob("*-kept-*"))


def table_of(place: Path) -> list[bytes]:
    """A row without the line that says when and where it was made."""
    record, _, *table = place.read_bytes().splitlines()
    return [record, *table]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of two rows."""
    out = tmp_path_factory.mktemp("made")
    run_sweep(kept(out), executor=one())
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def test_every_byte_that_the_record_answers_for_is_checked(made: Path, tmp_path: Path) -> None:
    place = rows(made)[0]
    config_hash = written(place).record.config_hash
    content = place.read_bytes()
    first = content.index(b"\n")
    second = content.index(b"\n", first + 1)
    copy = tmp_path / place.name
    for at, byte in enumerate(content):
        if first + 2 < at < second:
            continue  # where the numbers come from, for which no record of a run answers
        copy.write_bytes(content[:at] + bytes([byte ^ 1]) + content[at + 1 :])
        assert find_run(copy, config_hash, Limits()).changed, at
    for end in range(0, len(content), 7):
        copy.write_bytes(content[:end])
        assert find_run(copy, config_hash, Limits()).changed, end
    copy.write_bytes(content)
    assert find_run(copy, config_hash, Limits()).record == written(place).record
    assert find_run(copy, config_hash[::-1], Limits()).changed == "it is the run of another machine"


def replaced(before: bytes, after: bytes) -> Callable[[Path], object]:
    def edit(place: Path) -> None:
        content = place.read_bytes()
        assert before in content
        place.write_bytes(content.replace(before, after, 1))

    return edit


def instead(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def edit(place: Path) -> None:
        place.unlink()
        make(place)

    return edit


DAMAGE = [
    (replaced(b"misses,,", b"misses,1,"), "the table in {} is not as the run wrote it"),
    (replaced(b'"ended"', b'"endet"'), "{} is not as the run wrote it"),
    (replaced(b'"format": 3', b'"format": 2'), "{} is in format 2, and this version reads 3"),
    (instead(lambda place: place.write_bytes(b"")), "{} is no row of a sweep"),
    (instead(lambda place: place.write_bytes(b"# " + b"[" * 100_000 + b"\n# {}\n")), "{} is not as the run wrote it"),
    (instead(lambda place: place.write_bytes(b"# " + b"1" * 9_000 + b"\n# {}\n")), "{} is not as the run wrote it"),
    (instead(lambda place: place.write_bytes(b"# \xff\n# {}\n")), "{} is not as the run wrote it"),
    (instead(lambda place: place.write_bytes(b"# " + b" " * (2 << 20) + b"\n# {}\n")), "{} is no row of a sweep"),
    (instead(os.mkfifo), "{} is no file"),
    (instead(lambda place: place.symlink_to("/dev/zero")), "{} is no file"),
    (instead(lambda place: place.symlink_to("nowhere")), "{} is missing"),
    (instead(Path.mkdir), "run.json is missing"),
    (lambda place: os.truncate(place, 1 << 40), f"{{}} cannot be read (More than {row.LARGEST} bytes)"),
]


@pytest.mark.parametrize("number", range(len(DAMAGE)))
def test_what_is_not_as_it_was_written_is_run_again(out: Path, made: Path, number: int) -> None:
    damage, note = DAMAGE[number]
    place = rows(out)[0]
    damage(place)
    found = run_sweep(kept(out), executor=one())
    assert [result.status for _, result in found.results] == ["done", "done"]
    (again,) = [result for _, result in found.results if not result.skipped]
    assert again.note == note.format(place.name)
    assert table_of(place) == table_of(rows(made)[0]) and tables(out) == tables(made)
    assert not list(out.glob(".*"))


def test_a_row_that_changes_while_the_sweep_runs_is_not_read(tmp_path: Path) -> None:
    def meddle(point: Point, result: Result) -> None:
        place = place_of(tmp_path, result.run)
        place.write_bytes(place.read_bytes().replace(b"misses,,lookup,", b"misses,,lookup,1"))

    with pytest.raises(StoreError, match=r"the table in \S*-kept-\S*\.csv is not as the run wrote it: something chan"):
        run_sweep(kept(tmp_path, "8"), meddle, one())


def test_where_the_numbers_come_from_may_be_lost(out: Path) -> None:
    """As `provenance.json` of a run directory may be."""
    place = rows(out)[0]
    lines = place.read_bytes().split(b"\n")
    place.write_bytes(b"\n".join([lines[0], b"# ", *lines[2:]]))
    assert all(result.skipped for _, result in run_sweep(kept(out), executor=one()).results)
    assert written(place).provenance == b""


def test_a_folder_of_that_name_is_no_row(out: Path, made: Path) -> None:
    """Such as an earlier version has written."""
    for place in rows(out):
        place.unlink()
        place.with_suffix("").mkdir()
        (place.with_suffix("") / "run.json").write_text("{}")
    assert [result.status for _, result in collect(out).results] == ["pending", "pending"]
    found = run_sweep(kept(out), executor=one())
    assert [(result.status, result.note) for _, result in found.results] == [("done", "")] * 2
    assert tables(out) == tables(made)


def test_a_sweep_of_rows_can_be_run_again_by_somebody_else(out: Path, tmp_path: Path) -> None:
    assert reproduce(out, tmp_path / "again", executor=one()).equal
    place = rows(out)[0]
    place.write_bytes(place.read_bytes() + b"\n")
    outcome = reproduce(out, tmp_path / "third", executor=one(), everything=False)
    (wrong,) = [each for each in outcome.points if not each.equal]
    assert wrong.differs == (f"not as it was written: the table in {place.name} is not as the run wrote it",)
    for place in rows(out):
        place.unlink()
    assert reproduce(out, tmp_path / "without", executor=one()).equal, "the lines of sweep.csv are there"


def test_what_a_row_does_not_have_is_said(made: Path) -> None:
    with pytest.raises(InputError, match=r"stats\.json is missing: \S*\.csv is the row of a sweep"):
        Course.read(rows(made)[0])


def test_a_row_too_large_to_be_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = kept(tmp_path, "8").tasks()[0]
    monkeypatch.setattr(store, "LARGEST", 100)
    with pytest.raises(StoreError, match="bytes, and a row has 100 at most; keep fewer"):
        run_task(task)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert run_task(task).status == "done"


def test_several_may_write_and_read_one_row_at_a_time(tmp_path: Path) -> None:
    """Each finds nothing or the whole of it, of whomever it is."""
    simulation = build(CONFIG, {"system.core.length": "500"})
    last = run_to_end(simulation, Limits(), None)
    name = run_name(simulation.config_hash, Limits(), KEEP)
    places = [place_of(tmp_path / str(number), name) for number in range(40)]
    children = []
    for child in range(4):
        if (pid := os.fork()) == 0:
            code = 1
            try:
                for place in places:
                    assert not find_run(place, simulation.config_hash, Limits()).changed
                    write_run(simulation, place, Limits(), last, KEEP, str(child).encode() * 5_000)
                    assert len(set(written(place).provenance)) == 1
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    assert [list(place.parent.iterdir()) for place in places] == [[place] for place in places]


def test_a_row_is_a_table_that_others_read(made: Path) -> None:
    first, second, *table = rows(made)[0].read_text().splitlines()
    assert {line["stat"] for line in csv.DictReader(table)} == {"misses", "references"}
    record, provenance = (json.loads(line.removeprefix("# ")) for line in (first, second))
    assert record["ended"] == "end of workload" and {"host", "command", "commit"} <= set(provenance)


def test_a_row_of_a_guest_that_could_not_go_on_says_where_more_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: Any) -> Event:
        return replace(run_to_end(*given), kind=EventKind.FAILED)

    monkeypatch.setattr(run_task_module, "run_to_end", failing)
    task = kept(tmp_path, "8").tasks()[0]
    found = run_task(task)
    assert found.status == "failed"
    assert found.error == "the guest could not go on; events.jsonl says why when whole run directories are kept"
    whole = run_task(replace(task, keep=()))
    assert whole.error == "the guest could not go on; events.jsonl in its run directory says why"
    assert (tmp_path / whole.run / "events.jsonl").is_file()
