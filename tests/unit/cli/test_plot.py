# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects plot` as a command, and runs in windows that it draws as a series."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from simobjects import Simulation
from simobjects.boards import busy_host
from simobjects.cli import main
from simobjects.framework import EventKind
from simobjects.study.execute import Limits, run_to_end
from simobjects.study.figures import Course, Figure, draw_series
from simobjects.study.metric import PlotError
from simobjects.study.windows import Every, run_in_windows
from tests.unit.cli.conftest import CONFIG, Command

OVER = ("--over", "system.core.tlb.entries=8,16,32", "--over", "system.core.mode=good,better")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep whose figure was a stack."""
    folder = tmp_path_factory.mktemp("swept")
    options = ("--set", "system.core.length=300", "--out", str(folder), "--plot", "stack:kinds")
    assert main(["sweep", str(CONFIG), *OVER, *options]) == 0
    return folder


@pytest.fixture
def sweep(simobjects: Command, swept: Path) -> None:
    """A copy of it in the current folder, as `s`."""
    shutil.copytree(swept, "s")


def test_a_sweep_is_drawn_again_in_other_ways(simobjects: Command, sweep: None) -> None:
    assert Path("s/sweep.svg").read_bytes().startswith(b"<?xml")
    said = simobjects("plot", "s", "stack:kinds")
    assert (said.code, said.out) == (0, "s/stack.svg\n")
    said = simobjects(
        "plot", "s", "misses", "--where", "mode=good", "-o", "new/one.pdf", "--width", "88mm", "--title", ""
    )
    assert said.code == 0
    assert Path("new/one.pdf").read_bytes().startswith(b"%PDF")
    said = simobjects("plot", "s", "even:misses", "--between", "good,better")
    assert said.err == "good and better do not cross\n"


WRONG = [
    (("s", "mises"), 2, "no statistic mises; did you mean misses?"),
    (("s", "--width", "wide"), 2, "--width: 'wide' is no length"),
    (("s", "-o", "a.jpg"), 2, "a.jpg: no form that a figure can have; end the name in .svg, .pdf or .png"),
    (("s", "--where", "mode"), 2, "--where mode: expected path=value"),
    (("nowhere",), 3, "nowhere: holds no study.json"),
    (("nowhere", "series"), 3, "nowhere: run.json is missing"),
    (("s", "series"), 3, "s: run.json is missing; name a run directory that `simobjects run --every` has made"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_what_cannot_be_drawn_is_refused_and_nothing_written(
    simobjects: Command, sweep: None, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = sorted(Path().rglob("*"))
    said = simobjects("plot", *arguments)
    assert said.code == code
    assert message in said.err
    assert sorted(Path().rglob("*")) == before


def test_a_run_in_windows_and_its_series(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--every", 1000, "--references", 4500)
    run = said.out.strip()
    assert said.code == 0 and run.endswith("-4500refs-every-1000refs")
    windows = json.loads(Path(run, "stats.json").read_text())["windows"]
    assert [window["label"] for window in windows] == ["total", *(f"every.{number}" for number in range(1, 6))]
    assert [window["end"]["reference"] for window in windows[1:]] == [1000, 2000, 3000, 4000, 4500]
    drawn = simobjects("plot", run, "series:kinds", "-o", "a.svg")
    assert drawn.code == 0
    assert (
        Path("a.svg").read_bytes() == (simobjects("plot", run, "series:kinds"), Path(run, "series.svg").read_bytes())[1]
    )
    assert simobjects("plot", run, "series:misses/references", "--x", "cycles").code == 0
    for wrong, message in (
        (("--x", "time"), "not time"),
        (("--y", "a"), "shows one run"),
        (("--window", "roi"), "every"),
    ):
        said = simobjects("plot", run, "series:kinds", *wrong)
        assert said.code == 2 and message in said.err


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "many", "cycles"])
def test_what_is_no_length_of_a_window_is_refused(simobjects: Command, config: str, text: str) -> None:
    said = simobjects("run", config, f"--every={text}")
    assert said.code == 2 and "is no length of a window; write 100k or 5Mcycles" in said.err


def test_a_run_without_windows_has_no_series(simobjects: Command, config: str) -> None:
    run = simobjects("run", config, "--references", 100).out.strip()
    said = simobjects("plot", run, "series:kinds")
    assert said.code == 2
    assert "has no windows but its total; run it with --every 100k" in said.err


EVERY = (Every(7_000), Every(333_333, "cycles"))


@pytest.mark.parametrize("every", EVERY)
def test_windows_change_nothing_and_add_up(every: Every) -> None:
    whole, cut = (Simulation(busy_host("e4")) for _ in range(2))
    limits = Limits(references=50_000)
    assert run_to_end(whole, limits) == run_in_windows(cut, limits, every)
    assert list(whole.stats.current().rows()) == list(cut.stats.current().rows())
    assert [str(event) for event in whole.events] == [str(event) for event in cut.events]
    _, *windows = cut.stats.windows()
    assert len(windows) > 3
    for before, after in zip(windows, windows[1:], strict=False):
        assert before.end == after.begin
    name = "system.host.exits_by_kind"
    together = {label: sum(window.counts(name)[label] for window in windows) for label in windows[0].counts(name)}
    assert together == whole.stats.counts(name)
    lengths = [window.cycles if every.unit == "cycles" else window.references for window in windows[:-1]]
    if every.unit == "references":
        assert set(lengths) == {7_000}
    else:
        assert all(
            abs(window.end.cycle - 333_333 * place) < 100_000
            for place, window in enumerate(windows[:-1], 1)
            if window.end
        )


def test_what_comes_after_the_last_window_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simobjects.study.windows.MOST", 3)
    simulation = Simulation(busy_host("e4"))
    run_in_windows(simulation, Limits(references=10_000), Every(1_000))
    assert [window.references for window in simulation.stats.windows()[1:]] == [1_000, 1_000, 1_000, 7_000]


def test_a_cycle_limit_ends_a_run_in_windows_as_it_does_another() -> None:
    whole, cut = (Simulation(busy_host("e4")) for _ in range(2))
    limits = Limits(cycles=1_000_000)
    last = run_in_windows(cut, limits, Every(1_000))
    assert last == run_to_end(whole, limits) and last.kind is EventKind.CYCLE_LIMIT


def test_a_series_in_a_script_and_windows_that_do_not_meet() -> None:
    simulation = Simulation(busy_host("e4"))
    marks = []
    for number in range(4):
        simulation.run_all(references=5_000)
        marks.append(simulation.stats.snapshot(f"s{number}"))
    simulation.stats.window(marks[0], marks[1], "mine.1")
    simulation.stats.window(marks[2], marks[3], "mine.2")
    course = Course.of(simulation.stats, "a guest")
    drawn = draw_series(course, Figure.parse("series:exit_cycles"))
    assert drawn == draw_series(course, Figure.parse("series:exit_cycles"))
    assert re.search(rb"<dc:title>a guest</dc:title>", drawn)
    simulation.stats.window(marks[1], marks[3], "mine.3")
    with pytest.raises(PlotError, match=r"the windows mine\.3 and mine\.2 overlap"):
        draw_series(Course.of(simulation.stats), Figure.parse("series:exit_cycles"))
    simulation.stats.window(marks[1], marks[3], "other")
    with pytest.raises(PlotError, match="windows of several names; write one of mine, other"):
        draw_series(Course.of(simulation.stats), Figure.parse("series"))
