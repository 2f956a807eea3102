# SPDX-License-Identifier: BSD-3-Clause
"""What each comparison hangs on: which estimated number would overturn it, by runs with both ends of every range.

What has been found out lies in `sensitivity/` of the sweep's folder, under the name of what was asked, so that the next
report does not run it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import write_whole
from simobjects.base.processes import tied
from simobjects.framework.epoch import RESULTS_EPOCH
from simobjects.study.execute import Limits
from simobjects.study.metric import Metric
from simobjects.study.plan import Sweep
from simobjects.study.provenance import file_digest
from simobjects.study.sensitivity import FLAT, Sensitivity, Side, conclusion, study
from simobjects.study.space import Point

from .comparisons import Comparison

FOLDER = "sensitivity"
FORMAT = 1
_WAIT_SECONDS = 0.05


@dataclass(frozen=True)
class Estimated:
    """An estimated number.

    Attributes:
        path: of the parameter.
        value, low, high: as text with units: the script's, and the ends of the range.
        at_low, at_high: the figure at both ends.
        swing: how far the figure moves between the two ends, as a share of it.
        turns: the value at which it alone turns the answer; empty where it does not.
    """

    path: str
    value: str
    low: str
    high: str
    at_low: float
    at_high: float
    swing: float
    turns: str


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes:
        metric: its name.
        limits: where the runs end.
        sentences: the conclusion in words.
        figure: the metric of the first machine over that of the second.
        corner: the same with every number at the end that is worst for the conclusion; None: there is none.
        holds: whether no number alone turns the conclusion.
        holds_together: whether all of them together do not.
        influences: of each estimated number, the largest first.
        runs: how many were made.
        problem: why there is no answer; empty if there is one.
    """

    metric: str
    limits: Limits
    sentences: tuple[str, ...] = ()
    figure: float = 0.0
    corner: float | None = None
    holds: bool = False
    holds_together: bool = False
    influences: tuple[Estimated, ...] = ()
    runs: int = 0
    problem: str = ""

    @property
    def turned_by(self) -> tuple[Estimated, ...]:
        """The numbers that alone turn the conclusion."""
        return tuple(each for each in self.influences if each.turns)

    def text(self) -> bytes:
        """As JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, content: bytes) -> Verdict:
        """That of `text`. Raises ValueError for anything else."""
        try:
            facts: dict[str, Any] = json.loads(content)
            if facts.pop("format") != FORMAT:
                raise ValueError("another format")
            facts["limits"] = Limits(**facts["limits"])
            facts["sentences"] = tuple(map(str, facts["sentences"]))
            facts["influences"] = tuple(Estimated(**each) for each in facts["influences"])
            return cls(**facts)
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"no verdict ({error})") from None


def verdicts(
    sweep: Sweep,
    found: Sequence[Comparison],
    metric: Metric,
    limits: Limits,
    jobs: int,
    report: Callable[[str], None] = lambda text: None,
) -> list[Verdict]:
    """One for each comparison, in their order; those that are not known yet are run, so many at a time.

    Each is found in a process of its own, in the folder in which the sweep was begun. Ctrl-C ends them. Nothing is run
    where the script is not the one of the sweep any more, or where the points begin at a checkpoint, which holds for
    the costs that it was made with.

    Args:
        sweep: the plan whose script and overrides make the machines.
        found: the comparisons.
        metric: what is compared; less is better.
        limits: where each run ends.
        jobs: processes at a time.
        report: gets a line when a comparison's runs begin.

    Returns:
        Also for one that could not be tested, whose `problem` then says why: an error of a run is no error here.
    """
    problem = _impossible(sweep)
    if problem:
        return [Verdict(metric.label, limits, problem=problem)] * len(found)
    places = [_place(sweep, comparison, metric, limits) for comparison in found]
    known = {place: _known(place) for place in places}
    todo = {place: asked for place, asked in zip(places, found, strict=True) if known[place] is None}
    _find_all(sweep, todo, metric, limits, jobs, report)
    return [known[place] or _known(place) or _lost(metric, limits) for place in places]


def _find_all(
    sweep: Sweep,
    todo: Mapping[Path, Comparison],
    metric: Metric,
    limits: Limits,
    jobs: int,
    report: Callable[[str], None],
) -> None:
    """Each in its process, so many at a time; all of them have ended when this does, however it ends."""
    running: list[BaseProcess] = []
    tie = tied()
    try:
        for number, (place, asked) in enumerate(todo.items(), 1):
            while len(running) >= max(1, jobs):
                running = _still(running)
            arguments = (tie, sweep, asked, metric, limits, place)
            process = get_context("fork").Process(target=_find, args=arguments, daemon=True)
            process.start()
            running.append(process)
            report(f"[{number}/{len(todo)}] what {asked.label} hangs on")
        for each in running:
            each.join()
    finally:
        for each in running:
            if each.is_alive():
                each.terminate()
            each.join()


def _impossible(sweep: Sweep) -> str:
    """Why nothing can be tested; empty where it can."""
    if sweep.checkpoint is not None:
        return "not tested: the points begin at a checkpoint"
    if file_digest(sweep.config) != sweep.script_sha256:
        return "not tested: the script is not here, or is another one by now"
    return ""


def _still(running: list[BaseProcess]) -> list[BaseProcess]:
    """Those that have not ended, after a moment."""
    time.sleep(_WAIT_SECONDS)
    return [process for process in running if process.is_alive()]


def _find(
    tie: Callable[[], None], sweep: Sweep, comparison: Comparison, metric: Metric, limits: Limits, place: Path
) -> None:
    """In a process of its own, which ends with the one that asked: find a verdict and write it."""
    tie()
    place = place.absolute()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what the script prints, a hundred times
        os.dup2(nowhere, stream)
    try:
        os.chdir(sweep.folder)
        sides = [_side(sweep, comparison.first, comparison.between.first)]
        sides.append(_side(sweep, comparison.second, comparison.between.second))
        verdict = _said(study(sides, metric, limits), limits)
    except (SimObjectsError, OSError) as error:
        verdict = Verdict(metric.label, limits, problem=str(error))
    place.parent.mkdir(exist_ok=True)
    write_whole(place, verdict.text())


def _said(made: Sensitivity, limits: Limits) -> Verdict:
    """What a study of sensitivity found, in the form that is kept; numbers without influence are left out."""
    return Verdict(
        metric=made.metric.label,
        limits=limits,
        sentences=tuple(conclusion(made)),
        figure=made.base,
        corner=made.corner,
        holds=made.holds,
        holds_together=made.holds_together,
        influences=tuple(
            Estimated(
                path=each.factor.path,
                value=each.factor.text(each.factor.value),
                low=each.factor.text(each.factor.low),
                high=each.factor.text(each.factor.high),
                at_low=each.low,
                at_high=each.high,
                swing=each.swing,
                turns="" if each.flip is None else each.factor.text(each.flip),
            )
            for each in made.influences
            if each.swing > FLAT
        ),
        runs=made.runs,
    )


def _side(sweep: Sweep, point: Point, name: str) -> Side:
    task = sweep.task(point)
    return Side(name, sweep.config.absolute(), task.overrides, task.machine, task.arguments)


def _place(sweep: Sweep, comparison: Comparison, metric: Metric, limits: Limits) -> Path:
    """The file of a verdict: its name is a digest of all that decides the answer."""
    tasks = [sweep.task(point) for point in (comparison.first, comparison.second)]
    facts = [
        [RESULTS_EPOCH, sweep.script_sha256, sweep.machine, metric.label, limits.as_json()],
        [[dict(task.overrides), dict(task.arguments)] for task in tasks],
    ]
    name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    return sweep.out / FOLDER / f"{name}.json"


def _known(place: Path) -> Verdict | None:
    """What is kept there; None: nothing, or something that cannot be read, which is then found out again."""
    try:
        return Verdict.read(place.read_bytes())
    except (OSError, ValueError):
        return None


def _lost(metric: Metric, limits: Limits) -> Verdict:
    return Verdict(metric.label, limits, problem="its process is gone; the next report tries again")
