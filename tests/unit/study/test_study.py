# SPDX-License-Identifier: BSD-3-Clause
"""Studies from Python: machines that functions make, results as tables, suites, how far one is."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pyarrow.parquet as parquet
import pytest

from simobjects.base.errors import InputError, SimObjectsError, UsageError
from simobjects.base.ranges import SpecError
from simobjects.study import Study, Suite, between, grid, replicates, sample, zipped
from simobjects.study.checks import CheckError
from simobjects.study.results import column_names
from simobjects.study.student import quantile
from simobjects.study.suite import Workload
from simobjects.study.sweep import run_sweep
from simobjects.study.table import metadata
from tests.helpers.commands import environment
from tests.helpers.studied import CONFIG, STUDY, one, sizes, tables

NAME = "system.core.tlb.entries"
FIXED = {"system.core.length": 500}


def rows(space: object) -> list[tuple[str, ...]]:
    return [tuple(point.values.values()) for point in space]  # type: ignore[attr-defined]


def test_spaces() -> None:
    assert rows(grid(a=[1, 2], b="x,y")) == [("1", "x"), ("1", "y"), ("2", "x"), ("2", "y")]
    assert rows(zipped(a="1..4:x2", b=[5, 6, 5])) == [("1", "5"), ("2", "6"), ("4", "5")]
    product = grid(a=[1, 2]) * zipped(b=[3, 4], c=[5, 6])
    assert rows(product) == [("1", "3", "5"), ("1", "4", "6"), ("2", "3", "5"), ("2", "4", "6")]
    left = product.where(lambda at: at["a"] == "1")
    assert rows(left) == [("1", "3", "5"), ("1", "4", "6")]
    assert left.axes[0].values == ("1",)
    assert rows(replicates("seed", 3)) == [("1",), ("2",), ("3",)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: zipped(a=[1], b=[1, 2]), "differ in length"),
        (lambda: zipped(a=[1, 1], b=[2, 2]), "a point is there twice"),
        (lambda: grid(a=[1, 1]), "a value is there twice"),
        (lambda: grid(a=[]), "has no values"),
        (lambda: grid(a=[1]) * grid(a=[2]), "a is swept twice"),
        (lambda: between(5, 5), "holds no numbers"),
        (lambda: sample(0, {"a": [1]}, seed=1), "draws no point"),
        (lambda: sample(1, {"a": [1]}, seed=1, method="latn"), "is no way to draw; write latin or random"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_space(make: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()  # type: ignore[operator]


def test_a_latin_hypercube_has_one_point_in_each_part() -> None:
    drawn = rows(sample(20, {"a": between(0.0, 20.0), "b": between(1, 1 << 20, log=True)}, seed=3))
    assert sorted(int(float(a)) for a, _ in drawn) == list(range(20))
    assert sorted(int(b).bit_length() - 1 for _, b in drawn) == pytest.approx(list(range(20)), abs=1)
    assert drawn == rows(sample(20, {"a": between(0.0, 20.0), "b": between(1, 1 << 20, log=True)}, seed=3))
    assert drawn != rows(sample(20, {"a": between(0.0, 20.0), "b": between(1, 1 << 20, log=True)}, seed=4))
    whole = [int(a) for (a,) in rows(sample(500, {"a": between(1, 4)}, seed=1, method="random"))]
    assert set(whole) == {1, 2, 3, 4}


def test_a_study_is_the_same_thing_as_a_sweep(tmp_path: Path) -> None:
    run_sweep(sizes(tmp_path / "sweep", "8,16"), executor=one())
    study = Study(CONFIG, grid({NAME: [8, 16]}), out=tmp_path / "study", fixed=FIXED)
    outcome = study.run(one())
    assert [result.status for _, result in outcome.results] == ["done", "done"]
    assert tables(tmp_path / "sweep") == tables(tmp_path / "study")


@pytest.mark.parametrize("guard", ["", 'if __name__ == "__main__":\n    '])
def test_a_machine_function_with_and_without_a_main_guard(tmp_path: Path, guard: str) -> None:
    (tmp_path / "mine.py").write_text(f"{STUDY}\n{guard}print(study.run().results[3][1].status)\n")
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, env=environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("done\n", "")
    table = parquet.read_table(tmp_path / "out" / "sweep.parquet")
    assert table.column_names[:3] == ["run", "entries", "pages"]
    assert set(table["pages"].to_pylist()) == {30, 60}


def test_a_machine_that_no_worker_could_make(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no function at the top level of a file"):
        Study(lambda: None, grid(a=[1]))
    names: dict[str, object] = {}
    exec(compile("def machine(a): pass", "<cell 3>", "exec"), names)
    with pytest.raises(UsageError, match=r"machine stands in no file \(<cell 3>\); write it into a file"):
        Study(names["machine"], grid(a=[1]))  # type: ignore[arg-type]
    script = tmp_path / "both.py"
    script.write_text(f"from simobjects.study import Study, grid\nStudy({str(CONFIG)!r}, grid(a=[1])).run()\n")
    with pytest.raises(CheckError, match="run it only under `if __name__"):
        Study(script, grid({NAME: [8]}), out=tmp_path / "o").run(one())
    with pytest.raises(CheckError, match="entries\n.*valid integer"):
        (tmp_path / "mine.py").write_text(STUDY)
        sys.path.insert(0, str(tmp_path))
        try:
            from mine import machine  # type: ignore[import-not-found]
        finally:
            sys.path.remove(str(tmp_path))
        Study(machine, grid(entries=["many"]), out=tmp_path / "o").run(one())


def test_results_are_tables_with_units_and_descriptions(tmp_path: Path) -> None:
    study = Study(CONFIG, grid({NAME: [8, 16], "system.core.pages": [30, 60]}), out=tmp_path, fixed=FIXED)
    with pytest.raises(InputError, match=r"holds no study\.json"):
        study.results.points()
    study.run(one())
    results = study.results
    assert results.points().select(["core_tlb_entries", "status"]).to_pylist()[2] == {
        "core_tlb_entries": 16, "status": "done",
    }  # fmt: skip
    wide = results.wide(["*.misses", "*.kinds"])
    assert wide.column_names == [
        "run", "core_tlb_entries", "core_pages", "core_tlb_misses", "core_tlb_kinds_even", "core_tlb_kinds_odd",
    ]  # fmt: skip
    assert wide.schema.field("core_tlb_kinds_odd").metadata == {
        b"path": b"system.core.tlb.kinds[odd]", b"unit": b"lookup", b"description": b"misses by kind",
    }  # fmt: skip
    kinds = [wide[f"core_tlb_kinds_{name}"].to_pylist() for name in ("even", "odd")]
    assert wide["core_tlb_misses"].to_pylist() == [sum(both) for both in zip(*kinds, strict=True)]
    long, file = results.long(), parquet.read_table(tmp_path / "sweep.parquet")
    assert long.drop_columns(["core_tlb_entries", "core_pages"]).equals(file)
    facts = metadata(file)
    assert facts["statistics"]["system.core.tlb.hit_rate"] == ["ratio", "share of look-ups that hit"]
    assert facts["provenance"]["script_sha256"] == hashlib.sha256(CONFIG.read_bytes()).hexdigest()
    assert {"commit", "python", "packages", "results_epoch"} <= set(facts["provenance"])


def test_provenance_is_beside_every_run_and_in_nothing_compared(tmp_path: Path) -> None:
    outcome = Study(CONFIG, grid({NAME: [8]}), out=tmp_path, fixed=FIXED).run(one())
    run = tmp_path / outcome.results[0][1].run
    facts = json.loads((run / "provenance.json").read_text())
    assert facts["command"] == f"simobjects run {CONFIG} --set system.core.length=500 --set {NAME}=8"
    assert {"host", "began", "ended", "commit", "kernels_compiler", "processor"} <= set(facts)
    assert "provenance.json" not in json.loads((run / "run.json").read_text())["files"]
    (run / "provenance.json").unlink()
    again = Study(CONFIG, grid({NAME: [8]}), out=tmp_path, fixed=FIXED).run(one())
    assert again.results[0][1].skipped


def test_the_command_in_the_provenance_makes_the_run_of_a_machine_function_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"{STUDY}\nstudy.run()\n")
    subprocess.run([sys.executable, "mine.py"], cwd=tmp_path, env=environment(), check=True)
    run = next((tmp_path / "out").glob("*/stats.csv")).parent
    command = shlex.split(json.loads((run / "provenance.json").read_text())["command"])
    assert command[0] == "python"
    subprocess.run([sys.executable, *command[1:]], cwd=tmp_path, env=environment(), check=True)
    assert (tmp_path / "run" / "stats.csv").read_bytes() == (run / "stats.csv").read_bytes()


def test_kept_statistics_only(tmp_path: Path) -> None:
    study = Study(CONFIG, grid({NAME: [8, 16]}), out=tmp_path, fixed=FIXED, keep=["*.misses"])
    outcome = study.run(one())
    assert len(list(tmp_path.glob("[0-9a-f]*"))) == 2, "a row is one file"
    record, made, *table = (tmp_path / f"{outcome.results[0][1].run}.csv").read_text().splitlines()
    assert json.loads(record.removeprefix("# "))["ended"] == "end of workload"
    command = f"simobjects run {CONFIG} --set system.core.length=500 --set {NAME}=8"
    assert json.loads(made.removeprefix("# "))["command"] == command
    assert [line.split(",")[3] for line in table] == ["stat", "misses"]
    assert set(study.results.long()["stat"].to_pylist()) == {"misses"}
    kept = study.results.long()
    whole = Study(CONFIG, grid({NAME: [8, 16]}), out=tmp_path / "whole", fixed=FIXED)
    whole.run(one())
    same = Study(CONFIG, grid({NAME: [8, 16]}), out=tmp_path / "whole", fixed=FIXED, keep=["*.misses"])
    assert all(result.skipped for _, result in same.run(one()).results), "a whole run has them too"
    assert same.results.long().drop_columns("run").equals(kept.drop_columns("run"))


def test_replicates_become_a_mean_with_its_interval(tmp_path: Path) -> None:
    """The size of the working set plays the seed."""
    space = grid({NAME: [8, 16]}) * replicates("system.core.pages", 4, first=37)
    study = Study(CONFIG, space, out=tmp_path, fixed=FIXED)
    study.run(one())
    metric = "system.core.tlb.misses"
    table = study.results.interval(metric, over="system.core.pages").to_pylist()
    values = study.results.values(metric)
    first = [float(value or 0) for value in values[:4]]
    half = 3.182446 * (sum((v - fmean(first)) ** 2 for v in first) / 3) ** 0.5 / 2  # t of 3 degrees, from a table
    assert [(row["core_tlb_entries"], row["n"]) for row in table] == [(8, 4), (16, 4)]
    assert table[0]["mean"] == pytest.approx(fmean(first))
    assert table[0]["high"] - table[0]["mean"] == pytest.approx(half, rel=1e-5)
    with pytest.raises(SimObjectsError, match="seed is no axis of this study; name one of: system"):
        study.results.interval(metric, over="seed")


@pytest.mark.parametrize(("share", "freedom", "t"), [(0.975, 1, 12.7062), (0.975, 9, 2.26216), (0.995, 30, 2.75000)])
def test_quantiles_as_in_printed_tables(share: float, freedom: int, t: float) -> None:
    assert quantile(share, freedom) == pytest.approx(t, abs=5e-5)


def test_annotations_may_name_what_the_file_imports(tmp_path: Path) -> None:
    """The file is executed, not imported, so that its names are where nobody else looks."""
    file = tmp_path / "chosen.py"
    text = STUDY.replace("import sys\n", "from __future__ import annotations\nimport sys\nfrom typing import Literal\n")
    text = text.replace("pages=40", "pages: Literal['30', '45'] = '30'").replace("pages=pages", "pages=int(pages)")
    file.write_text(text.replace('out="out"', f"out={str(tmp_path / 'out')!r}") + "study.run()\n")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, check=False)
    assert "Input should be '30' or '45'" in done.stderr, done.stderr
    assert "pages=60" in done.stderr and "pages=30" not in done.stderr, done.stderr


def test_a_suite_is_an_axis_whose_contents_are_checked(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    small, large = {"system.core.pages": "20"}, {"system.core.pages": "60", "system.core.length": "800"}
    workloads = [
        {"name": "small", "weight": 3, "set": small, "files": {"data": digest}},
        {"name": "large", "set": large},
    ]
    (tmp_path / "mine.json").write_text(json.dumps({"format": 1, "name": "mine", "workloads": workloads}))
    suite = Suite.load(tmp_path / "mine.json")
    study = Study(CONFIG, grid({NAME: [8, 16]}) * suite.axis(), out=tmp_path / "out")
    study.run(one())
    wide = study.results.wide("system.core.references")
    assert wide["workload"].to_pylist() == ["small", "large"] * 2
    assert wide["core_references"].to_pylist() == [5000, 800] * 2
    means = study.results.weighted("system.core.references", "workload", suite.weights)
    assert means.to_pylist() == [{"core_tlb_entries": size, "mean": (3 * 5000 + 800) / 4} for size in (8, 16)]
    (tmp_path / "data").write_text("y")
    with pytest.raises(InputError, match="the suite says"):
        Suite.load(tmp_path / "mine.json")
    with pytest.raises(InputError, match="did you mean traces"):
        Suite.load("trace")
    for name in ("traces", "bare-metal", "linux"):
        assert Suite.load(name).workloads


def test_a_suite_is_written_with_the_hashes_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    mine = Suite("mine", (Workload("one", {"a.trace": "{data}"}, 2.0, {"data": ""}),), tmp_path)
    assert Suite.load(mine.write()).workloads == (
        Workload("one", {"a.trace": "{data}"}, 2.0, {"data": hashlib.sha256(b"x").hexdigest()}),
    )
    (tmp_path / "data").unlink()
    with pytest.raises(InputError, match="data: cannot be read"):
        mine.write()
    with pytest.raises(InputError, match="cannot be written"):
        Suite("mine", (), tmp_path / "none").write()


def test_a_value_of_a_suite_may_be_one_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    workload = {"name": "mine", "set": {"a.trace": "{data}"}, "files": {"data": digest}}
    place = tmp_path / "mine.json"
    place.write_text(json.dumps({"format": 1, "name": "mine", "workloads": [workload]}))
    space = Suite.load(place).axis()
    assert [space.settings(point) for point in space] == [{"a.trace": str(tmp_path / "data")}]
    place.write_text(json.dumps({"format": 1, "name": "mine", "workloads": [workload, workload]}))
    with pytest.raises(InputError, match="two workloads of the name mine; rename one"):
        Suite.load(place)


def test_names_need_no_quoting() -> None:
    paths = ["system.host.exits[dtlb_v]", "system.host.exits.dtlb_v", "8.x", "workload", "system.host.tasks[0].every"]
    assert list(column_names(paths).values()) == [
        "host_exits_dtlb_v", "host_exits_dtlb_v_2", "_8_x", "workload", "host_tasks_0_every",
    ]  # fmt: skip


def test_a_study_that_runs_in_the_background_can_be_read(tmp_path: Path) -> None:
    fixed = {**FIXED, "system.core.pause_us": 20000}
    study = Study(CONFIG, grid({NAME: [8, 16, 32]}), out=tmp_path, fixed=fixed)
    running = study.start(one())
    seen = set()
    while running.is_alive():
        if (tmp_path / "study.json").exists():
            status = study.status()
            assert status.points == status.done + status.pending + len(status.running) + len(status.failed)
            seen.add((status.done, len(status.running)))
            assert study.results.wide().num_rows in (status.done, status.done + 1)
    running.join()
    assert study.status().finished
    assert any(count for _, count in seen), "somebody was seen at work"
    assert study.results.wide().num_rows == 3
