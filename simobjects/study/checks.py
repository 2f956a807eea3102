# SPDX-License-Identifier: BSD-3-Clause
"""What is looked at before the first point starts: every value, the machines of some points, what is to be drawn."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simobjects.base.errors import ExitCode, SimObjectsError

from .executors.local import check
from .executors.process import WorkerProcess
from .known import Known
from .plan import Sweep
from .space import Point
from .task import Task

_MOST_BUILT = 32
_MOST_TOLD = 4


class CheckError(SimObjectsError):
    """Points that cannot run; nothing ran. `inputs`: it is the fault of input files alone."""

    def __init__(self, what: str, *, fix: str = "", inputs: bool = False) -> None:
        super().__init__(what, fix=fix)
        if inputs:
            self.exit_code = ExitCode.BAD_INPUT


@dataclass(frozen=True)
class Checks:
    """What came of it: every statistic by its name, and the machine of the first point drawn (SVG)."""

    statistics: Mapping[str, Known]
    picture: str


def check_points(sweep: Sweep, tasks: Sequence[Task], worker: WorkerProcess, stop: threading.Event) -> Checks:
    """Check every value of every axis, and build machines in which each value occurs, up to so many.

    The first machine is asked of all values. A value whose parameter it has not (another scheme's, say) is in one
    of the other machines, which are built as a whole.

    Raises:
        CheckError: there is a problem; it is told once, with the points that have it.
    """
    points = list(sweep.space)
    if not points:
        raise CheckError("no point is left to run", fix="leave fewer points out")
    values: dict[str, list[str]] = {}
    for axis in sweep.space.axes:
        for value in axis.values:
            for name, text in axis.set_by(value).items():
                values.setdefault(name, []).append(text)
    paths = {name: list(dict.fromkeys(texts)) for name, texts in values.items() if name in tasks[0].overrides}
    chosen = cover(points)
    requests = [
        {
            "task": tasks[point.index].text(),
            "values": paths if number == 0 else {},
            "picture": number == 0,
        }
        for number, point in enumerate(chosen)
    ]
    answers = check(requests, worker, stop)
    _refuse(chosen, answers, len(points))
    statistics: dict[str, Known] = {}
    for answer in answers:
        statistics.update({name: Known.parse(facts) for name, facts in answer["statistics"].items()})
    return Checks(statistics, answers[0]["picture"] if answers else "")


def cover(points: Sequence[Point], most: int = _MOST_BUILT) -> list[Point]:
    """A few points in which every value of every axis occurs, the first among them; `most` at most."""
    left = {(name, value) for point in points for name, value in point.values.items()}
    chosen: list[Point] = []
    for round_ in (len(points[0].values), 1):  # first those that are new in every axis, then the others
        for point in points:
            if not left or len(chosen) == most:
                break
            new = left & set(point.values.items())
            if len(new) >= max(1, round_):
                chosen.append(point)
                left -= new
    return chosen


def _refuse(chosen: Sequence[Point], answers: Sequence[Mapping[str, Any]], total: int) -> None:
    stories: dict[str, list[str]] = {}
    for point, answer in zip(chosen, answers, strict=False):
        if "failed" in answer:
            title = answer.get("titled") or ""
            stories.setdefault(f"{title}: {answer['failed']}" if title else answer["failed"], []).append(point.label)
        elif answer["problems"]:
            stories.setdefault(answer["problems"], []).append("")
    if not stories:
        return
    text = []
    for story, labels in stories.items():
        named = [label for label in labels if label]
        if named and len(chosen) > 1:
            more = f" and {len(named) - _MOST_TOLD} more" if len(named) > _MOST_TOLD else ""
            text.append(f"{'; '.join(named[:_MOST_TOLD])}{more}:")
        text.append(story)
    inputs = all(answer.get("input", not ("failed" in answer or answer.get("problems"))) for answer in answers)
    raise CheckError("\n".join([f"nothing ran: of {total} points some cannot", *text]), inputs=inputs)
